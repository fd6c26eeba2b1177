import { join } from "node:path";
import type { CaptureAddress } from "../alerting/endpoints.ts";
import type { Context, Host } from "../host/host.ts";
import type { Journal } from "../journal/journal.ts";
import { forwardLog, forwardSettings, forwardStatus } from "../journal/permitted.ts";
import { readStartTime } from "../journal/processes.ts";
import { InstallError } from "../lib/errors.ts";
import { choosePorts } from "./ports.ts";
import type { ForwardSpec, ForwardStatus, Listener } from "./server.ts";

interface StartForwarderOptions {
  /** Absolute path of the folder for its settings, status and log. */
  readonly stateDir: string;
  readonly journal: Journal;
  readonly listeners: readonly Listener[];
  /** The address that receives Alertmanager's notifications; undefined: they are not received. */
  readonly receiver?: CaptureAddress | undefined;
  /** Absolute path of dist/forward.js. */
  readonly script: string;
  /** Environment variables that the kubeconfig's login needs. */
  readonly env?: Record<string, string>;
  /** Whether a taken port is an error, or replaced by another. */
  readonly whenBusy: "fail" | "other";
}

/** The address of a listener on this host, until the teardown. */
interface LocalAddress {
  readonly port: number;
  /** e.g. `http://localhost:9090`. */
  readonly url: string;
}

const startTimeoutMs = 15_000;

/**
 * Starts the process that forwards the stack's local addresses. Returns the addresses once the process listens.
 * @throws UserError if a port is taken and `whenBusy` is `fail`; InstallError if the process can't start
 */
export async function startForwarder(
  context: Context,
  options: StartForwarderOptions,
): Promise<Record<string, LocalAddress>> {
  const { host } = context;
  const { stateDir, journal } = options;
  const listeners = await choosePorts(context, options.listeners, options.whenBusy);
  const specFile = join(stateDir, forwardSettings);
  const statusFile = join(stateDir, forwardStatus);
  const logFile = join(stateDir, forwardLog);
  const formatNow = () => new Date(host.now()).toISOString();
  for (const path of [specFile, statusFile, logFile]) {
    await journal.append({ kind: "file", at: formatNow(), path, root: false });
  }
  await host.files.remove(statusFile);
  const spec: ForwardSpec = { listeners, statusFile, receiver: options.receiver };
  await host.files.write(specFile, JSON.stringify(spec), 0o600);
  await journal.append({ kind: "starting", at: formatNow(), name: "forward", argument: specFile });
  const argv = [process.execPath, options.script, specFile] as const;
  const { pid } = await host.startDetached(argv, { logFile, env: options.env ?? {} });
  const startTime = await readStartTime(host, pid);
  if (startTime !== undefined) {
    await journal.append({ kind: "process", at: formatNow(), name: "forward", pid, startTime });
  }
  const status = await waitForStatus(context, statusFile, pid);
  if (status?.state !== "listening") {
    const why = status?.message ?? (await readLastLines(host, logFile));
    throw new InstallError(`the local addresses could not be set up: ${why}`, { fix: `see ${logFile}` });
  }
  if (status.receiverProblem !== undefined)
    context.log.warn(`Alertmanager's notifications can't be received yet: ${status.receiverProblem}`);
  return Object.fromEntries(
    Object.entries(status.ports).map(([name, port]) => [name, { port, url: `http://localhost:${port}` }]),
  );
}

/** Waits for the forwarder's status; undefined if the process exited, or took too long, without writing it. */
async function waitForStatus(
  { host, signal }: Context,
  statusFile: string,
  pid: number,
): Promise<ForwardStatus | undefined> {
  const deadline = host.now() + startTimeoutMs;
  while (host.now() < deadline) {
    const isRunning = (await readStartTime(host, pid)) !== undefined;
    const text = await host.files.read(statusFile);
    if (text !== undefined) return JSON.parse(text) as ForwardStatus;
    if (!isRunning) return undefined;
    await host.sleep(20, signal);
  }
  return undefined;
}

/** Returns the last five lines of the log. */
async function readLastLines(host: Host, logFile: string): Promise<string> {
  const text = (await host.files.read(logFile)) ?? "";
  return text.trim().split("\n").slice(-5).join("\n") || "its process exited without a message";
}
