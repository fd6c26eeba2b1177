import { resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Host } from "../host/host.ts";
import {
  mapWithLimit,
  type ProcessInfo,
  readProcesses,
  readStartTime,
  toProcessIdentity,
} from "../journal/processes.ts";
import type { Known } from "../journal/types.ts";
import { InstallError } from "../lib/errors.ts";
import { splitNul } from "../lib/text.ts";
import { isVerifiedProgram } from "../sources/tools/cache.ts";

/**
 * The helm to uninstall with: the one that the settings of this call name; else the journal's, if it is a program of the
 * cache whose bytes are those that its path names.
 * @throws InstallError for any other program
 */
export async function chooseHelm(host: Host, inJournal: string, known: Known): Promise<string> {
  if (known.helm !== undefined) return known.helm;
  if (await isVerifiedProgram(host, inJournal)) return inJournal;
  throw new InstallError(
    `${inJournal} is not run: it is not a verified program of monstack's cache, and no setting of this call names it`,
    { fix: `name the helm to use: --helm-path ${inJournal} (input helm-path)` },
  );
}

/**
 * Refuses a kubeconfig whose context makes this process or helm run a program, unless this call's own settings or the
 * user's environment name the file, as they do for kubectl.
 * @returns what helm is to read instead of the file: the context as it was checked; undefined: the file itself
 * @throws InstallError that names the user in the kubeconfig
 */
export function checkKubeconfig(
  config: KubeConfig,
  path: string,
  { host, known }: { host: Pick<Host, "env">; known: Known },
): string | undefined {
  const { KUBECONFIG = "", HOME } = host.env;
  const own = [known.kubeconfig, ...KUBECONFIG.split(":"), HOME && `${HOME}/.kube/config`];
  if (own.some((one) => one && resolve(one) === path)) return undefined;
  const user = config.getCurrentUser();
  if (user?.exec || user?.authProvider) {
    const what = user.exec ? "runs a program (exec)" : "uses an auth-provider";
    throw new InstallError(
      `${path} is not used: its user ${JSON.stringify(user.name)} ${what}, and only the journal names this file`,
      { fix: `name it in this call: --kubeconfig ${path} (input kubeconfig)` },
    );
  }
  const currentContext = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  const contexts = config.getContexts().filter(({ name }) => name === currentContext);
  const only = { currentContext, contexts, clusters: cluster ? [cluster] : [], users: user ? [user] : [] };
  // Two programs can read one text in two ways; helm gets what this one understood.
  config.loadFromOptions(only);
  return config.exportConfig();
}

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
  await mapWithLimit(before, async (info) => {
    const path = links.get(info.pid);
    if (path === undefined || (await readStartTime(host, info.pid)) !== info.startTime) return;
    paths.set(toProcessIdentity(info), path);
  });
  return (info) => paths.get(toProcessIdentity(info));
}

async function readLinks(host: Host, processes: readonly ProcessInfo[]): Promise<Map<number, string>> {
  const read = async ({ pid }: ProcessInfo): Promise<[number, string][]> => {
    const path = await host.files.readLink(`/proc/${pid}/exe`).catch(() => undefined);
    return path === undefined ? [] : [[pid, removeDeletedSuffix(path)]];
  };
  return new Map((await mapWithLimit(processes, read)).flat());
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
    if (pid !== undefined && path !== "") links.set(Number(pid), removeDeletedSuffix(path));
  }
  return links;
}

/** The kernel adds this to the path of a file that was removed since. */
function removeDeletedSuffix(path: string): string {
  return path.replace(/ \(deleted\)$/, "");
}
