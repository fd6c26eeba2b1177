import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CommandError } from "../lib/errors.ts";
import type { PipedEnd, PipedOptions, PipedProcess } from "./host.ts";

/** A limit of CPU time holds also when this process was killed and nobody else can end the other one. */
const script = 'ulimit -t "$1"; ulimit -s "$2"; shift 2; exec "$@"';

/** Characters of a process' standard error that are kept. */
const mostWords = 4_000;

/**
 * Starts a process that this one talks with line by line. Its input ends with this process, and so should it.
 * @throws CommandError when it can't be started
 */
export async function startPiped(
  argv: readonly [string, ...string[]],
  { env, cpuSeconds, stackKiB }: PipedOptions,
): Promise<PipedProcess> {
  const child = spawn("sh", ["-c", script, "sh", String(cpuSeconds), String(stackKiB), ...argv], {
    env: { ...env },
  });
  const ended = new Promise<PipedEnd>((resolve) => {
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (piece: string) => {
      words = (words + piece).slice(-mostWords);
    });
    child.on("close", (exitCode, signal) => resolve({ exitCode, signal, lastWords: words.trim() }));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  // It has ended: `nextLine` says so.
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
