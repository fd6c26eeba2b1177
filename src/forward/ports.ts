import { createServer } from "node:net";
import type { CaptureAddress } from "../alerting/endpoints.ts";
import type { Context, Host } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import { type Listener, openServer } from "./server.ts";

/**
 * Returns the listeners with ports that are free on both loopback addresses. If `whenBusy` is `other`, a port that is
 * taken is replaced by a free one.
 * @throws UserError with the port, its holder if `ss` knows it, and the setting to change
 */
export async function choosePorts(
  { host, log }: Context,
  listeners: readonly Listener[],
  whenBusy: "fail" | "other",
): Promise<Listener[]> {
  const chosen: Listener[] = [];
  for (const listener of listeners) {
    const { name, port } = listener;
    const isChosen = chosen.some((earlier) => earlier.port === port);
    if (!isChosen && (await isPortFree(port))) {
      chosen.push(listener);
      continue;
    }
    const holder = isChosen ? "another listener of this stack" : await findHolder(host, port);
    const problem = `port ${port} for ${name} is taken${holder ? ` by ${holder}` : ""}`;
    if (whenBusy === "fail") {
      throw new UserError(problem, {
        fix: `choose another with \`ports.${name}\` in monstack.yaml or --${name}-port, or take any free one with --busy-port other`,
      });
    }
    const freePort = await findFreePort(new Set(listeners.map((requested) => requested.port)));
    log.warn(`${problem}: using ${freePort} instead`);
    chosen.push({ ...listener, port: freePort });
  }
  return chosen;
}

/**
 * Throws if another process has one of the receiver's ports on all addresses. The receiver's own address may not exist
 * yet, so the port can't be bound as a test. If `ss` can't list the ports, the receiver itself reports the problem
 * later.
 * @throws UserError with the port and its holder
 */
export async function checkReceiverPorts({ host }: Context, address: CaptureAddress): Promise<void> {
  for (const port of [address.httpPort, address.smtpPort]) {
    const argv = ["ss", "-H", "-ltn", "sport", "=", `:${port}`] as const;
    const { stdout } = await host
      .exec(argv, { allowFailure: true, timeoutMs: 5_000 })
      .catch(() => ({ stdout: "" }));
    const isTaken = stdout.split("\n").some((line) => {
      const localAddress = line.trim().split(/\s+/)[3] ?? "";
      return [`0.0.0.0:${port}`, `*:${port}`, `[::]:${port}`, `${address.host}:${port}`].includes(
        localAddress,
      );
    });
    if (!isTaken) continue;
    const holder = await findHolder(host, port);
    throw new UserError(
      `port ${port}, at which monstack takes Alertmanager's notifications, is taken${holder ? ` by ${holder}` : ""}`,
      { fix: "free the port, or leave the receivers alone with alerting.receivers: as-is" },
    );
  }
}

/** True if a port is free on both loopback addresses. @throws UserError if only root may use it */
async function isPortFree(port: number): Promise<boolean> {
  for (const address of ["127.0.0.1", "::1"]) {
    try {
      const server = await openServer(port, address, (client) => client.destroy());
      await new Promise((resolve) => server.close(resolve));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Other errors are ignored, for example on a machine without IPv6. Ports below 1024 are reserved for root.
      if (code === "EADDRINUSE") return false;
      if (code === "EACCES") throw new UserError(`port ${port} can only be used by root`, { cause: error });
    }
  }
  return true;
}

/** Returns a port that is free and not in the given set. */
async function findFreePort(excludedPorts: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
    if (!excludedPorts.has(address.port) && (await isPortFree(address.port))) return address.port;
  }
}

/**
 * Returns the process ID in a line of ss, for example `... users:(("nginx",pid=123,fd=6))`; undefined if there is none.
 * Only the end of the line is reliable, since a process's name can contain any text.
 */
export function parsePid(line: string): string | undefined {
  return /",pid=(\d+),fd=\d+\)\)\s*$/.exec(line)?.[1];
}

/** Returns the process that has a port, for example `nginx (pid 123)`; undefined if `ss` doesn't know it. */
async function findHolder(host: Host, port: number): Promise<string | undefined> {
  const argv = ["ss", "-H", "-ltnp", "sport", "=", `:${port}`] as const;
  const root = host.rights !== "none";
  const result = await host.exec(argv, { root, allowFailure: true, timeoutMs: 5_000 }).catch(() => undefined);
  const pid = parsePid(result?.stdout ?? "");
  if (pid === undefined) return undefined;
  const name = await host.files.read(`/proc/${pid}/comm`).catch(() => undefined);
  return `${name?.trimEnd() || "a process"} (pid ${pid})`;
}
