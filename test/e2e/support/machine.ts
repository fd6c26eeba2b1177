import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
const lab = join(root, "lab", "lab");

export interface Finished {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** Both streams in the order in which they came. */
  output: string;
  seconds: number;
}

export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Seconds; the command is ended after it. Default 240. */
  timeout?: number;
}

/** Runs a command to its end. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return start(argv, options).finished;
}

/** Starts a command; `kill` sends a signal to its process group. */
export function start(argv: readonly string[], options: RunOptions = {}) {
  const [file = "", ...args] = argv;
  const began = Date.now();
  const child = spawn(file, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, signal);
  };
  const timer = setTimeout(() => kill("SIGKILL"), (options.timeout ?? 240) * 1000);
  const streams = { stdout: "", stderr: "", output: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      streams[name] += text;
      streams.output += text;
    });
  }
  const finished = new Promise<Finished>((done, failed) => {
    child.once("error", failed);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const exitCode = code ?? (signal === null ? -1 : 128);
      done({ exitCode, ...streams, seconds: (Date.now() - began) / 1000 });
    });
  });
  return { child, kill, finished, streams };
}

/** A fresh host of its own in the lab, with the mirror in it; ends with everything in it when disposed of. */
export interface Machine extends AsyncDisposable {
  /** A folder of the real file system that both sides see. */
  readonly folder: string;
  run(argv: readonly string[], options?: RunOptions): Promise<Finished>;
  start(argv: readonly string[], options?: RunOptions): ReturnType<typeof start>;
  /** `monstack ARGS...`, from dist/, with state and report in `folder`. */
  monstack(args: readonly string[], options?: RunOptions): Promise<Finished>;
  results(): Promise<ResultsFile>;
  /** From now on the mirror misbehaves so; an empty list ends it. */
  misbehave(faults: readonly MirrorFault[]): Promise<void>;
  /** What the mirror was asked since the last time. */
  asked(): Promise<MirrorRequest[]>;
}

/** For requests whose path begins with `prefix`; lab/cmd/mirror/faults.go has the kinds. */
export interface MirrorFault {
  readonly prefix: string;
  readonly kind:
    | "status"
    | "dead"
    | "stall"
    | "html"
    | "slow"
    | "truncate"
    | "wrong-bytes"
    | "redirect"
    | "missing-checksum"
    | "other-checksum"
    | "endless"
    | "gzip-bomb"
    | "bad-archive"
    | "rate-limit";
  readonly status?: number;
  /** With `redirect`. */
  readonly location?: string;
  /** With `bad-archive`. */
  readonly entry?: "dotdot" | "absolute" | "link";
  /** How often; without it: always. */
  readonly times?: number;
}

/** A line of the mirror's log. */
export interface MirrorRequest {
  readonly server: "web" | "registry";
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** What the tests read from results.json; the whole of it is src/report's. */
export interface ResultsFile {
  schemaVersion: number;
  verified: boolean;
  checks: { id: string; status: string; error?: string; seen?: string }[];
  phases: { name: string; startedAt: string; endedAt: string }[];
  versions: {
    tools: { name: string; version: string; sha256: string }[];
    charts: { chart: string; version: string; sha256?: string }[];
    dashboards: { revision?: number; sha256: string }[];
    imageDigests?: { image: string; digest: string }[];
  };
  profileSettings: { app: string; path: string; value: unknown; why: string }[];
  failure?: { message: string; workloads: { workload: string; reason: string }[] };
  causes: {
    id: string;
    what: string;
    how: string[];
    fix: string;
    at?: { file: string; line: number; column: number };
  }[];
  dashboards: {
    uid: string;
    panels: { id: number; title: string; status: string; why?: string; queries: string[] }[];
  }[];
  atEnd?: { verified: boolean; checks: { id: string; status: string; seen?: string }[] };
  teardown?: { leaks: { kind: string; what: string }[] };
}

/** @param flags of `lab up`: `--no-mirror` */
export async function startMachine(
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<Machine> {
  // Shorter than a hook may take: what goes on waiting behind a test that is over would hold the host for nobody.
  const all = { LAB_WAIT: process.env["LAB_WAIT"] ?? "100", ...env };
  const up = await run(["bash", lab, "up", ...flags], { env: all, timeout: Number(all.LAB_WAIT) + 600 });
  if (up.exitCode !== 0) throw new Error(`the lab's machine did not start:\n${up.output}`);
  const folder = await mkdtemp(join(tmpdir(), "monstack-e2e-"));
  const inside = (argv: readonly string[]) => ["bash", lab, "in", ...argv];
  const where = ["--state-dir", join(folder, "state"), "--report-dir", join(folder, "report")];
  const cli = join(root, "dist", "cli.js");
  return {
    folder,
    run: (argv, options) => run(inside(argv), options),
    start: (argv, options) => start(inside(argv), options),
    monstack: ([command = "", ...rest], options) =>
      run(inside([process.execPath, cli, command, ...where, ...rest]), { cwd: folder, ...options }),
    results: async () => JSON.parse(await readFile(join(folder, "report", "results.json"), "utf8")),
    misbehave: async (faults) => {
      const url = "http://203.0.113.1/_lab/faults";
      const put = await run(inside(["curl", "-sf", "-X", "PUT", "-d", JSON.stringify(faults), url]));
      if (put.exitCode !== 0) throw new Error(`the mirror took no faults:\n${put.output}`);
    },
    asked: async () => {
      const url = "http://203.0.113.1/_lab/requests";
      const { stdout } = await run(inside(["curl", "-sf", url]));
      await run(inside(["curl", "-sf", "-X", "DELETE", url]));
      return JSON.parse(stdout);
    },
    [Symbol.asyncDispose]: async () => {
      const down = await run(["bash", lab, "down"]);
      await rm(folder, { recursive: true, force: true });
      if (down.exitCode !== 0) throw new Error(`the lab's machine did not end well:\n${down.output}`);
    },
  };
}
