import { join } from "node:path";
import type { Context, PipedProcess } from "../host/host.ts";
import { describeError, InstallError } from "../lib/errors.ts";
import type {
  AnswerOf,
  Judge,
  Kind,
  ProgramLine,
  ProgramRequest,
  RequestOf,
  UpstreamError,
} from "./protocol.ts";

/** The paths of the process' script and program. */
export interface UpstreamProgram {
  /** Absolute path of dist/upstream.js. */
  readonly script: string;
  /** Absolute path of the folder that has upstream.wasm.zst and wasm_exec.js. */
  readonly folder: string;
}

/** Returns the paths of the judge's files in a folder. */
export function getProgram(dist: string): UpstreamProgram {
  return { script: join(dist, "upstream.js"), folder: dist };
}

interface JudgeLimits {
  /** Milliseconds until the process must be ready. */
  readonly startMs: number;
  /** Milliseconds for one item. */
  readonly itemMs: number;
  /** Maximum characters of all texts of an item. A file in a cluster has at most 1 MiB. */
  readonly characters: number;
  /** Maximum characters of one expression. Nobody writes longer ones. */
  readonly expressionCharacters: number;
  /** Maximum number of WebAssembly pages, each of 64 KiB. */
  readonly memoryPages: number;
  /** The number of items that may crash the process. After that, further items are not judged. */
  readonly mishaps: number;
}

const defaultLimits: JudgeLimits = {
  startMs: 120_000,
  itemMs: 60_000,
  characters: 4 * 1024 ** 2,
  expressionCharacters: 64 * 1024,
  memoryPages: 8192,
  mishaps: 3,
};

/** The process could not be started, so nothing was judged. */
export class JudgeUnavailable extends InstallError {}

/** V8's flags for a start that takes little time and memory. */
const flags = ["--liftoff-only", "--wasm-lazy-validation", "--max-old-space-size=256"];

/** KiB of stack. WebAssembly's calls use it, and a long expression is a deep tree. V8 gets most of it. */
const stackKiB = 64 * 1024;

/** The part of the stack that is not V8's. */
const reservedStackKiB = 4096;

/** Limit for the process' CPU time. It ends an endless loop. */
const cpuSeconds = 300;

/**
 * Returns the judge of a session. Its process starts with the first request, and starts again if an item crashed it.
 * Requests are handled one after the other.
 */
export function createJudge(
  context: Pick<Context, "host" | "signal">,
  program: UpstreamProgram,
  limits: JudgeLimits = defaultLimits,
): Judge {
  let runningProcess: PipedProcess | undefined;
  let crashes = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const endProcess = () => {
    runningProcess?.kill();
    runningProcess = undefined;
  };

  const askAll = async <K extends Kind>(
    kind: K,
    items: readonly RequestOf<K>[],
  ): Promise<readonly AnswerOf<K>[]> => {
    const answers: AnswerOf<K>[] = [];
    const addRefusal = (message: string) =>
      answers.push(createRefusal(items[answers.length], message) as AnswerOf<K>);
    while (answers.length < items.length) {
      const sizeError = describeExcess(kind, items[answers.length], limits);
      const tooManyCrashes =
        crashes < limits.mishaps ? undefined : `the program that judges was ended ${crashes} times before`;
      if (sizeError !== undefined || tooManyCrashes !== undefined) {
        addRefusal(`not judged: ${sizeError ?? tooManyCrashes}`);
        continue;
      }
      const batch = takeBatch(kind, items.slice(answers.length), limits);
      runningProcess ??= await startProcess(context, program, limits);
      const outcome = await judgeBatch(context, runningProcess, { kind, items: batch }, limits.itemMs);
      answers.push(...(outcome.answers as AnswerOf<K>[]));
      if (outcome.ended === undefined) continue;
      endProcess();
      if (outcome.ended === "idle") continue;
      crashes++;
      addRefusal(`not judged: ${outcome.ended}`);
    }
    return answers;
  };

  return {
    ask: (kind, items) => {
      const result = queue.then(async () => {
        if (items.length === 0) return [];
        runningProcess?.keepAlive(true);
        try {
          return await askAll(kind, items);
        } catch (error) {
          endProcess();
          throw error;
        } finally {
          runningProcess?.keepAlive(false);
        }
      });
      queue = result.catch(() => {});
      return result;
    },
    close: async () => {
      const closingProcess = runningProcess;
      // monstack must not exit before that process has ended.
      closingProcess?.keepAlive(true);
      endProcess();
      await closingProcess?.ended;
    },
  };
}

/**
 * Returns the started process of the judge once it is ready. The process gets only PATH from the environment, and
 * limits for memory, stack and CPU time.
 * @throws JudgeUnavailable if it can't be started or is not ready in time
 */
async function startProcess(
  context: Pick<Context, "host" | "signal">,
  { script, folder }: UpstreamProgram,
  limits: JudgeLimits,
): Promise<PipedProcess> {
  const { host } = context;
  const argv = [
    process.execPath,
    ...flags,
    `--stack-size=${stackKiB - reservedStackKiB}`,
    `--wasm-max-mem-pages=${limits.memoryPages}`,
    script,
    folder,
  ] as [string, ...string[]];
  const PATH = host.env["PATH"] ?? "/usr/bin:/bin";
  const createUnavailableError = (why: string, cause?: unknown) =>
    new JudgeUnavailable(`the program that judges rules and configurations could not be started: ${why}`, {
      fix: "allow monstack to start Node.js as a process of its own, and give it 512 MiB of memory",
      ...(cause === undefined ? {} : { cause }),
    });
  const startedProcess = await host
    .startPiped(argv, { env: { PATH }, cpuSeconds, stackKiB })
    .catch((cause: unknown) => {
      throw createUnavailableError(describeError(cause), cause);
    });
  const line = await readLineWithin(context, startedProcess, limits.startMs);
  if (line !== "late" && line !== undefined && "ready" in parseLine(line)) return startedProcess;
  startedProcess.kill();
  throw createUnavailableError(
    line === "late"
      ? `it was not ready within ${formatSeconds(limits.startMs)}`
      : await readLastOutput(startedProcess),
  );
}

interface BatchOutcome {
  readonly answers: readonly unknown[];
  /** Why there is no answer for the next item; `idle`: the process had ended before, because it had no requests for a while. */
  readonly ended?: string;
}

/**
 * Sends one batch of items to the process and returns its answers. If the process ends or takes too long, the answers
 * up to then are returned with the reason.
 */
async function judgeBatch(
  context: Pick<Context, "host" | "signal">,
  running: PipedProcess,
  request: ProgramRequest,
  itemMs: number,
): Promise<BatchOutcome> {
  const answers: unknown[] = [];
  running.send(JSON.stringify(request));
  while (answers.length < request.items.length) {
    const line = await readLineWithin(context, running, itemMs);
    if (line === "late") return { answers, ended: `it took longer than ${formatSeconds(itemMs)}` };
    if (line === undefined) {
      const { exitCode } = await running.ended;
      if (exitCode === 0 && answers.length === 0) return { answers, ended: "idle" };
      return { answers, ended: `the program that judges ended: ${await readLastOutput(running)}` };
    }
    const parsed = parseLine(line);
    if (!("answer" in parsed))
      throw new Error(`unexpected line from the judging program: ${line.slice(0, 200)}`);
    answers.push(replaceFailure(request.items[answers.length], parsed.answer));
  }
  return { answers };
}

/** Returns the answer, or an error if the program could not judge the item. */
function replaceFailure(item: unknown, answer: unknown): unknown {
  const { failure } = answer as { failure?: string };
  return failure === undefined ? answer : createRefusal(item, `not judged: ${failure}`);
}

/** Returns the answer for an item that was not judged: an error about its whole text. */
function createRefusal(item: unknown, message: string): { readonly errors: readonly UpstreamError[] } {
  const { text = "" } = (item ?? {}) as { text?: string };
  return { errors: [{ message, line: 1, column: 1, from: 0, to: text.length }] };
}

/** Returns why an item is too large to be judged; undefined if it is not. */
function describeExcess(kind: Kind, item: unknown, limits: JudgeLimits): string | undefined {
  const maximum = kind === "expression" ? limits.expressionCharacters : limits.characters;
  const size = countCharacters(item);
  if (size <= maximum) return undefined;
  return `${size} characters are more than the ${maximum} that are judged`;
}

/** Returns the items for one line to the process: at least one, and as many as fit into the limit for one item. */
function takeBatch<T>(kind: Kind, items: readonly T[], limits: JudgeLimits): T[] {
  let size = 0;
  const nextIndex = items.findIndex((item, index) => {
    size += countCharacters(item);
    return index > 0 && (size > limits.characters || describeExcess(kind, item, limits) !== undefined);
  });
  return items.slice(0, nextIndex === -1 ? items.length : nextIndex);
}

/** Returns the number of characters of all texts in a value. */
function countCharacters(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, innerValue) => sum + countCharacters(innerValue), 0);
}

function parseLine(line: string): ProgramLine {
  return JSON.parse(line) as ProgramLine;
}

/**
 * Returns the next line of the process; undefined if the process ended, `late` if the time is over.
 * @throws Interrupted when the session is interrupted
 */
async function readLineWithin(
  { host, signal }: Pick<Context, "host" | "signal">,
  running: PipedProcess,
  ms: number,
): Promise<string | undefined | "late"> {
  const received = new AbortController();
  const timeout = host.sleep(ms, AbortSignal.any([signal, received.signal])).then(
    () => "late" as const,
    (error: unknown) => {
      if (signal.aborted) throw error;
      return undefined;
    },
  );
  try {
    return await Promise.race([running.nextLine(), timeout]);
  } finally {
    received.abort();
  }
}

/** Returns how the process ended, with the line of its output that names the reason. */
async function readLastOutput({ ended }: PipedProcess): Promise<string> {
  const { exitCode, signal, errorOutput: output } = await ended;
  const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
  const message = output.split("\n").find((line) => /error|fatal|panic|memory/i.test(line));
  return message === undefined ? how : `${how}: ${message.slice(0, 300)}`;
}

function formatSeconds(ms: number): string {
  return `${ms / 1000} s`;
}

/** The versions of the releases whose code judges. `upstream/go.mod` names the same releases as Go modules; a test compares both. */
export const judgedBy = { prometheus: "3.14.0", alertmanager: "0.34.0" } as const;
