import type { Host } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import { clipLines, shorten } from "../lib/text.ts";
import type { RunningK3s } from "../model/cluster.ts";

/** A known reason why k3s exits. */
interface K3sCause {
  /** The ID of the diagnosis, which doesn't change between versions. */
  readonly id: string;
  readonly message: string;
  readonly fix: string;
}

/** Lines in k3s' log before it exits, the most specific first, each with its cause and fix. */
const knownCauses: readonly (readonly [
  id: string,
  line: RegExp,
  createCause: (match: RegExpExecArray) => Omit<K3sCause, "id">,
])[] = [
  [
    "port-in-use",
    /listen tcp \S*?:(\d+): bind: address already in use/,
    ([, port]) => ({
      message: `port ${port} is in use`,
      fix: `find out by whom (ss -ltnp 'sport = :${port}') and stop it; a k3s left by an earlier run goes with \`monstack down\``,
    }),
  ],
  [
    "cgroup-v1",
    /configured to not run on a host using cgroup v1/,
    () => ({
      message: "the kubelet refuses this host's cgroup v1",
      fix: 'allow it with k3s.args: ["--kubelet-arg=fail-cgroupv1=false"], or boot with systemd.unified_cgroup_hierarchy=1',
    }),
  ],
  [
    "k3s-flag",
    /flag provided but not defined: (\S+)/,
    ([, flag]) => ({
      message: `this version of k3s doesn't know the flag ${flag?.replace(/^-(?!-)/, "--")}`,
      fix: "correct k3s.args, or choose a version that knows it (k3s.version)",
    }),
  ],
  [
    "k3s-flag",
    /failed to parse kubelet flag: (.*?)"?$|unknown flag: (\S+)/m,
    ([, reason, flag]) => ({
      message: `a component of k3s doesn't know one of its flags: ${reason ?? flag}`,
      fix: "correct the ...-arg entries in k3s.args, or choose a version that knows them (k3s.version)",
    }),
  ],
  [
    "cgroup-missing",
    /failed to find (\w+) cgroup/,
    ([, name]) => ({
      message: `the cgroup controller ${name} is not available`,
      fix: "add `cgroup_memory=1 cgroup_enable=memory` to the kernel's command line",
    }),
  ],
  [
    "overlay-missing",
    /overlayfs\\?"? snapshotter cannot be enabled/,
    () => ({
      message: "overlayfs doesn't work on the disk where k3s keeps its data",
      fix: 'put the data on another file system (k3s.args: ["--data-dir=/path"]), or use --snapshotter=native',
    }),
  ],
  [
    "kernel-module",
    /level=fatal .{0,1000}\b(br_netfilter|nf_conntrack|iptable_\w{1,30}|ip_tables)\b/,
    ([, name]) => ({
      message: `the kernel module ${name} can't be loaded`,
      fix: `load it on the host (modprobe ${name}); a container can't do that for its host`,
    }),
  ],
  [
    "no-default-route",
    /no default routes? found|unable to select an IP from default routes|unable to find default route/i,
    () => ({
      message: "the host has no default route, from which k3s takes its node's address",
      fix: 'give k3s its address: k3s.args: ["--node-ip=ADDRESS", "--flannel-iface=LINK"]',
    }),
  ],
  [
    // Before the full disk: the kernel reports both as ENOSPC.
    "file-limits",
    /inotify[^\n]{0,500}no space left on device|no space left on device[^\n]{0,500}inotify|user limit on the total number of inotify watches/i,
    () => ({
      message: "the host's limit of inotify watches is reached",
      fix: "raise it: sysctl -w fs.inotify.max_user_watches=524288",
    }),
  ],
  [
    "host-disk-full",
    /no space left on device/,
    () => ({
      message: "the disk is full",
      fix: 'free some space, or use another disk: k3s.args: ["--data-dir=/path"]',
    }),
  ],
  [
    "file-limits",
    /too many open files/,
    () => ({
      message: "the host's limit of open files or inotify instances is reached",
      fix: "raise it: sysctl -w fs.inotify.max_user_instances=512",
    }),
  ],
  [
    "other-cluster-data",
    /bootstrap data already found and encrypted with different token/,
    () => ({
      message: "the data folder holds another cluster's data",
      fix: "remove what is left of that k3s (k3s-uninstall.sh), or choose another --data-dir",
    }),
  ],
  [
    "wrong-architecture",
    /[Ee]xec format error/,
    () => ({
      message: "the k3s binary is not for this machine's architecture",
      fix: "correct k3s.path, or leave it out so that the right one is downloaded",
    }),
  ],
  [
    "not-root",
    /must run as root|must be run as root/,
    () => ({ message: "k3s was not run as root", fix: "run as root, or allow sudo without a password" }),
  ],
  [
    "ip-forward",
    /ip_forward[^\n]{0,500}(?:permission denied|read-only file system)/i,
    () => ({
      message: "IP forwarding can't be turned on",
      fix: "turn it on for the host: sysctl -w net.ipv4.ip_forward=1",
    }),
  ],
  [
    "cni-conflict",
    /(cni0|flannel\.1)[^\n]{0,500}(already has an IP address different from|already exists|file exists)|failed to set bridge addr/i,
    ([, link]) => ({
      message: `another network plugin's link ${link ?? "cni0"} is in the way`,
      fix: `remove what is left of the other CNI (ip link delete ${link ?? "cni0"}; files in /etc/cni/net.d), or run k3s without its own: --flannel-backend=none`,
    }),
  ],
];

/** Returns the known cause in k3s' log; undefined if no line matches. */
export function findKnownCause(log: string): K3sCause | undefined {
  for (const [id, line, createCause] of knownCauses) {
    const match = line.exec(log);
    if (match) return { id, ...createCause(match) };
  }
  return undefined;
}

/** The IDs of all known causes. */
export const k3sCauses: readonly string[] = [...new Set(knownCauses.map(([id]) => id))];

/** Returns the message of the log's last fatal line; undefined if there is none. */
export function findFatalLine(log: string): string | undefined {
  const line = log
    .split("\n")
    .findLast((candidate) => /level=fatal|^panic:|^Error: |^fatal error:/.test(candidate));
  return line === undefined
    ? undefined
    : (/msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1] ?? line).replaceAll('\\"', '"');
}

/**
 * Returns the error for a k3s that has exited, with the cause from its log. The exit code does not help: on cgroup v1
 * it is 0.
 */
export async function explainK3sEnd(host: Host, running: RunningK3s): Promise<InstallError> {
  const log = await readLog(host, running);
  const cause = findKnownCause(log);
  if (cause) return new InstallError(`k3s ${running.version} ended: ${cause.message}`, { fix: cause.fix });
  const fatal = findFatalLine(log);
  return new InstallError(
    `k3s ${running.version} ended: ${fatal ?? `its last lines were\n${formatLogTail(log)}`}`,
    {
      fix: `the whole log is in ${running.logFile}`,
    },
  );
}

/** Returns k3s' log with limited line lengths; empty if it can't be read. */
export async function readLog(host: Host, { logFile }: RunningK3s): Promise<string> {
  return clipLines((await host.files.read(logFile).catch(() => undefined)) ?? "");
}

/** Returns the last lines of a log, indented. The warnings in them often name the cause. */
export function formatLogTail(log: string, count = 12): string {
  const lines = log.trim().split("\n").slice(-count);
  return lines.map((line) => `  ${shorten(line, 500)}`).join("\n") || "  (nothing was logged)";
}
