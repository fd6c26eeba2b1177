import { join } from "node:path";
import type { Signature } from "../../lockfile/tools.ts";
import {
  createSignatureError,
  createUncheckedSignature,
  fetchPublished,
  getLastLine,
  isInstalled,
  isReachable,
  type Signed,
} from "./program.ts";

/** The signer of Kubernetes' binaries, https://kubernetes.io/docs/tasks/administer-cluster/verify-signed-artifacts/ */
const identity = "krel-staging@k8s-releng-prod.iam.gserviceaccount.com";
const issuer = "https://accounts.google.com";

/** The host of cosign's trusted keys. */
const sigstore = "https://tuf-repo-cdn.sigstore.dev/";

/** cosign's messages if it can't reach sigstore. A signature can contain the same text, so `isReachable` confirms it. */
const unreachable =
  /dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|TLS handshake|proxyconnect/i;

/**
 * Verifies kubectl's keyless signature (sigstore) with cosign, by the certificate that is published with it.
 * @throws InstallError if the signature is wrong
 */
export async function checkKubectl(signed: Signed): Promise<Signature> {
  const { web, version, url, path } = signed;
  const { host } = web.context;
  if (!(await isInstalled(host, "cosign")))
    return createUncheckedSignature(
      "cosign is not on this machine (https://docs.sigstore.dev/cosign/system_config/installation)",
    );
  const { stdout: helpText } = await host.exec(["cosign", "verify-blob", "--help"], { allowFailure: true });
  if (!helpText.includes("--certificate-identity"))
    return createUncheckedSignature(
      "the cosign on this machine has no --certificate-identity: version 2 or newer has it",
    );
  const signature = await fetchPublished(signed, `${url}.sig`);
  if (signature.text === undefined) return createUncheckedSignature(signature.why);
  const certificate = await fetchPublished(signed, `${url}.cert`);
  if (certificate.text === undefined) return createUncheckedSignature(certificate.why);
  const [sigText, certText] = [signature.text, certificate.text];
  return await host.files.withTemp("monstack-cosign-", async (folder) => {
    const [sig, cert] = [join(folder, "kubectl.sig"), join(folder, "kubectl.cert")];
    await host.files.write(sig, sigText);
    await host.files.write(cert, certText);
    const identityFlags = ["--certificate-identity", identity, "--certificate-oidc-issuer", issuer];
    const { exitCode, stdout, stderr } = await host.exec(
      ["cosign", "verify-blob", path, "--signature", sig, "--certificate", cert, ...identityFlags],
      { allowFailure: true },
    );
    if (exitCode === 0 && /^Verified OK$/m.test(`${stdout}\n${stderr}`))
      return { status: "verified", by: "cosign", signer: identity };
    const message = getLastLine(stderr);
    if (unreachable.test(stderr) && !(await isReachable(web, sigstore)))
      return createUncheckedSignature(`cosign could not do it: ${message}`);
    throw createSignatureError(
      `kubectl ${version}`,
      exitCode === 0 ? "cosign does not say that it is verified" : `cosign says: ${message}`,
    );
  });
}
