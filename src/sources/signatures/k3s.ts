import { isInstalled, lastLine, unchecked, wrong } from "./program.ts";
import type { Signature, Signed } from "./types.ts";

const repository = "k3s-io/k3s";

/** gh's way to say that it needs a login. */
const needsLogin = 4;

/** What keeps gh from judging. Anything else that it refuses is a judgement. */
const unable =
  /unknown command|unknown flag|dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|TLS handshake|error connecting|rate limit|HTTP (401|403|429|5\d\d)|failed to fetch attestations/i;

/**
 * k3s' attestations, where its project made any, are kept by GitHub: gh asks its API for them.
 * @throws InstallError when one is wrong
 */
export async function checkK3s({ web, version, path }: Signed): Promise<Signature> {
  const { host } = web.context;
  if (!(await isInstalled(host, "gh")))
    return unchecked("gh is not on this machine (https://cli.github.com)");
  const token = host.env["GH_TOKEN"] || host.env["GITHUB_TOKEN"];
  const { exitCode, stderr } = await host.exec(["gh", "attestation", "verify", path, "--repo", repository], {
    allowFailure: true,
    env: { GH_PROMPT_DISABLED: "1", ...(token ? { GH_TOKEN: token } : {}) },
  });
  if (exitCode === 0) return { status: "verified", by: "gh", signer: `a workflow of ${repository}` };
  const said = lastLine(stderr);
  if (exitCode === needsLogin)
    return unchecked("gh needs a token: set GH_TOKEN (in a workflow github.token does)");
  if (/no attestations found|HTTP 404/i.test(stderr))
    return unchecked(`the project ${repository} has no attestation of ${version}`);
  if (unable.test(stderr)) return unchecked(`gh could not do it: ${said}`);
  throw wrong(`k3s ${version}`, `gh says: ${said}`);
}
