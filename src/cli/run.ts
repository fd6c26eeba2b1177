import { fstatSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "node:util";
import { openSession } from "../app/session/open.ts";
import { createHost } from "../host/create.ts";
import type { Logger } from "../host/logger.ts";
import { describeError, exitCode, MonstackError } from "../lib/errors.ts";
import { sanitizeJson, sanitizeText } from "../lib/sanitize.ts";
import { explainSystemError } from "../lib/system-errors.ts";
import { withPrivateCache } from "../sources/cache-folders.ts";
import { getProgram } from "../upstream/judge.ts";
import type { Call, Print } from "./command.ts";
import { completeWords } from "./complete-words.ts";
import { paint, paintNothing, readDisplay, toAscii } from "./display.ts";
import { writeEvents } from "./events.ts";
import type { TerminalStream } from "./live-view.ts";
import { createTerminalLogger, type TerminalLogger } from "./logger.ts";
import { type CommandLine, parseCommandLine } from "./program.ts";

/** The environment of the CLI: that of the process, or of a test. */
interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** The terminal that stderr is; undefined if it is a file or a pipe. */
  readonly terminal?: TerminalStream | undefined;
  readonly isStdoutTerminal?: boolean;
}

/** Node's own exit code after an uncaught error. */
const crashExitCode = 1;

/**
 * Runs the CLI: reads the command line, runs the command, and returns the exit code. Results go to stdout, progress to stderr.
 * @param bundle the folder of forward.js
 */
export async function runCli(
  argv: readonly string[],
  bundle: string,
  surroundings: Surroundings = processSurroundings(),
): Promise<number> {
  const log = await openLogger(argv, surroundings);
  const crashes = handleCrashes(log);
  const removeView = () => log.close();
  process.once("exit", removeView);
  const print = createPrint(log, surroundings);
  try {
    if (argv[0] === "__complete") {
      print(await completeWords(argv.slice(1), surroundings));
      return exitCode.verified;
    }
    const line = parseCommandLine(argv, print);
    return line
      ? await line.run(createCall(line, { log, bundle, surroundings, print, crashes }))
      : exitCode.verified;
  } catch (error) {
    return reportError(log, error);
  } finally {
    removeView();
    process.off("exit", removeView);
  }
}

/** Returns the logger for the terminal or the log that stderr is. Flags are read before the command line is parsed. */
async function openLogger(
  argv: readonly string[],
  { env, stderr, terminal }: Surroundings,
): Promise<TerminalLogger> {
  const has = (...flags: string[]) => flags.some((flag) => argv.includes(flag));
  const detail = has("--quiet", "-q") ? "quiet" : has("--verbose", "-v") ? "verbose" : "normal";
  const display = terminal && readDisplay(env);
  const encode = display?.isUtf8 === false ? { encode: toAscii } : {};
  const options = { detail, startedAt: Date.now(), write: stderr, isOnGitHub: isReadByRunner(env) } as const;
  if (terminal === undefined || !display?.isRich) return createTerminalLogger({ ...options, ...encode });
  if (detail === "quiet") return createTerminalLogger({ ...options, ...encode, paint });
  // The library is loaded only where there is a terminal.
  const { createTerminalView } = await import("./live-view.ts");
  return createTerminalLogger({
    ...options,
    ...encode,
    paint,
    openView: (format) =>
      createTerminalView({
        stream: terminal,
        now: Date.now,
        format,
        paint,
        encode: (text) => text,
        ...encode,
      }),
  });
}

/** Returns the function that writes results to stdout. */
function createPrint(log: TerminalLogger, { env, stdout, isStdoutTerminal = false }: Surroundings): Print {
  const display = isStdoutTerminal ? readDisplay(env) : undefined;
  const encode = display?.isUtf8 === false ? toAscii : (text: string) => text;
  const paintResult = display?.isRich ? paint : paintNothing;
  return (text, tone) => {
    const safe = encode(sanitizeText(log.redactor.message(text)));
    log.writeAround(() => stdout(paintResult(safe, tone)));
  };
}

interface CallOptions {
  readonly log: TerminalLogger;
  readonly bundle: string;
  readonly surroundings: Surroundings;
  readonly print: Print;
  readonly crashes: CrashHandler;
}

/** Returns the functions of the CLI that a command uses. Sessions use the settings of the command line. */
function createCall(line: CommandLine, { log, bundle, surroundings, print, crashes }: CallOptions): Call {
  const { cwd, env } = surroundings;
  const printJson = (json: string) => log.writeAround(() => surroundings.stdout(sanitizeJson(json)));
  return {
    print,
    printJson,
    writeCommand: isReadByRunner(env)
      ? (command) => log.writeAround(() => surroundings.stderr(`${command}\n`))
      : undefined,
    createHost: () => createHost(env),
    createContext: async () => {
      const stop = new AbortController();
      abortOnInterrupt(log, stop, false);
      return { host: await createHost(env), log, signal: stop.signal };
    },
    withSession: async (
      work,
      { isOffline = false, changesStack = false, writes, writesEvents = false } = {},
    ) => {
      const host = await withPrivateCache(await createHost(env), log);
      const stop = new AbortController();
      abortOnInterrupt(log, stop, changesStack);
      const session = await openSession(
        { host, log: writesEvents ? writeEvents(log, printJson) : log, signal: stop.signal },
        {
          cwd,
          file: line.config,
          flags: line.settings,
          set: { flags: line.set },
          fetches: !isOffline,
          named: writes === undefined ? [] : [writes],
          forwardScript: join(bundle, "forward.js"),
          upstreamProgram: getProgram(bundle),
        },
      );
      if (changesStack) crashes.setJob(stop);
      return await work(session).finally(() => {
        crashes.setJob(undefined);
        session.judge.close();
      });
    },
  };
}

/** What happens after an error that no code handles, such as a rejected promise that nothing awaits. */
interface CrashHandler {
  /** Sets the job in progress that such an error aborts instead of ending the process; undefined if there is none. */
  setJob(job: AbortController | undefined): void;
}

/**
 * Handles errors that no other code handles. A job that changes the stack is aborted with the error: it tears down what it
 * started and reports the error. Without such a job the error is printed and the process exits.
 */
function handleCrashes(log: Logger): CrashHandler {
  let currentJob: AbortController | undefined;
  process.on("uncaughtException", (error) => {
    if (currentJob === undefined) process.exit(reportError(log, error));
    if (currentJob.signal.aborted) return log.debug(`after the run was ended: ${inspect(error)}`);
    log.warn(`ending the run after an error that was not handled: ${describeError(error)}`);
    currentJob.abort(error);
  });
  return {
    setJob: (job) => {
      currentJob = job;
    },
  };
}

/**
 * Aborts the controller at the first Ctrl-C. The job then tears down what it started. A second Ctrl-C ends monstack at
 * once.
 */
function abortOnInterrupt(log: Logger, stop: AbortController, changesStack: boolean): void {
  let isInterrupted = false;
  const interrupt = () => {
    if (isInterrupted) {
      const hint = changesStack ? ": what is left can be taken away with `monstack down`" : "";
      log.error(`interrupted again${hint}`);
      process.exit(exitCode.interrupted);
    }
    isInterrupted = true;
    log.warn(`interrupted: ${changesStack ? "tearing down" : "ending"} (once more ends monstack at once)`);
    stop.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
}

/**
 * Prints an error, with its stack if it is a bug.
 * @returns the exit code of the error
 */
function reportError(log: Logger, thrown: unknown): number {
  const error = explainSystemError(thrown);
  if (!(error instanceof MonstackError)) {
    log.error(inspect(error));
    return crashExitCode;
  }
  log.error(error.message);
  if (error.fix !== undefined) log.info(`to fix it: ${error.fix}`);
  return error.exitCode;
}

/**
 * True if GitHub's runner reads stderr and masks secrets in it. If stderr is a file, a command that masks a secret
 * would reveal it.
 */
function isReadByRunner(env: Surroundings["env"]): boolean {
  if (env["GITHUB_ACTIONS"] !== "true") return false;
  try {
    return !fstatSync(process.stderr.fd).isFile();
  } catch {
    return false;
  }
}

/** Returns the surroundings of the current process. */
function processSurroundings(): Surroundings {
  const { env, stdout, stderr } = process;
  return {
    cwd: process.cwd(),
    env,
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    terminal: stderr.isTTY ? stderr : undefined,
    isStdoutTerminal: stdout.isTTY,
  };
}
