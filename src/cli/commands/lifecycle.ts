import { join, resolve } from "node:path";
import { type Job, type Outcome, runJob } from "../../app/job.ts";
import type { Session } from "../../app/session/session.ts";
import { checklistSettings, checkSettings, keepSettings } from "../../config/settings/checks.ts";
import { listSettingNames } from "../../config/settings.ts";
import { MonstackError, UserError } from "../../lib/errors.ts";
import { type Detail, listTerminalLines } from "../../report/terminal.ts";
import { summarizeVerdict } from "../../report/verdict.ts";
import { formatResults, reportFiles } from "../../report/write.ts";
import {
  type Call,
  commonSettings,
  defineCommand,
  type Flag,
  listNames,
  orderSettings,
  type Print,
  parseDurationFlag,
  planSettings,
  type SessionOptions,
} from "../command.ts";
import { reportToGithub } from "../github-report.ts";

/** Flags that every command has that runs a job. */
interface JobFlags {
  readonly trace?: string;
  readonly output?: OutputFormat;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

interface StartFlags extends JobFlags {
  readonly keep?: boolean;
  readonly replace?: boolean;
}

interface WatchFlags extends JobFlags {
  readonly watch?: boolean;
  /** Milliseconds. */
  readonly every?: number;
  /** Milliseconds. */
  readonly for?: number;
}

const traceFlag: Flag = {
  term: "--trace <FILE>",
  help: "Write where the time went, for Perfetto, chrome://tracing or speedscope",
  completion: "files",
};

const outputFormats = ["text", "json", "ndjson"] as const;
type OutputFormat = (typeof outputFormats)[number];

const outputFlag: Flag = {
  term: "--output <FORMAT>",
  help: "What stdout gets: text (the default), json (the results, at the end), ndjson (events, one per line)",
  parse: parseOutputFormat,
  completion: outputFormats,
};

/** Flags of the commands that start a stack. */
const startFlags: readonly Flag[] = [
  { term: "--replace", help: "First take down what an earlier run left behind" },
  { term: "--keep", help: "Leave everything running after a failure, to inspect it" },
  traceFlag,
  outputFlag,
];

const defaultEveryMs = 30_000;

export const runCommand = defineCommand({
  name: "run",
  summary: "up, verify and down in one: from nothing to a verified stack, and nothing left",
  flags: startFlags,
  settings: listSettingNames(),
  examples: [
    ["monstack run", "the default stack: about half a minute"],
    ["monstack run --profile production --report-dir out", "with the production checklist"],
    ["monstack run --keep", "after a failure the stack stays; `monstack down` removes it"],
    ["monstack run --trace trace.json", "where the time went; https://ui.perfetto.dev opens the file"],
  ],
  read: (flags: StartFlags) => createJobInput("run", flags),
  run: (call, input) => runInSession(call, input, { changesStack: true }),
});

export const upCommand = defineCommand({
  name: "up",
  summary: "install k3s, deploy the stack and wait until it is ready; leave it running",
  flags: startFlags,
  settings: orderSettings(planSettings, ["report-dir", "reporter"], listNames(keepSettings)),
  examples: [
    ["monstack up", "Grafana at http://localhost:3000, Prometheus at :9090"],
    ["monstack up --replace --grafana-port 3001", "instead of the stack that an earlier run left"],
  ],
  read: (flags: StartFlags) => createJobInput("up", flags),
  run: (call, input) => runInSession(call, input, { changesStack: true }),
});

export const verifyCommand = defineCommand({
  name: "verify",
  summary: "check the stack that `up` left running",
  flags: [
    { term: "--watch", help: "Check again, round after round, until Ctrl-C; 1 if any round failed" },
    {
      term: "--every <TIME>",
      help: "With --watch: from the start of one round to the start of the next; default 30s",
      parse: parseDurationFlag,
    },
    { term: "--for <TIME>", help: "With --watch: start no round after this time", parse: parseDurationFlag },
    traceFlag,
    outputFlag,
  ],
  settings: orderSettings(
    commonSettings,
    ["profile", "namespace", "report-dir", "reporter", "verify-timeout"],
    listNames(checkSettings),
    listNames(checklistSettings),
  ),
  examples: [
    ["monstack verify --skip 'grafana-*=not ours'", "without the checks of Grafana"],
    ["monstack verify --watch --every 1m --for 1h", "once a minute for an hour"],
  ],
  read: (flags: WatchFlags) => createJobInput("verify", flags, { watch: readWatchOptions(flags) }),
  run: (call, input) => runInSession(call, input, { isOffline: true }),
});

export const downCommand = defineCommand({
  name: "down",
  summary: "take everything away that `up` made, and prove that nothing is left",
  flags: [outputFlag],
  settings: orderSettings(
    commonSettings,
    ["report-dir", "reporter", "verify-timeout", "kubeconfig", "helm-path", "k3s-path", "k3s-args"],
    listNames(keepSettings),
    listNames(checkSettings),
  ),
  examples: [["monstack down --keep-data", "the volumes stay"]],
  read: (flags: JobFlags) => createJobInput("down", flags),
  run: (call, input) => runInSession(call, input, { isOffline: true, changesStack: true }),
});

export const checklistCommand = defineCommand({
  name: "checklist",
  summary: "judge the eight points of the production checklist on the stack that `up` left running",
  flags: [outputFlag],
  settings: orderSettings(
    commonSettings,
    ["report-dir", "reporter", "checks", "skip", "verify-timeout"],
    listNames(checklistSettings),
  ),
  examples: [["monstack checklist --backups ./backups", "with the evidence of a backup"]],
  read: (flags: JobFlags) => createJobInput("checklist", flags),
  run: (call, input) => runInSession(call, input),
});

/**
 * Prints the results of a job as text.
 * @returns the job's exit code
 * @throws the job's error if it is a bug
 */
export function printOutcome(
  session: Session,
  outcome: Outcome,
  print: Print,
  detail: Detail = "normal",
): number {
  throwBug(outcome);
  for (const { text, tone } of listTerminalLines(outcome.results, detail)) print(`${text}\n`, tone);
  const { reportDir, reporters } = session.loaded.config;
  print(`report: ${join(reportDir, reporters.includes("html") ? reportFiles.html : "results.json")}\n`);
  return outcome.exitCode;
}

/** Throws what ended a job if it is a bug, which keeps its stack. An error that a user can fix was reported when it happened. */
function throwBug({ error }: Outcome): void {
  if (error !== undefined && !(error instanceof MonstackError)) throw error;
}

/** A job, and how its outcome is printed. */
interface JobInput {
  readonly job: Job;
  readonly output: OutputFormat;
  readonly detail: Detail;
}

/** Returns the job for a command's mode and flags. */
function createJobInput(
  mode: Job["mode"],
  { keep = false, replace = false, trace, output = "text", quiet, verbose }: StartFlags,
  others: Partial<Job> = {},
): JobInput {
  if (quiet && verbose) throw new UserError("--quiet and --verbose contradict each other: give one of them");
  const traceFile = trace === undefined ? undefined : resolve(trace);
  const job = { mode, verifyAfterUp: false, keepOnFailure: keep, replace, traceFile, ...others };
  return { job, output, detail: quiet ? "quiet" : verbose ? "verbose" : "normal" };
}

/** Runs a job in a session and prints its outcome. */
async function runInSession(
  { withSession, print, printJson, createHost, writeCommand }: Call,
  { job, output, detail }: JobInput,
  options?: SessionOptions,
): Promise<number> {
  const work = async (session: Session) => {
    const outcome = await runJob(session, job);
    // The file of the summary is outside of what the session's host may read.
    if (session.loaded.config.reporters.includes("github"))
      await reportToGithub({ ...session.context, host: await createHost() }, outcome.results, writeCommand);
    if (output === "text") return printOutcome(session, outcome, print, detail);
    throwBug(outcome);
    if (output === "json") printJson(formatResults(outcome.results));
    else emitVerdict(session, outcome);
    return outcome.exitCode;
  };
  return await withSession(work, {
    ...options,
    writesEvents: output === "ndjson",
    ...(job.traceFile === undefined ? {} : { writes: job.traceFile }),
  });
}

/** Passes the verdict to the program that reads the run's events. */
function emitVerdict({ context, loaded }: Session, { results, exitCode }: Outcome): void {
  const { mode, verified, endedAt } = results;
  const { text } = summarizeVerdict(results);
  const report = loaded.config.reportDir;
  context.log.onEvent?.({ event: "verdict", at: endedAt, mode, verified, exitCode, text, report });
}

/**
 * Returns the format of `--output`.
 * @throws UserError if there is no such format
 */
function parseOutputFormat(text: string, flag: string): OutputFormat {
  const format = outputFormats.find((known) => known === text);
  if (format !== undefined) return format;
  throw new UserError(`${flag}: ${text} is not a format; expected one of: ${outputFormats.join(", ")}`);
}

/**
 * Returns the options of `--watch`; undefined without the flag.
 * @throws UserError for a flag that needs `--watch`
 */
function readWatchOptions({ watch = false, every, for: forMs }: WatchFlags): Job["watch"] {
  if (watch) return { everyMs: every ?? defaultEveryMs, forMs };
  const [misplacedFlag] = [
    ...(every === undefined ? [] : ["--every"]),
    ...(forMs === undefined ? [] : ["--for"]),
  ];
  if (misplacedFlag !== undefined) throw new UserError(`${misplacedFlag} belongs to \`verify --watch\``);
  return undefined;
}
