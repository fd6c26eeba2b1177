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
  /** Absolute; its settings, status and log go there. */
  readonly stateDir: string;
  readonly journal: Journal;
  readonly listeners: readonly Listener[];
  /** Where Alertmanager's notifications are taken; undefined: nowhere. */
  readonly receiver?: CaptureAddress | undefined;
  /** Absolute path of dist/forward.js. */
  readonly script: string;
  /** What the kubeconfig's login needs of the environment. */
  readonly env?: Record<string, string>;
  /** What to do about a port that is taken. */
  readonly whenBusy: "fail" | "other";
}

/** Where a listener is reached from this host until teardown. */
interface LocalAddress {
  readonly port: number;
  /** e.g. `http://localhost:9090`. */
  readonly url: string;
}

const startTimeoutMs = 15_000;

/**
 * Starts the process that gives the stack its stable addresses, and returns them once it listens.
 * @throws UserError when a port is taken and `whenBusy` is `fail`; InstallError when the process doesn't come up.
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
  const at = () => new Date(host.now()).toISOString();
  for (const path of [specFile, statusFile, logFile]) {
    await journal.append({ kind: "file", at: at(), path, root: false });
  }
  await host.files.remove(statusFile);
  const spec: ForwardSpec = { listeners, statusFile, receiver: options.receiver };
  await host.files.write(specFile, JSON.stringify(spec), 0o600);
  await journal.append({ kind: "starting", at: at(), name: "forward", argument: specFile });
  const argv = [process.execPath, options.script, specFile] as const;
  const { pid } = await host.startDetached(argv, { logFile, env: options.env ?? {} });
  const startTime = await readStartTime(host, pid);
  if (startTime !== undefined) {
    await journal.append({ kind: "process", at: at(), name: "forward", pid, startTime });
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

/** @returns undefined if the process exited, or took too long, without writing its status */
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

async function readLastLines(host: Host, logFile: string): Promise<string> {
  const text = (await host.files.read(logFile)) ?? "";
  return text.trim().split("\n").slice(-5).join("\n") || "its process exited without a message";
}
