import type { Context } from "../../host/host.ts";
import { InstallError, messageOf } from "../../lib/errors.ts";
import type { ToolName } from "../../lockfile/tools.ts";

const question: Record<ToolName, readonly string[]> = {
  k3s: ["--version"],
  helm: ["version", "--template", "{{.Version}}"],
  kubectl: ["version", "--client", "--output", "json"],
};

const answer: Record<ToolName, RegExp> = {
  k3s: /^k3s version (v\S+)/m,
  helm: /^(v\S+)/m,
  kubectl: /"gitVersion":\s*"(v[^"]+)"/,
};

/**
 * What a tool says it is, e.g. `v1.36.3+k3s1`.
 * @throws InstallError when it can't be run or answers something else than a version.
 */
export async function askVersion(context: Context, tool: ToolName, path: string): Promise<string> {
  const { stdout } = await runAsking(context, tool, path);
  const version = answer[tool].exec(stdout)?.[1];
  if (version !== undefined) return version;
  const command = `${path} ${question[tool].join(" ")}`;
  throw new InstallError(`${command} answers no version of ${tool}: ${JSON.stringify(stdout.slice(0, 200))}`);
}

async function runAsking(
  { host, signal }: Context,
  tool: ToolName,
  path: string,
): Promise<{ stdout: string }> {
  for (let tried = 1; ; tried++) {
    try {
      return await host.exec([path, ...question[tool]], { timeoutMs: 30_000 });
    } catch (cause) {
      // A process that another install starts at this moment can hold our file open for writing until its own exec
      // (https://github.com/golang/go/issues/22315): "text file busy", for milliseconds.
      if (tried < 5 && /text file busy|ETXTBSY/i.test(messageOf(cause))) await host.sleep(50 * tried, signal);
      else throw new InstallError(`${tool} at ${path} can't be run: ${messageOf(cause)}`, { cause });
    }
  }
}
