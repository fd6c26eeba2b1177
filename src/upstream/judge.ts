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

/** Returns their paths in dist/. */
export function getProgram(dist: string): UpstreamProgram {
  return { script: join(dist, "upstream.js"), folder: dist };
}

interface JudgeLimits {
  /** Until the process is ready. */
  readonly startMs: number;
  /** For one item. */
  readonly itemMs: number;
  /** Characters of all texts of an item. A file in a cluster has 1 MiB at most. */
  readonly characters: number;
  /** Characters of one expression; more than people write. */
  readonly expressionCharacters: number;
  /** WebAssembly pages of 64 KiB. */
  readonly memoryPages: number;
  /** Items that may crash the process. After that the rest is not judged. */
  readonly mishaps: number;
}

const usualLimits: JudgeLimits = {
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

const cpuSeconds = 300;

/** Makes the judge of a session. Its process starts with the first request. */
export function createJudge(
  context: Pick<Context, "host" | "signal">,
  program: UpstreamProgram,
  limits: JudgeLimits = usualLimits,
): Judge {
  let running: PipedProcess | undefined;
  let mishaps = 0;
  let queue: Promise<unknown> = Promise.resolve();

  const end = () => {
    running?.kill();
    running = undefined;
  };

  const askAll = async <K extends Kind>(
    kind: K,
    items: readonly RequestOf<K>[],
  ): Promise<readonly AnswerOf<K>[]> => {
    const answers: AnswerOf<K>[] = [];
    const refuse = (message: string) =>
      answers.push(toRefusal(items[answers.length], message) as AnswerOf<K>);
    while (answers.length < items.length) {
      const tooLong = sizeProblem(kind, items[answers.length], limits);
      const gaveUp =
        mishaps < limits.mishaps ? undefined : `the program that judges was ended ${mishaps} times before`;
      if (tooLong !== undefined || gaveUp !== undefined) {
        refuse(`not judged: ${tooLong ?? gaveUp}`);
        continue;
      }
      const batch = takeBatch(kind, items.slice(answers.length), limits);
      running ??= await start(context, program, limits);
      const outcome = await judgeBatch(context, running, { kind, items: batch }, limits.itemMs);
      answers.push(...(outcome.answers as AnswerOf<K>[]));
      if (outcome.ended === undefined) continue;
      end();
      if (outcome.ended === "idle") continue;
      mishaps++;
      refuse(`not judged: ${outcome.ended}`);
    }
    return answers;
  };

  return {
    ask: (kind, items) => {
      const asked = queue.then(async () => {
        if (items.length === 0) return [];
        running?.keepAlive(true);
        try {
          return await askAll(kind, items);
        } catch (error) {
          end();
          throw error;
        } finally {
          running?.keepAlive(false);
        }
      });
      queue = asked.catch(() => {});
      return asked;
    },
    close: async () => {
      const closing = running;
      // monstack must not exit before that process has ended.
      closing?.keepAlive(true);
      end();
      await closing?.ended;
    },
  };
}

async function start(
  context: Pick<Context, "host" | "signal">,
  { script, folder }: UpstreamProgram,
  limits: JudgeLimits,
): Promise<PipedProcess> {
  const { host } = context;
  const argv = [
    process.execPath,
    ...flags,
    `--stack-size=${stackKiB - 4096}`,
    `--wasm-max-mem-pages=${limits.memoryPages}`,
    script,
    folder,
  ] as [string, ...string[]];
  const PATH = host.env["PATH"] ?? "/usr/bin:/bin";
  const unavailable = (why: string, cause?: unknown) =>
    new JudgeUnavailable(`the program that judges rules and configurations could not be started: ${why}`, {
      fix: "allow monstack to start Node.js as a process of its own, and give it 512 MiB of memory",
      ...(cause === undefined ? {} : { cause }),
    });
  const started = await host
    .startPiped(argv, { env: { PATH }, cpuSeconds, stackKiB })
    .catch((cause: unknown) => {
      throw unavailable(describeError(cause), cause);
    });
  const line = await readLineWithin(context, started, limits.startMs);
  if (line !== "late" && line !== undefined && "ready" in parseLine(line)) return started;
  started.kill();
  throw unavailable(
    line === "late"
      ? `it was not ready within ${formatSeconds(limits.startMs)}`
      : await readLastOutput(started),
  );
}

interface BatchOutcome {
  readonly answers: readonly unknown[];
  /** Why there is no response for the next item; `idle`: the process had ended before, since it had no requests. */
  readonly ended?: string;
}

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
    answers.push(withFailure(request.items[answers.length], parsed.answer));
  }
  return { answers };
}

/** Returns the answer, or an error if the program could not judge the item. */
function withFailure(item: unknown, answer: unknown): unknown {
  const { failure } = answer as { failure?: string };
  return failure === undefined ? answer : toRefusal(item, `not judged: ${failure}`);
}

function toRefusal(item: unknown, message: string): { readonly errors: readonly UpstreamError[] } {
  const { text = "" } = (item ?? {}) as { text?: string };
  return { errors: [{ message, line: 1, column: 1, from: 0, to: text.length }] };
}

function sizeProblem(kind: Kind, item: unknown, limits: JudgeLimits): string | undefined {
  const most = kind === "expression" ? limits.expressionCharacters : limits.characters;
  const size = sizeOf(item);
  if (size <= most) return undefined;
  return `${size} characters are more than the ${most} that are judged`;
}

/** Returns the items for one line to the process: as many characters as one item may have, at least one item. */
function takeBatch<T>(kind: Kind, items: readonly T[], limits: JudgeLimits): T[] {
  let size = 0;
  const next = items.findIndex((item, index) => {
    size += sizeOf(item);
    return index > 0 && (size > limits.characters || sizeProblem(kind, item, limits) !== undefined);
  });
  return items.slice(0, next === -1 ? items.length : next);
}

function sizeOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, one) => sum + sizeOf(one), 0);
}

function parseLine(line: string): ProgramLine {
  return JSON.parse(line) as ProgramLine;
}

/** @throws Interrupted when the session is interrupted */
async function readLineWithin(
  { host, signal }: Pick<Context, "host" | "signal">,
  running: PipedProcess,
  ms: number,
): Promise<string | undefined | "late"> {
  const answered = new AbortController();
  const late = host.sleep(ms, AbortSignal.any([signal, answered.signal])).then(
    () => "late" as const,
    (error: unknown) => {
      if (signal.aborted) throw error;
      return undefined;
    },
  );
  try {
    return await Promise.race([running.nextLine(), late]);
  } finally {
    answered.abort();
  }
}

async function readLastOutput({ ended }: PipedProcess): Promise<string> {
  const { exitCode, signal, errorOutput: words } = await ended;
  const how = signal === null ? `exit code ${exitCode}` : `signal ${signal}`;
  const message = words.split("\n").find((line) => /error|fatal|panic|memory/i.test(line));
  return message === undefined ? how : `${how}: ${message.slice(0, 300)}`;
}

function formatSeconds(ms: number): string {
  return `${ms / 1000} s`;
}

/** The releases whose code judges, as their users know them. `upstream/go.mod` names their modules; a test compares them. */
export const judgedBy = { prometheus: "3.14.0", alertmanager: "0.34.0" } as const;
