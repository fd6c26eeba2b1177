import { randomBytes } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { describeError } from "../lib/errors.ts";
import { keepListeningForAlerts } from "./receiver.ts";
import { type ForwardSpec, type ForwardStatus, listen } from "./server.ts";

// The program of the forwarder: a separate process that runs from `up` until the teardown ends it.
await main(process.argv[2] ?? "");

/** Opens all listeners and writes the status file. Exits with 3 if a listener fails. */
async function main(specFile: string): Promise<void> {
  const spec = JSON.parse(await readFile(specFile, "utf8")) as ForwardSpec;
  const { pid } = process;
  const log = (line: string) => process.stderr.write(`${new Date().toISOString()} ${line}\n`);
  try {
    for (const listener of spec.listeners) await listen(listener, log);
  } catch (error) {
    const message = describeError(error);
    log(message);
    await writeStatus(spec, { state: "failed", pid, message });
    process.exit(3);
  }
  // An error on one connection, in any library, must not end the others.
  process.on("uncaughtException", (error) => log(`on a connection: ${describeError(error)}`));
  process.on("SIGTERM", () => process.exit(0));
  const ports = Object.fromEntries(spec.listeners.map(({ name, port }) => [name, port]));
  const receiverProblem = spec.receiver && (await keepListeningForAlerts(spec.receiver, log));
  await writeStatus(spec, { state: "listening", pid, ports, receiverProblem });
  log(`listening: ${JSON.stringify(ports)}`);
}

/** Writes the status file. The complete file appears at once. */
async function writeStatus({ statusFile }: ForwardSpec, status: ForwardStatus): Promise<void> {
  const temporary = `${statusFile}.${randomBytes(8).toString("hex")}.new`;
  await writeFile(temporary, JSON.stringify(status), { mode: 0o600, flag: "wx" });
  await rename(temporary, statusFile);
}
