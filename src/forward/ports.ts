import { createServer } from "node:net";
import type { CaptureAddress } from "../alerting/endpoints.ts";
import type { Context, Host } from "../host/host.ts";
import { UserError } from "../lib/errors.ts";
import { bind, type Listener } from "./server.ts";

/**
 * Makes sure that each listener's port is free on both loopback addresses. One that is taken is replaced by a free
 * one when `whenBusy` says so.
 * @throws UserError naming the port, who has it if that can be seen, and the setting to change.
 */
export async function choosePorts(
  { host, log }: Context,
  listeners: readonly Listener[],
  whenBusy: "fail" | "other",
): Promise<Listener[]> {
  const chosen: Listener[] = [];
  for (const listener of listeners) {
    const { name, port } = listener;
    const isChosen = chosen.some((other) => other.port === port);
    if (!isChosen && (await isFree(port))) {
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
    const other = await findFreePort(new Set(listeners.map((wanted) => wanted.port)));
    log.warn(`${problem}: using ${other} instead`);
    chosen.push({ ...listener, port: other });
  }
  return chosen;
}

/**
 * Makes sure that nobody holds a port of the receiver's on all addresses. Its own address may not exist yet, so it can't
 * be tried. If `ss` does not know, the receiver itself reports it.
 * @throws UserError naming the port and who has it
 */
export async function checkReceiverPorts({ host }: Context, at: CaptureAddress): Promise<void> {
  for (const port of [at.httpPort, at.smtpPort]) {
    const argv = ["ss", "-H", "-ltn", "sport", "=", `:${port}`] as const;
    const { stdout } = await host
      .exec(argv, { allowFailure: true, timeoutMs: 5_000 })
      .catch(() => ({ stdout: "" }));
    const held = stdout.split("\n").some((line) => {
      const local = line.trim().split(/\s+/)[3] ?? "";
      return [`0.0.0.0:${port}`, `*:${port}`, `[::]:${port}`, `${at.host}:${port}`].includes(local);
    });
    if (!held) continue;
    const holder = await findHolder(host, port);
    throw new UserError(
      `port ${port}, at which monstack takes Alertmanager's notifications, is taken${holder ? ` by ${holder}` : ""}`,
      { fix: "free the port, or leave the receivers alone with alerting.receivers: as-is" },
    );
  }
}

async function isFree(port: number): Promise<boolean> {
  for (const address of ["127.0.0.1", "::1"]) {
    try {
      const server = await bind(port, address, (client) => client.destroy());
      await new Promise((resolve) => server.close(resolve));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Without IPv6 there is nothing to be taken; below 1024 only root may listen.
      if (code === "EADDRINUSE") return false;
      if (code === "EACCES") throw new UserError(`port ${port} can only be used by root`, { cause: error });
    }
  }
  return true;
}

async function findFreePort(without: ReadonlySet<number>): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
    if (!without.has(address.port) && (await isFree(address.port))) return address.port;
  }
}

/**
 * The process in a line of ss, e.g. `... users:(("nginx",pid=123,fd=6))`. A name can hold anything, quotes included, so
 * that only the line's end says which process it is.
 */
export function parsePid(listed: string): string | undefined {
  return /",pid=(\d+),fd=\d+\)\)\s*$/.exec(listed)?.[1];
}

/** @returns e.g. `nginx (pid 123)`; undefined if `ss` does not know it. */
async function findHolder(host: Host, port: number): Promise<string | undefined> {
  const argv = ["ss", "-H", "-ltnp", "sport", "=", `:${port}`] as const;
  const root = host.rights !== "none";
  const result = await host.exec(argv, { root, allowFailure: true, timeoutMs: 5_000 }).catch(() => undefined);
  const pid = parsePid(result?.stdout ?? "");
  if (pid === undefined) return undefined;
  const name = await host.files.read(`/proc/${pid}/comm`).catch(() => undefined);
  return `${name?.trimEnd() || "a process"} (pid ${pid})`;
}
