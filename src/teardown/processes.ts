import type { Context, Host } from "../host/host.ts";

/** One line of the process table. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** One letter; `Z` is a zombie. */
  readonly state: string;
  /** Field 22 of /proc/PID/stat: with the pid it names a process for as long as the machine is up. */
  readonly startTime: string;
  readonly name: string;
  readonly argv: readonly string[];
  /** The whole of /proc/PID/cgroup. */
  readonly cgroup: string;
}

/** @returns field 22 of /proc/PID/stat, or undefined when the process is gone. */
export async function startTimeOf(host: Host, pid: number): Promise<string | undefined> {
  return (await readProcess(host, pid))?.startTime;
}

/** All processes that run; zombies, which only wait for their parent to look, are left out. */
export async function readProcesses(host: Host): Promise<ProcessInfo[]> {
  const pids = (await host.files.list("/proc")).map(Number).filter(Number.isInteger);
  const all = await Promise.all(pids.map((pid) => readProcess(host, pid)));
  return all.filter((process) => process !== undefined).filter(({ state }) => state !== "Z" && state !== "X");
}

async function readProcess(host: Host, pid: number): Promise<ProcessInfo | undefined> {
  // A process can end between any two reads; each of them then fails in its own way.
  const read = (name: string) => host.files.read(`/proc/${pid}/${name}`).catch(() => undefined);
  const [stat, cmdline, cgroup] = await Promise.all([read("stat"), read("cmdline"), read("cgroup")]);
  if (stat === undefined || stat === "") return undefined;
  return parseStat(pid, stat, cmdline ?? "", cgroup ?? "");
}

/** @param stat e.g. `123 (k3s server) S 1 ...`; the name may hold spaces and parentheses. */
export function parseStat(pid: number, stat: string, cmdline: string, cgroup: string): ProcessInfo {
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ");
  return {
    pid,
    parent: Number(fields[1]),
    state: fields[0] ?? "?",
    startTime: fields[19] ?? "",
    name: stat.slice(stat.indexOf("(") + 1, close),
    argv: cmdline.split("\0").filter((word) => word !== ""),
    cgroup,
  };
}

/** The chosen ones and everything below them, never ourselves nor what we run under. */
export function withDescendants(
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
    for (const child of all) if (child.parent === info.pid) take(child);
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
  const identity = ({ pid, startTime }: ProcessInfo) => `${pid}@${startTime}`;
  let termed = new Set<string>();
  for (;;) {
    const all = await readProcesses(host);
    const left = withDescendants(all, (info) => met.has(identity(info)) || chosen(info));
    if (left.length === 0) return [...met.values()];
    for (const info of left) met.set(identity(info), `${info.pid} ${info.name}`);
    const waited = host.now() - began;
    if (waited > timeoutMs) throw new Error(`still running: ${left.map(describe).join(", ")}`);
    if (waited >= graceMs) {
      await signal(host, "KILL", left);
      await thaw(host, left);
    } else
      await signal(
        host,
        "TERM",
        left.filter((info) => !termed.has(identity(info))),
      );
    termed = new Set(left.map(identity));
    await host.sleep(25);
  }
}

function describe({ pid, name, state }: ProcessInfo): string {
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
async function thaw(host: Host, processes: readonly ProcessInfo[]): Promise<void> {
  const stuck = processes.filter(({ state }) => state === "D");
  const cgroups = stuck.flatMap(({ cgroup }) => /^\d+:freezer:(\/.+)$/m.exec(cgroup)?.[1] ?? []);
  if (cgroups.length === 0) return;
  await host.exec(["sh", "-c", thawScript, "thaw", ...new Set(cgroups)], { root: host.rights !== "none" });
}

async function signal(host: Host, name: "TERM" | "KILL", to: readonly ProcessInfo[]): Promise<void> {
  if (to.length === 0) return;
  // One that ended in the meantime makes kill fail; the next scan tells who is left.
  await host.exec(
    [
      "sh",
      "-c",
      'signal=$1; shift; kill -s "$signal" "$@"',
      "kill",
      name,
      ...to.map(({ pid }) => String(pid)),
    ],
    {
      root: host.rights !== "none",
      allowFailure: true,
    },
  );
}
