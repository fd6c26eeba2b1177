import { PassThrough, Readable, Writable } from "node:stream";
import { Exec, type KubeConfig, type V1Status } from "@kubernetes/client-node";
import type { Context } from "../host/host.ts";
import { readBody } from "../host/read-body.ts";
import { InstallError, Interrupted } from "../lib/errors.ts";

/** A container of a pod. */
export interface Container {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** A command that runs in a container. */
export interface Running {
  /** What it writes; ends in an error when the command fails. */
  readonly output: AsyncIterable<Uint8Array>;
  /** Resolves when it has ended with exit code 0. */
  readonly ended: Promise<void>;
}

/** The container's image lacks the program. */
export class NoProgram extends InstallError {}

/** Bytes on their way, either way: the client itself would hold whatever comes faster than it is taken. */
const mostHeld = 1024 * 1024;

/** Milliseconds without a byte after which a connection is given up. */
const silentMs = 60_000;

/** Milliseconds until a command must have been started: the client itself waits for ever. */
const connectMs = 30_000;

/** What a command that is run for its words may write. */
const mostOutputBytes = 16 * 1024 ** 2;

const pollMs = 20;

/**
 * Starts a command in a container. Its output comes no faster than it is read; its input is sent no faster than it is
 * taken, and isn't ended: the protocol of older API servers can't, so that a command has to know how much it reads.
 * @throws InstallError when it can't be started.
 */
export async function startInPod(
  context: Context,
  kube: KubeConfig,
  at: Container,
  command: readonly string[],
  input?: AsyncIterable<Uint8Array>,
): Promise<Running> {
  const { host, signal } = context;
  const output = new PassThrough({ highWaterMark: mostHeld });
  // Whoever reads hears of it; nobody has to.
  output.on("error", () => {});
  let complaint = "";
  const errors = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      complaint = `${complaint}${chunk}`.slice(-2_000);
      done();
    },
  });
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
  ended.catch(() => {});
  const over = new AbortController();
  const opened = Promise.withResolvers<Socket>();
  opened.promise.catch(() => {});
  let heard = host.now();
  const end = (error?: Error) => {
    // After the command's exit status, an event is only the end of the connection.
    if (over.signal.aborted) return;
    over.abort();
    if (error === undefined) return resolve();
    reject(error);
    output.destroy(error);
  };
  const stdin =
    input === undefined
      ? null
      : Readable.from(
          paceInput(context, input, opened.promise, over.signal, () => {
            heard = host.now();
          }),
        );
  stdin?.on("error", (error) => end(error));
  const exec = new Exec(kube);
  const { namespace, pod, container } = at;
  const connecting = exec.exec(
    namespace,
    pod,
    container,
    [...command],
    output,
    errors,
    stdin,
    false,
    (status) => end(createFailure(status, at, command, complaint)),
  );
  const socket: Socket = await withDeadline(context, connectMs, connecting).catch((cause: unknown) => {
    over.abort();
    // One that opens after all is not used.
    connecting.then((late) => late.terminate()).catch(() => {});
    if (cause instanceof Interrupted) throw cause;
    throw createRefusalError(at, cause);
  });
  opened.resolve(socket);
  socket.on("message", () => {
    heard = host.now();
    if (!output.writableNeedDrain || socket.isPaused) return;
    socket.pause();
    output.once("drain", () => socket.resume());
  });
  socket.on("close", () => end(new InstallError(`the connection to ${nameOf(at)} ended before its time`)));
  const stop = (error: Error) => {
    end(error);
    socket.terminate();
  };
  output.once("close", () => socket.terminate());
  if (signal.aborted) stop(new Interrupted());
  signal.addEventListener("abort", () => stop(new Interrupted()), { signal: over.signal });
  void watchSilence();
  return { output, ended };

  async function watchSilence(): Promise<void> {
    while (!over.signal.aborted) {
      await host.sleep(1_000, over.signal).catch(() => undefined);
      if (socket.isPaused) heard = host.now();
      if (!over.signal.aborted && host.now() - heard > silentMs)
        stop(new InstallError(`${nameOf(at)} said nothing for ${silentMs / 1_000} s`));
    }
  }
}

async function withDeadline<T>({ host, signal }: Context, ms: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = host.sleep(ms, AbortSignal.any([signal, over.signal])).then(() => {
    throw new Error(`no answer in ${ms / 1_000} s`);
  });
  return await Promise.race([work, late]).finally(() => {
    late.catch(() => {});
    over.abort();
  });
}

type Socket = Awaited<ReturnType<Exec["exec"]>>;

/** Runs a command in a container to its end. @returns what it wrote */
export async function runInPod(
  context: Context,
  kube: KubeConfig,
  at: Container,
  command: readonly string[],
): Promise<string> {
  const { output, ended } = await startInPod(context, kube, at, command);
  const text = await readBody(output, mostOutputBytes);
  await ended;
  return text;
}

/** Stays open after the last piece until the command has ended: the end of the input would end the connection. */
async function* paceInput(
  { host }: Context,
  input: AsyncIterable<Uint8Array>,
  opened: Promise<Socket>,
  over: AbortSignal,
  onSent: () => void,
): AsyncGenerator<Uint8Array> {
  const socket = await opened;
  for await (const piece of input) {
    while (socket.bufferedAmount > mostHeld && !over.aborted) await host.sleep(pollMs);
    if (over.aborted) return;
    onSent();
    yield Buffer.from(piece);
  }
  await new Promise<void>((resolve) => {
    if (over.aborted) resolve();
    over.addEventListener("abort", () => resolve(), { once: true });
  });
}

function createFailure(
  { status, message, details }: V1Status,
  at: Container,
  command: readonly string[],
  complaint: string,
): Error | undefined {
  if (status === "Success") return undefined;
  const said = complaint.trim() || message || "it does not say why";
  // The container runtime's words; a command's own complaint comes another way.
  if (/executable file not found|no such file or directory/i.test(message ?? "")) {
    return new NoProgram(`${nameOf(at)} has no ${command[0]}: ${message}`, {
      fix: "its image has no shell and no tar (one that is called distroless); use the ordinary one",
    });
  }
  const code = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  const how = code === undefined ? "failed" : `ended with exit code ${code}`;
  return new InstallError(`${command[0]} in ${nameOf(at)} ${how}: ${said}`);
}

function createRefusalError(at: Container, cause: unknown): InstallError {
  const said = (cause as { message?: string }).message ?? String(cause);
  const forbidden = /\b403\b/.test(said);
  return new InstallError(`no command can be started in ${nameOf(at)}: ${said}`, {
    ...(forbidden
      ? {
          fix: "the kubeconfig's user needs the verbs get and create on pods/exec: `monstack rbac --also backup,restore` prints the roles",
        }
      : {}),
    cause,
  });
}

export function nameOf({ namespace, pod, container }: Container): string {
  return `container ${container} of pod ${namespace}/${pod}`;
}
