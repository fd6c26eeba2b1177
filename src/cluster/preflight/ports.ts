import type { Host } from "../../host/host.ts";
import type { Finding } from "../../model/cluster.ts";
import type { HostPaths } from "../k3s-settings.ts";

interface NeededPort {
  readonly port: number;
  readonly usedBy: string;
  /** Bound on all addresses, or on 127.0.0.1 only. */
  readonly bound: "all" | "loopback";
}

/** Returns the TCP ports that a k3s server binds. */
function listNeededPorts(apiPort: number): NeededPort[] {
  return [
    { port: apiPort, usedBy: "the Kubernetes API", bound: "all" },
    // k3s puts the API server itself behind its supervisor's port, one above.
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

interface Listener {
  readonly port: number;
  readonly inode: string;
  readonly on: "all" | "loopback" | "other";
}

/** Returns the listening sockets in /proc/net/tcp or tcp6. */
export function parseListeners(table: string): Listener[] {
  return table.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [address, port] = fields[1]?.split(":") ?? [];
    const inode = fields[9];
    if (fields[3] !== listen || address === undefined || port === undefined || inode === undefined) return [];
    return [{ port: Number.parseInt(port, 16), inode, on: placeOf(address) }];
  });
}

const listen = "0A";

/** Addresses are in host byte order, four bytes at a time: 127.0.0.1 is 0100007F on the machines we run on. */
function placeOf(address: string): Listener["on"] {
  if (/^0+$/.test(address)) return "all";
  const isLoopback =
    address.endsWith("7F") && (address.length === 8 || address.startsWith("0000000000000000FFFF0000"));
  return isLoopback || address === ipv6Loopback ? "loopback" : "other";
}

const ipv6Loopback = "00000000000000000000000001000000";

/** Finds the ports that k3s needs and something else has, and who that is. */
export async function probePorts(host: Host, paths: HostPaths, apiPort: number): Promise<Finding[]> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => host.files.read(`${paths.proc}/net/${name}`)),
  );
  const listeners = tables.flatMap((table) => parseListeners(table ?? ""));
  const findings: Finding[] = [];
  for (const needed of listNeededPorts(apiPort)) {
    const taken = listeners.find((listener) => isInConflict(needed, listener));
    if (taken === undefined) continue;
    const owner = await findOwner(host, paths, taken.inode);
    findings.push({
      kind: "problem",
      id: "port-in-use",
      message: `port ${needed.port}, which ${needed.usedBy} needs, is in use by ${owner?.text ?? "a process that can't be seen from here"}`,
      fix: fixFor(needed, apiPort, owner?.pid),
    });
  }
  return findings;
}

function isInConflict(needed: NeededPort, listener: Listener): boolean {
  if (needed.port !== listener.port) return false;
  return needed.bound === "all" || listener.on !== "other";
}

function fixFor(needed: NeededPort, apiPort: number, pid: string | undefined): string {
  const stop = pid === undefined ? "stop what uses it" : `stop that process (kill ${pid})`;
  return needed.port === apiPort
    ? `${stop}, or give k3s another port: k3s.args: ["--https-listen-port=7443"]`
    : stop;
}

async function findOwner(
  host: Host,
  paths: HostPaths,
  inode: string,
): Promise<{ pid: string; text: string } | undefined> {
  // Only root may look into other users' processes, and it is unknown beforehand which one has the socket.
  const found = await host.exec(
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
  const pid = found.stdout
    .split("\n")
    .map((line) => line.slice(paths.proc.length + 1).split("/")[0])
    .find((candidate) => candidate !== undefined && candidate !== "");
  if (pid === undefined) return undefined;
  const command = await host.files.read(`${paths.proc}/${pid}/cmdline`).catch(() => undefined);
  const name = (await host.files.read(`${paths.proc}/${pid}/comm`).catch(() => undefined))?.trim() ?? "?";
  const line = command?.replaceAll("\0", " ").trim().slice(0, 80);
  return { pid, text: `process ${pid} (${line ? `${name}: ${line}` : name})` };
}
