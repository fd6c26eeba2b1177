import type { Context, Host } from "../host/host.ts";

/** One line of the process table. */
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

/** @returns field 22 of /proc/PID/stat, or undefined when the process is gone. */
export async function readStartTime(host: Host, pid: number): Promise<string | undefined> {
  const stat = await host.files.read(`/proc/${pid}/stat`).catch(ignoreEndedProcess);
  return stat === undefined || stat === "" ? undefined : parseStat(pid, { stat }).startTime;
}

/** All processes that run; zombies, which only wait for their parent to look, are left out. */
export async function readProcesses(host: Host): Promise<ProcessInfo[]> {
  const pids = (await host.files.list("/proc")).map(Number).filter(Number.isInteger);
  const all = await mapWithLimit(pids, (pid) => readProcess(host, pid));
  return all.filter((process) => process !== undefined).filter(({ state }) => state !== "Z" && state !== "X");
}

/** Each process' files are open at once: a user who starts thousands must not use up what this one may open. */
const maxConcurrent = 50;

/** Runs a function for all items, a few at a time. */
export async function mapWithLimit<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const done: Result[] = [];
  for (let at = 0; at < items.length; at += maxConcurrent)
    done.push(...(await Promise.all(items.slice(at, at + maxConcurrent).map(work))));
  return done;
}

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

/** A process can end between any two reads; each of them then fails in its own way. */
function ignoreEndedProcess(error: unknown): undefined {
  // These say nothing about the process: without it there would be less to end, and less that is left.
  const ofOurs = ["EMFILE", "ENFILE", "ENOMEM"];
  if (ofOurs.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
}

/** The files of /proc/PID. */
interface ProcessFiles {
  /** e.g. `123 (k3s server) S 1 ...`; the name may hold spaces, parentheses and line breaks. */
  readonly stat: string;
  readonly status?: string | undefined;
  readonly cmdline?: string | undefined;
  readonly cgroup?: string | undefined;
}

export function parseStat(
  pid: number,
  { stat, status = "", cmdline = "", cgroup = "" }: ProcessFiles,
): ProcessInfo {
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  return {
    pid,
    parent: Number(fields[1]),
    state: fields[0] ?? "?",
    startTime: fields[19] ?? "",
    uid: parseUserId(status),
    name: stat.slice(stat.indexOf("(") + 1, close),
    argv: cmdline.split("\0").filter((word) => word !== ""),
    cgroup,
  };
}

/**
 * Returns the user in a /proc/PID/status; -1 if it names no user. The kernel escapes `\n` in the name, which comes first, and not what
 * else a regular expression takes for the beginning of a line (U+2028).
 */
export function parseUserId(status: string): number {
  const line = status.split("\n").find((one) => one.startsWith("Uid:"));
  return Number(/^Uid:\t(\d+)\t/.exec(line ?? "")?.[1] ?? -1);
}

/**
 * The chosen ones and everything below them, never ourselves nor what we run under. Of what other users started, only
 * their own is taken along: nobody can have another one's process ended by starting it.
 */
export function selectWithDescendants(
  all: readonly ProcessInfo[],
  chosen: (process: ProcessInfo) => boolean,
  self: number = process.pid,
): ProcessInfo[] {
  const byPid = new Map(all.map((info) => [info.pid, info]));
  const spared = new Set([1]);
  for (let pid = self; pid > 1 && !spared.has(pid); pid = byPid.get(pid)?.parent ?? 1) spared.add(pid);
  const taken = new Set<ProcessInfo>();
  const take = (info: ProcessInfo) => {
    if (taken.has(info) || spared.has(info.pid)) return;
    taken.add(info);
    for (const child of all)
      if (child.parent === info.pid && (child.uid === info.uid || isOfRootOrUs(info))) take(child);
  };
  for (const info of all) if (chosen(info)) take(info);
  return [...taken];
}

export interface EndOptions {
  /** Milliseconds between SIGTERM and SIGKILL; 0: SIGKILL at once. */
  readonly graceMs: number;
  /** Milliseconds until it gives up; default 5000. */
  readonly timeoutMs?: number;
}

/**
 * Ends the chosen processes with everything below them, and returns once none is left.
 * @returns the `pid name` of each that was ended.
 * @throws Error naming those that didn't end in time.
 */
export async function endProcesses(
  { host }: Context,
  chosen: (process: ProcessInfo) => boolean,
  { graceMs, timeoutMs = 5_000 }: EndOptions,
): Promise<string[]> {
  const began = host.now();
  // A child whose parent was killed belongs to init from then on: it is remembered from the scan that saw the parent.
  const met = new Map<string, string>();
  let termed = new Set<string>();
  for (;;) {
    const all = await readProcesses(host);
    const left = selectWithDescendants(all, (info) => met.has(toProcessIdentity(info)) || chosen(info));
    if (left.length === 0) return [...met.values()];
    for (const info of left) met.set(toProcessIdentity(info), `${info.pid} ${info.name}`);
    const waited = host.now() - began;
    if (waited > timeoutMs) throw new Error(`still running: ${left.map(describeProcess).join(", ")}`);
    if (waited >= graceMs) {
      await sendSignal(host, "KILL", left);
      await thawCgroups(host, left);
    } else
      await sendSignal(
        host,
        "TERM",
        left.filter((info) => !termed.has(toProcessIdentity(info))),
      );
    termed = new Set(left.map(toProcessIdentity));
    await host.sleep(25);
  }
}

function describeProcess({ pid, name, state }: ProcessInfo): string {
  return `${pid} ${name}${state === "D" ? " (in the kernel, can't be ended)" : ""}`;
}

/** $1... are cgroups of the freezer, which are thawed with all above them. */
const thawScript = `
for cgroup; do
  while [ -n "$cgroup" ]; do echo THAWED >"/sys/fs/cgroup/freezer$cgroup/freezer.state"; cgroup=\${cgroup%/*}; done
done 2>/dev/null; true`;

/**
 * In a frozen cgroup of version 1 not even SIGKILL ends a process. runc freezes a container while it changes its limits,
 * and one that was killed then can't thaw it.
 */
async function thawCgroups(host: Host, processes: readonly ProcessInfo[]): Promise<void> {
  const stuck = processes.filter(({ state }) => state === "D");
  const cgroups = stuck
    .flatMap(({ cgroup }) => cgroup.split("\n"))
    .flatMap((line) => /^\d+:freezer:(\/.+)$/s.exec(line)?.[1] ?? []);
  if (cgroups.length === 0) return;
  await host.exec(["sh", "-c", thawScript, "thaw", ...new Set(cgroups)], { root: host.rights !== "none" });
}

/**
 * $1 is a signal, then pairs of a pid and a start time. The shell itself reads the start time right before it sends the
 * signal: since the scan the process may have ended, and its pid may be another one's. The state is the first field
 * after the name, the start time the twentieth. A name can hold line breaks; the last line has the fields.
 */
const signalScript = `
signal=$1; shift; set -f
end() { pid=$1 start=$2; shift 2; if [ "\${20}" = "$start" ]; then kill -s "$signal" "$pid"; fi; }
while [ $# -gt 0 ]; do
  stat=; while IFS= read -r line; do stat=$line; done <"/proc/$1/stat"
  end "$1" "$2" \${stat##*) }
  shift 2
done 2>/dev/null; true`;

async function sendSignal(host: Host, name: "TERM" | "KILL", to: readonly ProcessInfo[]): Promise<void> {
  if (to.length === 0) return;
  const pairs = to.flatMap(({ pid, startTime }) => [String(pid), startTime]);
  // One that ended in the meantime is fine; the next scan finds the processes that are left.
  await host.exec(["sh", "-c", signalScript, "kill", name, ...pairs], { root: host.rights !== "none" });
}
