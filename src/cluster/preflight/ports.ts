import type { Host } from "../../host/host.ts";
import type { Finding } from "../../model/cluster.ts";
import type { HostPaths } from "../k3s-settings.ts";

/** A TCP port that k3s binds. */
interface NeededPort {
  readonly port: number;
  readonly usedBy: string;
  /** Whether k3s binds it on all addresses, or only on 127.0.0.1. */
  readonly bound: "all" | "loopback";
}

/** Returns the TCP ports that a k3s server binds. */
function listNeededPorts(apiPort: number): NeededPort[] {
  return [
    { port: apiPort, usedBy: "the Kubernetes API", bound: "all" },
    // The API server itself listens one port above that of k3s' supervisor.
    { port: apiPort + 1, usedBy: "k3s' API server", bound: "loopback" },
    { port: 10250, usedBy: "the kubelet", bound: "all" },
    { port: 10248, usedBy: "the kubelet's health check", bound: "loopback" },
    { port: 10249, usedBy: "kube-proxy's metrics", bound: "loopback" },
    { port: 10256, usedBy: "kube-proxy's health check", bound: "all" },
    { port: 10257, usedBy: "the controller manager", bound: "loopback" },
    { port: 10259, usedBy: "the scheduler", bound: "loopback" },
    { port: 10010, usedBy: "containerd's streaming server", bound: "loopback" },
  ];
}

/** A listening socket on this host. */
interface Listener {
  readonly port: number;
  readonly inode: string;
  readonly on: "all" | "loopback" | "other";
}

/** Returns the listening sockets in a table like /proc/net/tcp or tcp6. */
export function parseListeners(table: string): Listener[] {
  return table.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [address, port] = fields[1]?.split(":") ?? [];
    const inode = fields[9];
    if (fields[3] !== listenState || address === undefined || port === undefined || inode === undefined)
      return [];
    return [{ port: Number.parseInt(port, 16), inode, on: classifyAddress(address) }];
  });
}

/** The state of a listening socket in /proc/net/tcp. */
const listenState = "0A";

/**
 * Returns whether a hexadecimal address stands for all addresses, loopback, or another one. Each four bytes are in host
 * byte order: 127.0.0.1 is 0100007F on the supported machines.
 */
function classifyAddress(address: string): Listener["on"] {
  if (/^0+$/.test(address)) return "all";
  const isLoopback =
    address.endsWith("7F") && (address.length === 8 || address.startsWith("0000000000000000FFFF0000"));
  return isLoopback || address === ipv6Loopback ? "loopback" : "other";
}

const ipv6Loopback = "00000000000000000000000001000000";

/** Returns a problem for each port that k3s needs and another process uses, with the name of that process. */
export async function probePorts(host: Host, paths: HostPaths, apiPort: number): Promise<Finding[]> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => host.files.read(`${paths.proc}/net/${name}`)),
  );
  const listeners = tables.flatMap((table) => parseListeners(table ?? ""));
  const findings: Finding[] = [];
  for (const needed of listNeededPorts(apiPort)) {
    const conflict = listeners.find((listener) => isInConflict(needed, listener));
    if (conflict === undefined) continue;
    const owner = await findOwner(host, paths, conflict.inode);
    findings.push({
      kind: "problem",
      id: "port-in-use",
      message: `port ${needed.port}, which ${needed.usedBy} needs, is in use by ${owner?.text ?? "a process that can't be seen from here"}`,
      fix: describePortFix(needed, apiPort, owner?.pid),
    });
  }
  return findings;
}

/** True if a listening socket prevents k3s from binding a port. */
function isInConflict(needed: NeededPort, listener: Listener): boolean {
  if (needed.port !== listener.port) return false;
  return needed.bound === "all" || listener.on !== "other";
}

/** Returns the fix for a port in use. Only the API's port can be changed. */
function describePortFix(needed: NeededPort, apiPort: number, pid: string | undefined): string {
  const stopText = pid === undefined ? "stop what uses it" : `stop that process (kill ${pid})`;
  return needed.port === apiPort
    ? `${stopText}, or give k3s another port: k3s.args: ["--https-listen-port=7443"]`
    : stopText;
}

/** Returns the process that has a socket, for messages; undefined if none is found. */
async function findOwner(
  host: Host,
  paths: HostPaths,
  inode: string,
): Promise<{ pid: string; text: string } | undefined> {
  // Run as root: only root can read the open files of other users' processes.
  const result = await host.exec(
    [
      "find",
      paths.proc,
      "-maxdepth",
      "3",
      "-path",
      `${paths.proc}/[0-9]*/fd/*`,
      "-lname",
      `socket:\\[${inode}\\]`,
    ],
    { root: host.rights !== "none", allowFailure: true },
  );
  const pid = result.stdout
    .split("\n")
    .map((line) => line.slice(paths.proc.length + 1).split("/")[0])
    .find((candidate) => candidate !== undefined && candidate !== "");
  if (pid === undefined) return undefined;
  const command = await host.files.read(`${paths.proc}/${pid}/cmdline`).catch(() => undefined);
  const name = (await host.files.read(`${paths.proc}/${pid}/comm`).catch(() => undefined))?.trim() ?? "?";
  const line = command?.replaceAll("\0", " ").trim().slice(0, 80);
  return { pid, text: `process ${pid} (${line ? `${name}: ${line}` : name})` };
}
