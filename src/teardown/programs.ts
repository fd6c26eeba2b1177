import { resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Host } from "../host/host.ts";
import {
  maxConcurrentReads,
  type ProcessInfo,
  readProcesses,
  readStartTime,
  toProcessIdentity,
} from "../journal/processes.ts";
import type { Known } from "../journal/types.ts";
import { mapLimited } from "../lib/concurrency.ts";
import { InstallError } from "../lib/errors.ts";
import { splitNul } from "../lib/text.ts";
import { isVerifiedProgram } from "../sources/tools/cache.ts";

/**
 * Returns the helm that uninstalls releases: the one in this call's settings, else the journal's if it is a verified
 * program of monstack's cache.
 * @throws InstallError for any other program
 */
export async function chooseHelm(host: Host, journalHelm: string, known: Known): Promise<string> {
  if (known.helm !== undefined) return known.helm;
  if (await isVerifiedProgram(host, journalHelm)) return journalHelm;
  throw new InstallError(
    `${journalHelm} is not run: it is not a verified program of monstack's cache, and no setting of this call names it`,
    { fix: `name the helm to use: --helm-path ${journalHelm} (input set: helm.path)` },
  );
}

/**
 * Refuses a kubeconfig whose current user runs a program, unless this call's settings or the user's environment name
 * that file.
 * @returns the kubeconfig's content, reduced to the checked context, which helm reads instead of the file; undefined
 * if helm reads the file itself
 * @throws InstallError naming the user in the kubeconfig
 */
export function checkKubeconfig(
  config: KubeConfig,
  path: string,
  { host, known }: { host: Pick<Host, "env">; known: Known },
): string | undefined {
  const { KUBECONFIG = "", HOME } = host.env;
  const userPaths = [known.kubeconfig, ...KUBECONFIG.split(":"), HOME && `${HOME}/.kube/config`];
  if (userPaths.some((userPath) => userPath && resolve(userPath) === path)) return undefined;
  const user = config.getCurrentUser();
  if (user?.exec || user?.authProvider) {
    const behaviour = user.exec ? "runs a program (exec)" : "uses an auth-provider";
    throw new InstallError(
      `${path} is not used: its user ${JSON.stringify(user.name)} ${behaviour}, and only the journal names this file`,
      { fix: `name it in this call: --kubeconfig ${path} (input kubeconfig)` },
    );
  }
  const currentContext = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  const contexts = config.getContexts().filter(({ name }) => name === currentContext);
  const checkedConfig = {
    currentContext,
    contexts,
    clusters: cluster ? [cluster] : [],
    users: user ? [user] : [],
  };
  // Two programs can parse the same file differently, so helm gets the parsed and checked content.
  config.loadFromOptions(checkedConfig);
  return config.exportConfig();
}

/** Returns the path of the executable of a process, or undefined if it could not be read. */
type ExecutableOf = (info: ProcessInfo) => string | undefined;

/**
 * Returns a function that gives the path of a process' executable. A path belongs to a pid and a start time: a process
 * that ended during the read is left out, since its pid may have been reused.
 */
export async function readExecutables(host: Host, processes?: readonly ProcessInfo[]): Promise<ExecutableOf> {
  const candidates = processes ?? (await readProcesses(host));
  const links = host.rights === "sudo" ? await readLinksWithSudo(host) : await readLinks(host, candidates);
  const paths = new Map<string, string>();
  await mapLimited(candidates, maxConcurrentReads, async (info) => {
    const path = links.get(info.pid);
    if (path === undefined || (await readStartTime(host, info.pid)) !== info.startTime) return;
    paths.set(toProcessIdentity(info), path);
  });
  return (info) => paths.get(toProcessIdentity(info));
}

/** Returns the executables by pid, read directly from /proc. */
async function readLinks(host: Host, processes: readonly ProcessInfo[]): Promise<Map<number, string>> {
  const read = async ({ pid }: ProcessInfo): Promise<[number, string][]> => {
    const path = await host.files.readLink(`/proc/${pid}/exe`).catch(() => undefined);
    return path === undefined ? [] : [[pid, removeDeletedSuffix(path)]];
  };
  return new Map((await mapLimited(processes, maxConcurrentReads, read)).flat());
}

/**
 * Returns the executables by pid, read as root: only root may read the links of other users' processes. @throws Error
 * if the read failed
 */
async function readLinksWithSudo(host: Host): Promise<Map<number, string>> {
  const searchOptions = ["/proc", "-mindepth", "2", "-maxdepth", "2", "-name", "exe"] as const;
  const { stdout } = await host.exec(["find", ...searchOptions, "-printf", "%h\\0%l\\0"], {
    root: true,
    // Processes end during the search, and find then reports a failure.
    allowFailure: true,
  });
  const links = parseExecutables(stdout);
  // If the own process is missing, the search failed, and no process would count as the cluster's.
  if (!links.has(process.pid)) throw new Error("the executables of the processes could not be read");
  return links;
}

/**
 * Parses find's output to the executables by pid.
 * @param output pairs of `/proc/PID` and the target of its `exe` link, each ending in NUL
 */
export function parseExecutables(output: string): Map<number, string> {
  const fields = splitNul(output);
  const links = new Map<number, string>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const pid = /^\/proc\/([1-9]\d*)$/.exec(fields[index] ?? "")?.[1];
    const path = fields[index + 1] ?? "";
    // A kernel thread has no executable.
    if (pid !== undefined && path !== "") links.set(Number(pid), removeDeletedSuffix(path));
  }
  return links;
}

/** Returns a path without the suffix that the kernel adds after the file was deleted. */
function removeDeletedSuffix(path: string): string {
  return path.replace(/ \(deleted\)$/, "");
}
