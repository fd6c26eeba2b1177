import { join, resolve } from "node:path";
import { type Job, type Outcome, runJob } from "../../app/job.ts";
import type { Session } from "../../app/session/session.ts";
import { checklistSettings, checkSettings, keepSettings } from "../../config/settings/checks.ts";
import { listSettingNames } from "../../config/settings.ts";
import { MonstackError, UserError } from "../../lib/errors.ts";
import { renderTerminal } from "../../report/terminal.ts";
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

interface TraceFlags {
  readonly trace?: string;
}

interface StartFlags extends TraceFlags {
  readonly keep?: boolean;
  readonly replace?: boolean;
}

interface WatchFlags extends TraceFlags {
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

/** Flags of the commands that start a stack. */
const startFlags: readonly Flag[] = [
  { term: "--replace", help: "First take down what an earlier run left behind" },
  { term: "--keep", help: "Leave everything running after a failure, to inspect it" },
  traceFlag,
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
  read: (flags: StartFlags) => createJob("run", flags),
  run: (call, job) => runInSession(call, job, { changesStack: true }),
});

export const upCommand = defineCommand({
  name: "up",
  summary: "install k3s, deploy the stack and wait until it is ready; leave it running",
  flags: startFlags,
  settings: orderSettings(planSettings, ["report-dir"], listNames(keepSettings)),
  examples: [
    ["monstack up", "Grafana at http://localhost:3000, Prometheus at :9090"],
    ["monstack up --replace --grafana-port 3001", "instead of the stack that an earlier run left"],
  ],
  read: (flags: StartFlags) => createJob("up", flags),
  run: (call, job) => runInSession(call, job, { changesStack: true }),
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
  ],
  settings: orderSettings(
    commonSettings,
    ["profile", "namespace", "report-dir", "verify-timeout"],
    listNames(checkSettings),
    listNames(checklistSettings),
  ),
  examples: [
    ["monstack verify --skip 'grafana-*=not ours'", "without the checks of Grafana"],
    ["monstack verify --watch --every 1m --for 1h", "once a minute for an hour"],
  ],
  read: (flags: WatchFlags) => ({ ...createJob("verify", flags), watch: readWatchOptions(flags) }),
  run: (call, job) => runInSession(call, job, { isOffline: true }),
});

export const downCommand = defineCommand({
  name: "down",
  summary: "take everything away that `up` made, and prove that nothing is left",
  settings: orderSettings(
    commonSettings,
    ["report-dir", "verify-timeout", "kubeconfig", "helm-path", "k3s-path", "k3s-args"],
    listNames(keepSettings),
    listNames(checkSettings),
  ),
  examples: [["monstack down --keep-data", "the volumes stay"]],
  read: () => createJob("down"),
  run: (call, job) => runInSession(call, job, { isOffline: true, changesStack: true }),
});

export const checklistCommand = defineCommand({
  name: "checklist",
  summary: "judge the eight points of the production checklist on the stack that `up` left running",
  settings: orderSettings(
    commonSettings,
    ["report-dir", "checks", "skip", "verify-timeout"],
    listNames(checklistSettings),
  ),
  examples: [["monstack checklist --backups ./backups", "with the evidence of a backup"]],
  read: () => createJob("checklist"),
  run: (call, job) => runInSession(call, job),
});

/**
 * Prints the results of a job.
 * @returns the job's exit code
 * @throws the job's error if it is a bug
 */
export function printOutcome(session: Session, { exitCode, results, error }: Outcome, print: Print): number {
  // An error that a user can fix was reported when it happened; a bug keeps its stack.
  if (error !== undefined && !(error instanceof MonstackError)) throw error;
  print(renderTerminal(results));
  print(`report: ${join(session.loaded.config.reportDir, "results.json")}\n`);
  return exitCode;
}

/** Returns the job for a command's mode and flags. */
function createJob(mode: Job["mode"], { keep = false, replace = false, trace }: StartFlags = {}): Job {
  const traceFile = trace === undefined ? undefined : resolve(trace);
  return { mode, verifyAfterUp: false, keepOnFailure: keep, replace, traceFile };
}

/** Runs a job in a session and prints its outcome. */
async function runInSession(
  { withSession, print }: Call,
  job: Job,
  options?: SessionOptions,
): Promise<number> {
  return await withSession(async (session) => printOutcome(session, await runJob(session, job), print), {
    ...options,
    ...(job.traceFile === undefined ? {} : { writes: job.traceFile }),
  });
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
