import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CommandError } from "../lib/errors.ts";
import type { PipedEnd, PipedOptions, PipedProcess } from "./host.ts";

/**
 * $1 are seconds of CPU time, $2 KiB of stack, then the command. The kernel enforces the limits even if this process
 * was killed.
 */
const limitResourcesScript = 'ulimit -t "$1"; ulimit -s "$2"; shift 2; exec "$@"';

/** Characters that are kept of a process' standard error. */
const maxErrorLength = 4_000;

/**
 * Starts a process with which this one exchanges lines. The process should end when its input ends, which happens when
 * this process ends.
 * @throws CommandError if it can't be started
 */
export async function startPiped(
  argv: readonly [string, ...string[]],
  { env, cpuSeconds, stackKiB }: PipedOptions,
): Promise<PipedProcess> {
  const child = spawn(
    "sh",
    ["-c", limitResourcesScript, "sh", String(cpuSeconds), String(stackKiB), ...argv],
    {
      env: { ...env },
    },
  );
  const ended = new Promise<PipedEnd>((resolve) => {
    let errorOutput = "";
    child.stderr.setEncoding("utf8").on("data", (piece: string) => {
      errorOutput = (errorOutput + piece).slice(-maxErrorLength);
    });
    child.on("close", (exitCode, signal) => resolve({ exitCode, signal, errorOutput: errorOutput.trim() }));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // The process has ended; `nextLine` then returns undefined.
  child.stdin.on("error", () => {});
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) =>
      reject(new CommandError(argv, -1, `could not be started: ${cause.message}`, { cause })),
    );
  });
  const handles = [child, child.stdin, child.stdout, child.stderr] as unknown as readonly NodeJS.RefCounted[];
  return {
    send: (line) => void child.stdin.write(`${line}\n`),
    nextLine: async () => {
      const { done, value } = await lines.next();
      return done === true ? undefined : value;
    },
    keepAlive: (wanted) => {
      for (const handle of handles) wanted ? handle.ref() : handle.unref();
    },
    kill: () => void child.kill("SIGKILL"),
    ended,
  };
}
