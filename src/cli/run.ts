import { fstatSync } from "node:fs";
import { join, resolve } from "node:path";
import { inspect } from "node:util";
import { type Job, type Outcome, runJob } from "../app/job.ts";
import { openSession } from "../app/session/open.ts";
import type { Session } from "../app/session/session.ts";
import { version } from "../app/session/version.ts";
import { createHost } from "../host/create.ts";
import type { Logger } from "../host/logger.ts";
import { exitCode, MonstackError } from "../lib/errors.ts";
import { sanitizeText } from "../lib/sanitize.ts";
import { renderTerminal } from "../report/terminal.ts";
import { withPrivateCache } from "../sources/cache-folders.ts";
import { programIn } from "../upstream/judge.ts";
import { type CommandLine, parseCommandLine } from "./args.ts";
import { backup, restore } from "./backup.ts";
import { createBundle, readOut } from "./bundle.ts";
import { cache } from "./cache.ts";
import { doctor } from "./doctor.ts";
import { helpText } from "./help.ts";
import { lock } from "./lock.ts";
import { createTerminalLogger } from "./logger.ts";
import { plan } from "./plan.ts";
import { rbac } from "./rbac.ts";

/** Who calls: the process' own surroundings, or a test's. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Of a terminal. */
  readonly columns?: (() => number) | undefined;
}

/**
 * The CLI: reads the command line, does the job, and returns the exit code. Results go to stdout, progress to stderr.
 * `bundle` is the folder that forward.js is in.
 */
export async function runCli(
  argv: readonly string[],
  bundle: string,
  around: Surroundings = ownSurroundings(),
): Promise<number> {
  const log = createTerminalLogger({
    verbose: argv.includes("--verbose") || argv.includes("-v"),
    startedAt: Date.now(),
    write: around.stderr,
    columns: around.columns,
    isOnGitHub: isReadByRunner(around.env),
  });
  process.on("uncaughtException", (error) => process.exit(explain(log, error)));
  const print: Print = (text) => {
    around.stdout(sanitizeText(log.redactor.message(text)));
    return 0;
  };
  try {
    return await runCommand(parseCommandLine(argv), { log, bundle, around, print });
  } catch (error) {
    return explain(log, error);
  }
}

interface Call {
  readonly log: Logger;
  readonly bundle: string;
  readonly around: Surroundings;
  readonly print: Print;
}

async function runCommand(line: CommandLine, call: Call): Promise<number> {
  const { print } = call;
  if (line.command === "help") return print(helpText());
  if (line.command === "version") return print(`monstack ${version}\n`);
  const asked = line.bundle;
  if (asked && asked.action !== "create")
    return await readOut(await createHost(call.around.env), asked, print);
  const session = await open(line, call);
  return await runInSession(session, line, line.command, print).finally(() => session.judge.close());
}

async function runInSession(
  session: Session,
  line: CommandLine,
  command: Exclude<CommandLine["command"], "help" | "version">,
  print: Print,
): Promise<number> {
  if (command === "cache") return await cache(session, line.cache, print);
  if (command === "plan") return await plan(session, { ...line.plan, verbose: line.verbose }, print);
  if (command === "lock") return await lock(session, line.lock, print);
  if (command === "rbac") return print(await rbac(session, line.rbac));
  if (command === "doctor") return await doctor(session, print);
  if (command === "backup") return await backup(session, line.output, print);
  if (command === "restore") return await restore(session, line.file ?? "", print);
  if (command === "bundle")
    return await createBundle(session, line.bundle?.file ?? "", print, (outcome) =>
      conclude(session, outcome, print),
    );
  const outcome = await runJob(session, jobOf(line, command));
  return conclude(session, outcome, print);
}

function jobOf(line: CommandLine, mode: Job["mode"]): Job {
  const { keep: keepOnFailure, replace, watch } = line;
  return { mode, verifyAfterUp: false, keepOnFailure, replace, watch };
}

async function open(line: CommandLine, { log, bundle, around }: Call): Promise<Session> {
  const host = await withPrivateCache(await createHost(around.env), log);
  return await openSession(
    { host, log, signal: onInterrupt(log, line) },
    {
      cwd: around.cwd,
      file: line.config,
      flags: line.settings,
      // A stack must be able to go, whoever calls.
      fetches: !["down", "verify", "cache"].includes(line.command),
      named: [line.output, line.bundle?.file].filter((one) => one !== undefined).map((one) => resolve(one)),
      forwardScript: join(bundle, "forward.js"),
      upstreamProgram: programIn(bundle),
    },
  );
}

/** The first Ctrl-C ends the job and tears down what it began; the second one ends monstack at once. */
function onInterrupt(log: Logger, { command }: CommandLine): AbortSignal {
  const controller = new AbortController();
  const changes = command === "bundle" || command === "run" || command === "up" || command === "down";
  const interrupt = () => {
    if (controller.signal.aborted) {
      log.error(`interrupted again${changes ? ": what is left can be taken away with `monstack down`" : ""}`);
      process.exit(exitCode.interrupted);
    }
    log.warn(`interrupted: ${changes ? "tearing down" : "ending"} (once more ends monstack at once)`);
    controller.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return controller.signal;
}

function conclude(session: Session, { exitCode: code, results, error }: Outcome, print: Print): number {
  // What a user can fix was told when it happened; a bug keeps its stack.
  if (error !== undefined && !(error instanceof MonstackError)) throw error;
  print(renderTerminal(results));
  print(`report: ${join(session.loaded.config.reportDir, "results.json")}\n`);
  return code;
}

/** @returns the exit code that belongs to the error */
function explain(log: Logger, error: unknown): number {
  if (!(error instanceof MonstackError)) {
    log.error(inspect(error));
    return crashed;
  }
  log.error(error.message);
  if (error.fix !== undefined) log.info(`to fix it: ${error.fix}`);
  return error.exitCode;
}

/** Writes a result, without secrets and without anything that a terminal or a runner obeys. */
type Print = (text: string) => 0;

/** What Node itself ends with after an error that nobody caught. */
const crashed = 1;

/** In a file a secret that is to be masked would only be written down. */
function isReadByRunner(env: Surroundings["env"]): boolean {
  if (env["GITHUB_ACTIONS"] !== "true") return false;
  try {
    return !fstatSync(process.stderr.fd).isFile();
  } catch {
    return false;
  }
}

function ownSurroundings(): Surroundings {
  const { env, stdout, stderr } = process;
  return {
    cwd: process.cwd(),
    env,
    stdout: (text) => void stdout.write(text),
    stderr: (text) => void stderr.write(text),
    columns: stderr.isTTY ? () => stderr.columns || 80 : undefined,
  };
}
