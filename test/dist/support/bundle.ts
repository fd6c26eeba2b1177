import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";

// Built anew by each run of vitest, so that a test never shows yesterday's sources; scripts/check-dist.ts proves that dist/ is
// the same.
const root = join(import.meta.dirname, "../../..");
export const dist = join(inject("bundleFolder"), "dist");
// Test files run in several processes. Each builds into a folder of its own, and the first to be ready names it.
if (!existsSync(dist)) {
  const own = join(inject("bundleFolder"), `${process.pid}`);
  execFileSync(join(root, "node_modules/.bin/rolldown"), ["-c", "--dir", own, "--logLevel", "silent"], {
    cwd: root,
    stdio: "ignore",
  });
  await writeFile(join(own, "package.json"), '{"type": "module"}');
  await rename(own, dist).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    await rm(own, { recursive: true });
  });
}

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Place {
  readonly cwd: string;
  /** Besides PATH, the whole environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds until it is killed; default 60,000. */
  readonly timeoutMs?: number;
}

/** Starts a file of the bundle as users and runners do: a process of its own with an environment of its own. */
export function startBundle(
  file: "cli.js" | "main.js" | "post.js" | "forward.js",
  args: readonly string[],
  { cwd, env = {}, timeoutMs = 60_000 }: Place,
): { readonly child: ChildProcess; readonly finished: Promise<Finished> } {
  const child = spawn(process.execPath, [join(dist, file), ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
  const streams = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      streams[name] += text;
    });
  }
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode) => resolve({ exitCode, ...streams }));
  });
  return { child, finished };
}

/** An empty folder with a home in it. */
export async function emptyPlace() {
  const cwd = await realpath(await mkdtemp(join(tmpdir(), "monstack-dist-")));
  const home = join(cwd, "home");
  await mkdir(home);
  const env = { HOME: home };
  return {
    cwd,
    env,
    monstack: async (...args: string[]) =>
      steady(await startBundle("cli.js", args, { cwd, env }).finished, cwd),
    [Symbol.asyncDispose]: () => rm(cwd, { recursive: true, force: true }),
  };
}

/** What differs from run to run written as a word: seconds as 0.0, the test's folder as CWD. */
export function steady({ exitCode, stdout, stderr }: Finished, folder: string): Finished {
  const same = (text: string) =>
    text
      .replaceAll(folder, "CWD")
      .replace(/^ *\d+\.\ds/gm, "0.0s")
      .replace(/ +\+?\d+\.\d s/g, " 0.0 s")
      .replace(/\(\d+\.\d s\)/g, "(0.0 s)");
  return { exitCode, stdout: same(stdout), stderr: same(stderr) };
}

/** What a runner gives to a step: its inputs, and files for what it tells back. */
export async function createRunner(workspace: string) {
  const temp = join(workspace, ".runner");
  await mkdir(temp);
  const files = ["OUTPUT", "STATE", "STEP_SUMMARY", "PATH", "ENV"];
  for (const name of files) await writeFile(join(temp, name), "");
  const told = async (name: string) => readFile(join(temp, name), "utf8");
  const env = {
    HOME: join(workspace, "home"),
    MONSTACK_STATE_DIR: join(workspace, "state"),
    GITHUB_ACTIONS: "true",
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: join(temp, "tools"),
    ...Object.fromEntries(files.map((name) => [`GITHUB_${name}`, join(temp, name)])),
  };
  const step = (file: "main.js" | "post.js", more: Record<string, string>) =>
    startBundle(file, [], { cwd: workspace, env: { ...env, ...more } });
  return {
    env,
    told,
    start: step,
    main: (inputs: Readonly<Record<string, string>>) => step("main.js", prefixed("INPUT_", inputs)).finished,
    /** With the state that the main step saved, and the inputs once more, as the runner does. */
    post: async (inputs: Readonly<Record<string, string>> = {}) => {
      const state = prefixed("STATE_", pairs(await told("STATE")));
      return await step("post.js", { ...state, ...prefixed("INPUT_", inputs) }).finished;
    },
    outputs: async () => pairs(await told("OUTPUT")),
    state: async () => pairs(await told("STATE")),
  };
}

function prefixed(prefix: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const upper = (name: string) => (prefix === "INPUT_" ? name.toUpperCase() : name);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${prefix}${upper(name)}`, value]),
  );
}

/** `name<<delimiter`, the value's lines, the delimiter: as @actions/core writes them. */
function pairs(text: string): Record<string, string> {
  const found = text.matchAll(/^(.+?)<<(ghadelimiter_.+)\n(?:([\s\S]*?)\n)?\2$/gm);
  return Object.fromEntries([...found].map(([, name = "", , value = ""]) => [name, value]));
}
