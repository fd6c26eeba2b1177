import { PassThrough, Readable, Writable } from "node:stream";
import { Exec, type KubeConfig, type V1Status } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { readBody } from "../host/read-body.ts";
import { InstallError, Interrupted } from "../lib/errors.ts";

/** A container of a pod. */
export interface Container {
  readonly namespace: string;
  readonly pod: string;
  /** The container's name in the pod. */
  readonly name: string;
}

/** A command that runs in a container. */
export interface RunningCommand {
  /** The command's standard output. Ends in an error if the command fails. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when the command has ended with exit code 0; rejects if it fails. */
  readonly ended: Promise<void>;
}

/** The container's image lacks the program. */
export class NoProgram extends InstallError {}

/**
 * Maximum number of bytes buffered in each direction. Without it the client buffers everything that arrives faster
 * than it is read.
 */
const maxBufferedBytes = 1024 * 1024;

/** Milliseconds without a byte after which a connection counts as broken. */
const silentMs = 60_000;

/** Milliseconds in which a command must start. The client itself has no time limit. */
const connectMs = 30_000;

/** Maximum size of the output that `runInPod` returns. */
const maxOutputBytes = 16 * 1024 ** 2;

const pollMs = 20;

/**
 * Starts a command in a container. The output arrives no faster than it is read, and the input is sent no faster than
 * the command reads it. The input is never ended, since the protocol of older API servers can't do that, so the
 * command must know how much to read.
 * @throws InstallError if the command can't be started
 */
export async function startInPod(
  context: Context,
  kube: KubeConfig,
  container: Container,
  command: readonly string[],
  input?: AsyncIterable<Uint8Array>,
): Promise<RunningCommand> {
  const { host, signal } = context;
  const output = new PassThrough({ highWaterMark: maxBufferedBytes });
  // The reader gets the error. Without a reader, the error must not end this process.
  output.on("error", () => {});
  let errorOutput = "";
  const errors = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      errorOutput = `${errorOutput}${chunk}`.slice(-2_000);
      done();
    },
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => {});
  const finished = new AbortController();
  const opened = Promise.withResolvers<Socket>();
  opened.promise.catch(() => {});
  let lastReceivedAt = host.now();
  const end = (error?: Error) => {
    // After the command's exit status, any further event only reports the end of the connection.
    if (finished.signal.aborted) return;
    finished.abort();
    if (error === undefined) return resolve();
    reject(error);
    output.destroy(error);
  };
  const stdin =
    input === undefined
      ? null
      : Readable.from(
          paceInput(context, input, opened.promise, finished.signal, () => {
            lastReceivedAt = host.now();
          }),
        );
  stdin?.on("error", (error) => end(error));
  const exec = new Exec(kube);
  const { namespace, pod, name } = container;
  const connecting = exec.exec(namespace, pod, name, [...command], output, errors, stdin, false, (status) =>
    end(createFailure(status, container, command, errorOutput)),
  );
  const socket: Socket = await withDeadline(context, connectMs, connecting).catch((cause: unknown) => {
    finished.abort();
    // A connection that opens later is not used.
    connecting.then((lateSocket) => lateSocket.terminate()).catch(() => {});
    if (cause instanceof Interrupted) throw cause;
    throw createRefusalError(container, cause);
  });
  opened.resolve(socket);
  socket.on("message", () => {
    lastReceivedAt = host.now();
    if (!output.writableNeedDrain || socket.isPaused) return;
    socket.pause();
    output.once("drain", () => socket.resume());
  });
  socket.on("close", () =>
    end(new InstallError(`the connection to ${formatContainer(container)} ended before its time`)),
  );
  const stop = (error: Error) => {
    end(error);
    socket.terminate();
  };
  output.once("close", () => socket.terminate());
  if (signal.aborted) stop(new Interrupted());
  signal.addEventListener("abort", () => stop(new Interrupted()), { signal: finished.signal });
  void watchSilence();
  return { output, ended };

  async function watchSilence(): Promise<void> {
    while (!finished.signal.aborted) {
      await host.sleep(1_000, finished.signal).catch(() => undefined);
      if (socket.isPaused) lastReceivedAt = host.now();
      if (!finished.signal.aborted && host.now() - lastReceivedAt > silentMs)
        stop(new InstallError(`${formatContainer(container)} said nothing for ${silentMs / 1_000} s`));
    }
  }
}

/** Returns the result of some work. @throws Error if it takes longer than `ms` milliseconds */
async function withDeadline<T>({ host, signal }: Context, ms: number, work: Promise<T>): Promise<T> {
  const finished = new AbortController();
  const timeout = host.sleep(ms, AbortSignal.any([signal, finished.signal])).then(() => {
    throw new Error(`no answer in ${ms / 1_000} s`);
  });
  return await Promise.race([work, timeout]).finally(() => {
    timeout.catch(() => {});
    finished.abort();
  });
}

type Socket = Awaited<ReturnType<Exec["exec"]>>;

/** Runs a command in a container to its end and returns its standard output. */
export async function runInPod(
  context: Context,
  kube: KubeConfig,
  container: Container,
  command: readonly string[],
): Promise<string> {
  const { output, ended } = await startInPod(context, kube, container, command);
  const text = await readBody(output, maxOutputBytes);
  await ended;
  return text;
}

/**
 * Yields the input no faster than the socket sends it. Stays open after the last piece until the command has ended,
 * because the end of the input would end the connection.
 */
async function* paceInput(
  { host }: Context,
  input: AsyncIterable<Uint8Array>,
  opened: Promise<Socket>,
  finished: AbortSignal,
  onSent: () => void,
): AsyncGenerator<Uint8Array> {
  const socket = await opened;
  for await (const piece of input) {
    while (socket.bufferedAmount > maxBufferedBytes && !finished.aborted) await host.sleep(pollMs);
    if (finished.aborted) return;
    onSent();
    yield Buffer.from(piece);
  }
  await new Promise<void>((resolve) => {
    if (finished.aborted) resolve();
    finished.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Returns the error for a command's exit status; undefined if the command succeeded. */
function createFailure(
  { status, message, details }: V1Status,
  container: Container,
  command: readonly string[],
  errorOutput: string,
): Error | undefined {
  if (status === "Success") return undefined;
  const reason = errorOutput.trim() || message || "it does not say why";
  // This message is from the container runtime. The command's own error output is in `errorOutput`.
  if (/executable file not found|no such file or directory/i.test(message ?? "")) {
    return new NoProgram(`${formatContainer(container)} has no ${command[0]}: ${message}`, {
      fix: "its image has no shell and no tar (one that is called distroless); use the ordinary one",
    });
  }
  const code = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  const outcome = code === undefined ? "failed" : `ended with exit code ${code}`;
  return new InstallError(`${command[0]} in ${formatContainer(container)} ${outcome}: ${reason}`);
}

/** Returns the error for a command that can't be started. */
function createRefusalError(container: Container, cause: unknown): InstallError {
  const reason = (cause as { message?: string }).message ?? String(cause);
  const isForbidden = /\b403\b/.test(reason);
  return new InstallError(`no command can be started in ${formatContainer(container)}: ${reason}`, {
    ...(isForbidden
      ? {
          fix: "the kubeconfig's user needs the verbs get and create on pods/exec: `monstack rbac --also backup,restore` prints the roles",
        }
      : {}),
    cause,
  });
}

/** Returns a container's name for messages. */
export function formatContainer({ namespace, pod, name }: Container): string {
  return `container ${name} of pod ${namespace}/${pod}`;
}
