import { join } from "node:path";
import { isInstalled, lastLine, published, unchecked, wrong } from "./program.ts";
import type { Signature, Signed } from "./types.ts";

/** Who signs Kubernetes' binaries, https://kubernetes.io/docs/tasks/administer-cluster/verify-signed-artifacts/ */
const identity = "krel-staging@k8s-releng-prod.iam.gserviceaccount.com";
const issuer = "https://accounts.google.com";

/** What keeps cosign from judging: other flags than these, and no way to sigstore's own hosts. Anything else is a judgement. */
const unable =
  /unknown flag|unknown shorthand|flag .{0,200}required|dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|TLS handshake|proxyconnect|\b(429|50[0234])\b|updating local metadata|initializing tuf/i;

/**
 * kubectl has a signature and a certificate beside it, made without a key of its own (sigstore).
 * @throws InstallError when it is wrong
 */
export async function checkKubectl(signed: Signed): Promise<Signature> {
  const { web, version, url, path } = signed;
  const { host } = web.context;
  if (!(await isInstalled(host, "cosign")))
    return unchecked(
      "cosign is not on this machine (https://docs.sigstore.dev/cosign/system_config/installation)",
    );
  const signature = await published(signed, `${url}.sig`);
  if (signature.text === undefined) return unchecked(signature.why);
  const certificate = await published(signed, `${url}.cert`);
  if (certificate.text === undefined) return unchecked(certificate.why);
  const [sigText, certText] = [signature.text, certificate.text];
  return await host.files.withTemp("monstack-cosign-", async (folder) => {
    const [sig, cert] = [join(folder, "kubectl.sig"), join(folder, "kubectl.cert")];
    await host.files.write(sig, sigText);
    await host.files.write(cert, certText);
    const about = ["--certificate-identity", identity, "--certificate-oidc-issuer", issuer];
    const { exitCode, stderr } = await host.exec(
      ["cosign", "verify-blob", path, "--signature", sig, "--certificate", cert, ...about],
      { allowFailure: true },
    );
    if (exitCode === 0) return { status: "verified", by: "cosign", signer: identity };
    if (unable.test(stderr)) return unchecked(`cosign could not do it: ${lastLine(stderr)}`);
    throw wrong(`kubectl ${version}`, `cosign says: ${lastLine(stderr)}`);
  });
}
