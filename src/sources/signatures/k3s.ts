import {
  createSignatureError,
  createUncheckedSignature,
  getLastLine,
  isInstalled,
  isReachable,
  type SignatureResult,
  type Signed,
} from "./program.ts";

const repository = "k3s-io/k3s";

/** gh's exit code if it needs a login. */
const loginExitCode = 4;

const api = "https://api.github.com/";

/** gh's messages if it can't reach GitHub. `isReachable` then confirms that. */
const unreachable =
  /dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|TLS handshake|error connecting/i;

/**
 * Verifies the attestations of k3s with gh, which reads them from GitHub's API. Not every release has one.
 * @throws InstallError if one is wrong
 */
export async function checkK3s({ web, version, path }: Signed): Promise<SignatureResult> {
  const { host } = web.context;
  if (!(await isInstalled(host, "gh")))
    return createUncheckedSignature("gh is not on this machine (https://cli.github.com)");
  const token = host.env["GH_TOKEN"] || host.env["GITHUB_TOKEN"];
  const help = await host.exec(["gh", "attestation", "verify", "--help"], { allowFailure: true });
  if (help.exitCode !== 0)
    return createUncheckedSignature(
      "the gh on this machine has no `attestation verify`: version 2.49 or newer has it",
    );
  const { exitCode, stdout, stderr } = await host.exec(
    ["gh", "attestation", "verify", path, "--repo", repository, "--format", "json"],
    { allowFailure: true, env: { GH_PROMPT_DISABLED: "1", ...(token ? { GH_TOKEN: token } : {}) } },
  );
  if (exitCode === 0 && hasAttestations(stdout))
    return { status: "verified", by: "gh", signer: `a workflow of ${repository}` };
  const message = getLastLine(stderr);
  if (exitCode === loginExitCode)
    return createUncheckedSignature("gh needs a token: set GH_TOKEN (in a workflow github.token does)");
  if (/^(Error: )?(no attestations found|HTTP 404)/im.test(stderr))
    return {
      ...createUncheckedSignature(`the project ${repository} has no attestation of ${version}`),
      isUnpublished: true,
    };
  if (/^(Error: )?HTTP (401|403|429|5\d\d)\b/im.test(stderr))
    return createUncheckedSignature(`GitHub refuses gh: ${message}`);
  if (unreachable.test(stderr) && !(await isReachable(web, api)))
    return createUncheckedSignature(`gh could not do it: ${message}`);
  throw createSignatureError(
    `k3s ${version}`,
    exitCode === 0 ? "gh names no attestation" : `gh says: ${message}`,
  );
}

/** True if gh's output lists at least one attestation. */
function hasAttestations(json: string): boolean {
  try {
    const attestations: unknown = JSON.parse(json);
    return Array.isArray(attestations) && attestations.length > 0;
  } catch {
    return false;
  }
}
