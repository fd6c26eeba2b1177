import type { Host } from "../host/host.ts";
import { identityOf, inTurn, type ProcessInfo, readProcesses, startTimeOf } from "../journal/processes.ts";
import { splitNul } from "../lib/text.ts";

/** Returns the path of the executable of a process, or undefined if it could not be read. */
export type ExecutableOf = (info: ProcessInfo) => string | undefined;

/**
 * Reads the executables of processes. A path belongs to a pid and a start time: one whose pid was reused while it was
 * read is left out.
 */
export async function readExecutables(host: Host, among?: readonly ProcessInfo[]): Promise<ExecutableOf> {
  const before = among ?? (await readProcesses(host));
  const links = host.rights === "sudo" ? await readLinksWithSudo(host) : await readLinks(host, before);
  const paths = new Map<string, string>();
  await inTurn(before, async (info) => {
    const path = links.get(info.pid);
    if (path === undefined || (await startTimeOf(host, info.pid)) !== info.startTime) return;
    paths.set(identityOf(info), path);
  });
  return (info) => paths.get(identityOf(info));
}

async function readLinks(host: Host, processes: readonly ProcessInfo[]): Promise<Map<number, string>> {
  const read = async ({ pid }: ProcessInfo): Promise<[number, string][]> => {
    const path = await host.files.readLink(`/proc/${pid}/exe`).catch(() => undefined);
    return path === undefined ? [] : [[pid, withoutDeleted(path)]];
  };
  return new Map((await inTurn(processes, read)).flat());
}

/** Only root may read the links of other users' processes. */
async function readLinksWithSudo(host: Host): Promise<Map<number, string>> {
  const where = ["/proc", "-mindepth", "2", "-maxdepth", "2", "-name", "exe"] as const;
  const { stdout } = await host.exec(["find", ...where, "-printf", "%h\\0%l\\0"], {
    root: true,
    // Processes end while it looks.
    allowFailure: true,
  });
  const links = parseExecutables(stdout);
  // Without this proof that it looked, no process would be one of the cluster's.
  if (!links.has(process.pid)) throw new Error("the executables of the processes could not be read");
  return links;
}

/** @param output pairs of `/proc/PID` and what its `exe` leads to, each ending in NUL */
export function parseExecutables(output: string): Map<number, string> {
  const fields = splitNul(output);
  const links = new Map<number, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const pid = /^\/proc\/([1-9]\d*)$/.exec(fields[at] ?? "")?.[1];
    const path = fields[at + 1] ?? "";
    // A thread of the kernel has none.
    if (pid !== undefined && path !== "") links.set(Number(pid), withoutDeleted(path));
  }
  return links;
}

/** The kernel adds this to the path of a file that was removed since. */
function withoutDeleted(path: string): string {
  return path.replace(/ \(deleted\)$/, "");
}
