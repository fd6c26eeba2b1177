import type { Context, Host } from "../host/host.ts";

import { mapLimited } from "../lib/concurrency.ts";
/** A running process, as /proc describes it. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** One letter; `Z` is a zombie. */
  readonly state: string;
  /** Field 22 of /proc/PID/stat: with the pid it names a process for as long as the machine is up. */
  readonly startTime: string;
  /** The user who started it: of a setuid program that user, not the program's owner. -1 if it can't be read. */
  readonly uid: number;
  readonly name: string;
  readonly argv: readonly string[];
  /** The whole of /proc/PID/cgroup. */
  readonly cgroup: string;
}

/** Returns a text that no other process has had since the machine started. */
export function toProcessIdentity({ pid, startTime }: Pick<ProcessInfo, "pid" | "startTime">): string {
  return `${pid}@${startTime}`;
}

/** True if root or the user of this process started the process. No other user can make such a process. */
export function isOfRootOrUs({ uid }: Pick<ProcessInfo, "uid">): boolean {
  return uid === 0 || uid === process.getuid?.();
}

/** Returns the start time of a process (field 22 of /proc/PID/stat); undefined if the process has ended. */
export async function readStartTime(host: Host, pid: number): Promise<string | undefined> {
  const stat = await host.files.read(`/proc/${pid}/stat`).catch(ignoreEndedProcess);
  return stat === undefined || stat === "" ? undefined : parseStat(pid, { stat }).startTime;
}

/** Returns all running processes. Leaves out zombies, which only wait until their parent reaps them. */
export async function readProcesses(host: Host): Promise<ProcessInfo[]> {
  const pids = (await host.files.list("/proc")).map(Number).filter(Number.isInteger);
  const all = await mapLimited(pids, maxConcurrentReads, (pid) => readProcess(host, pid));
  return all.filter((process) => process !== undefined).filter(({ state }) => state !== "Z" && state !== "X");
}

/** How many processes are read at once. Limits the open files: another user can start thousands of processes. */
export const maxConcurrentReads = 50;

/** Returns a process; undefined if it has ended. */
async function readProcess(host: Host, pid: number): Promise<ProcessInfo | undefined> {
  const read = (name: string) => host.files.read(`/proc/${pid}/${name}`).catch(ignoreEndedProcess);
  const [stat, status, cmdline, cgroup] = await Promise.all([
    read("stat"),
    read("status"),
    read("cmdline"),
    read("cgroup"),
  ]);
  if (stat === undefined || stat === "") return undefined;
  return parseStat(pid, { stat, status, cmdline, cgroup });
}

/**
 * Ignores the error of reading an ended process. A process can end between any two reads, and each read then fails in
 * its own way. @throws errors of this process, e.g. too many open files
 */
function ignoreEndedProcess(error: unknown): undefined {
  // These errors are about this process. Ignoring them would hide a process that has to be ended.
  const ownErrors = ["EMFILE", "ENFILE", "ENOMEM"];
  if (ownErrors.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
}

/** The files of /proc/PID. */
interface ProcessFiles {
  /** e.g. `123 (k3s server) S 1 ...`; the name may hold spaces, parentheses and line breaks. */
  readonly stat: string;
  readonly status?: string | undefined;
  readonly cmdline?: string | undefined;
  readonly cgroup?: string | undefined;
}

/** Returns the process that the files of /proc/PID describe. */
export function parseStat(
  pid: number,
  { stat, status = "", cmdline = "", cgroup = "" }: ProcessFiles,
): ProcessInfo {
  const nameEnd = stat.lastIndexOf(")");
  const fields = stat.slice(nameEnd + 2).split(" ");
  return {
    pid,
    parent: Number(fields[1]),
    state: fields[0] ?? "?",
    startTime: fields[19] ?? "",
    uid: parseUserId(status),
    name: stat.slice(stat.indexOf("(") + 1, nameEnd),
    argv: cmdline.split("\0").filter((word) => word !== ""),
    cgroup,
  };
}

/**
 * Returns the user in a /proc/PID/status; -1 if it names no user. Splits at `\n` only: the kernel escapes that in the
 * process' name, but no other character that a regular expression takes for a line break (U+2028).
 */
export function parseUserId(status: string): number {
  const line = status.split("\n").find((candidate) => candidate.startsWith("Uid:"));
  return Number(/^Uid:\t(\d+)\t/.exec(line ?? "")?.[1] ?? -1);
}

/**
 * Returns the chosen processes and all their descendants, but never this process and its ancestors. Of processes that
 * other users started, only descendants of the same user are included: nobody can have another user's process ended by
 * starting it.
 */
export function selectWithDescendants(
  processes: readonly ProcessInfo[],
  isChosen: (process: ProcessInfo) => boolean,
  self: number = process.pid,
): ProcessInfo[] {
  const byPid = new Map(processes.map((info) => [info.pid, info]));
  const sparedPids = new Set([1]);
  for (let pid = self; pid > 1 && !sparedPids.has(pid); pid = byPid.get(pid)?.parent ?? 1)
    sparedPids.add(pid);
  const selected = new Set<ProcessInfo>();
  const select = (info: ProcessInfo) => {
    if (selected.has(info) || sparedPids.has(info.pid)) return;
    selected.add(info);
    for (const child of processes)
      if (child.parent === info.pid && (child.uid === info.uid || isOfRootOrUs(info))) select(child);
  };
  for (const info of processes) if (isChosen(info)) select(info);
  return [...selected];
}

interface EndOptions {
  /** Milliseconds between SIGTERM and SIGKILL; 0: SIGKILL at once. */
  readonly graceMs: number;
  /** Milliseconds after which it throws; default 5000. */
  readonly timeoutMs?: number;
}

/**
 * Ends the chosen processes and all their descendants, and returns when none of them runs.
 * @returns `PID NAME` of each ended process
 * @throws Error naming the processes that did not end in time
 */
export async function endProcesses(
  { host }: Context,
  isChosen: (process: ProcessInfo) => boolean,
  { graceMs, timeoutMs = 5_000 }: EndOptions,
): Promise<string[]> {
  const startedAt = host.now();
  // A child whose parent was killed belongs to init from then on, so children are remembered from the earlier scan.
  const seen = new Map<string, string>();
  let signalled = new Set<string>();
  for (;;) {
    const processes = await readProcesses(host);
    const running = selectWithDescendants(
      processes,
      (info) => seen.has(toProcessIdentity(info)) || isChosen(info),
    );
    if (running.length === 0) return [...seen.values()];
    for (const info of running) seen.set(toProcessIdentity(info), `${info.pid} ${info.name}`);
    const waitedMs = host.now() - startedAt;
    if (waitedMs > timeoutMs) throw new Error(`still running: ${running.map(describeProcess).join(", ")}`);
    if (waitedMs >= graceMs) {
      await sendSignal(host, "KILL", running);
      await thawCgroups(host, running);
    } else
      await sendSignal(
        host,
        "TERM",
        running.filter((info) => !signalled.has(toProcessIdentity(info))),
      );
    signalled = new Set(running.map(toProcessIdentity));
    await host.sleep(25);
  }
}

/** Returns a process' pid and name, and whether it can't be ended at the moment. */
function describeProcess({ pid, name, state }: ProcessInfo): string {
  return `${pid} ${name}${state === "D" ? " (in the kernel, can't be ended)" : ""}`;
}

/** Thaws the cgroups $@ of the freezer with all cgroups above them. */
const thawScript = `
for cgroup; do
  while [ -n "$cgroup" ]; do echo THAWED >"/sys/fs/cgroup/freezer$cgroup/freezer.state"; cgroup=\${cgroup%/*}; done
done 2>/dev/null; true`;

/**
 * Thaws the cgroups of stuck processes. In a frozen cgroup of version 1 not even SIGKILL ends a process, and a runc
 * that was killed while it changed a container's limits leaves the cgroup frozen.
 */
async function thawCgroups(host: Host, processes: readonly ProcessInfo[]): Promise<void> {
  const stuckProcesses = processes.filter(({ state }) => state === "D");
  const cgroups = stuckProcesses
    .flatMap(({ cgroup }) => cgroup.split("\n"))
    .flatMap((line) => /^\d+:freezer:(\/.+)$/s.exec(line)?.[1] ?? []);
  if (cgroups.length === 0) return;
  await host.exec(["sh", "-c", thawScript, "thaw", ...new Set(cgroups)], { root: host.rights !== "none" });
}

/**
 * Sends a signal. $1 is the signal, then pairs of a pid and a start time. The shell reads the start time again right
 * before it sends the signal, since the pid may have been reused since the scan. After the name, the first field is
 * the state and the twentieth the start time. A name can contain line breaks; the last line has the fields.
 */
const signalScript = `
signal=$1; shift; set -f
end() { pid=$1 start=$2; shift 2; if [ "\${20}" = "$start" ]; then kill -s "$signal" "$pid"; fi; }
while [ $# -gt 0 ]; do
  stat=; while IFS= read -r line; do stat=$line; done <"/proc/$1/stat"
  end "$1" "$2" \${stat##*) }
  shift 2
done 2>/dev/null; true`;

/** Sends a signal to processes. Processes that have ended in the meantime are skipped. */
async function sendSignal(
  host: Host,
  name: "TERM" | "KILL",
  processes: readonly ProcessInfo[],
): Promise<void> {
  if (processes.length === 0) return;
  const pairs = processes.flatMap(({ pid, startTime }) => [String(pid), startTime]);
  // The script's exit code does not matter: the next scan finds the processes that still run.
  await host.exec(["sh", "-c", signalScript, "kill", name, ...pairs], { root: host.rights !== "none" });
}
