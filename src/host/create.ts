import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { getExecOutput } from "@actions/exec";
import { CommandError, InstallError, Interrupted } from "../lib/errors.ts";
import { selectChildEnvironment } from "./child-environment.ts";
import { createFetchOutside, fetchInside } from "./fetch.ts";
import { createFiles } from "./files.ts";
import type { DetachOptions, ExecOptions, ExecResult, Host, Temporary } from "./host.ts";
import { startPiped } from "./piped.ts";
import { createTemporary } from "./temporary.ts";

const defaultTimeoutMs = 120_000;

type Env = Record<string, string | undefined>;
/** As `selectChildEnvironment` returns it. */
type ChildEnv = Record<string, string>;

/** Returns the machine on which this process runs. @throws InstallError if monstack does not support it */
export async function createHost(env: Env = process.env): Promise<Host> {
  const arch = getSupportedArch();
  // Every command gets this environment and no other.
  const childEnv = selectChildEnvironment(env);
  const rights = await findRights(childEnv);
  const temporary = createTemporary();
  const exec = (argv: readonly [string, ...string[]], options: ExecOptions = {}) =>
    temporary.use(() => runCommand(rights, childEnv, argv, options, temporary));
  return {
    env,
    arch,
    rights,
    now: () => Date.now(),
    sleep,
    exec,
    startDetached: (argv, options) =>
      temporary.use(() => startDetached(rights, childEnv, argv, options, temporary)),
    startPiped,
    fetch: fetchInside,
    fetchOutside: createFetchOutside(env),
    files: createFiles(exec, temporary),
    temporary,
  };
}

/** Returns how commands can run as root: as this user, with sudo, or not at all. */
async function findRights(env: ChildEnv): Promise<Host["rights"]> {
  if (process.getuid?.() === 0) return "root";
  const options = { silent: true, ignoreReturnCode: true, env };
  const sudo = await getExecOutput("sudo", ["-n", "true"], options).catch(() => undefined);
  return sudo?.exitCode === 0 ? "sudo" : "none";
}

/** Shell text that exports the input's lines up to an empty line and runs the command $@ with the rest of the input. */
const exportLinesScript = 'while IFS= read -r line && [ -n "$line" ]; do export "$line"; done; exec "$@"';

/** Returns the command that runs `argv` as root, and the header that it reads before the command's own input. */
function toRootCommand(
  rights: Host["rights"],
  argv: readonly string[],
  env: Record<string, string>,
): { command: string[]; header?: string } {
  if (rights === "root") return { command: [...argv] };
  if (rights === "none") {
    throw new InstallError(
      `${argv[0]} needs root, and this user is neither root nor allowed to sudo without a password`,
      {
        fix: "run as root, or allow this user to sudo without a password",
      },
    );
  }
  const assignments = Object.entries(env).map(([key, value]) => `${key}=${value}`);
  if (assignments.length === 0) return { command: ["sudo", "-n", ...argv] };
  const multilineAssignment = assignments.find((line) => line.includes("\n"));
  if (multilineAssignment !== undefined)
    throw new InstallError(
      `the environment variable ${multilineAssignment.split("=")[0]} has a line break in its value`,
      {
        fix: "remove the line break",
      },
    );
  // sudo drops the environment, and logs assignments on its command line as well as variables that --preserve-env
  // names:
  // a proxy's address can hold a password.
  return {
    command: ["sudo", "-n", "sh", "-c", exportLinesScript, "sh", ...argv],
    header: `${assignments.join("\n")}\n\n`,
  };
}

/** Runs a command to its end and returns its output. @throws CommandError as `Host.exec` describes */
async function runCommand(
  rights: Host["rights"],
  env: ChildEnv,
  argv: readonly [string, ...string[]],
  options: ExecOptions,
  temporary: Temporary,
): Promise<ExecResult> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const { command, header } = options.root
    ? toRootCommand(rights, argv, options.env ?? {})
    : { command: [...argv], header: undefined };
  // @actions/exec can't end a command, so timeout(1) does. Its exit code is 124 then.
  const boundedCommand = ["timeout", "--kill-after=5", String(timeoutMs / 1000), ...command];
  const fullInput = header === undefined ? options.input : header + (options.input ?? "");
  const result = await withInput(temporary, fullInput, async (input) =>
    // @actions/exec writes to a pipe without an error handler: a command that ends before it has read everything would
    // end this process with EPIPE. So commands read from a file.
    getExecOutput("sh", ["-c", 'input=$1; shift; exec "$@" <"$input"', "sh", input, ...boundedCommand], {
      silent: true,
      ignoreReturnCode: true,
      // The files of a killed command are removed with this folder.
      env: { ...env, TMPDIR: temporary.folder, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }),
  ).catch((cause: unknown) => {
    throw new CommandError(argv, -1, `could not be started: ${String(cause)}`, { cause });
  });
  if (result.exitCode === 0 || (options.allowFailure && result.exitCode !== 124)) return result;
  if (result.exitCode === 124)
    throw new CommandError(argv, 124, `${result.stderr}\nended: it ran longer than ${timeoutMs / 1000} s`);
  throw new CommandError(argv, result.exitCode, result.stderr || result.stdout);
}

/**
 * Writes a command's input to a file that only this user can read, and passes its path to `use`. Removes the file
 * afterwards. Without an input the path is /dev/null.
 */
async function withInput<T>(
  temporary: Temporary,
  input: string | undefined,
  use: (path: string) => Promise<T>,
): Promise<T> {
  if (input === undefined) return await use("/dev/null");
  const folder = await mkdtemp(join(temporary.folder, "input-"));
  try {
    const path = join(folder, "input");
    await writeFile(path, input, { mode: 0o600, flag: "wx" });
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Starts a process that outlives this one. It gets its own session and files, since @actions/exec waits for its
 * command.
 * @returns the pid; with sudo it is the pid of sudo, which stays as the parent of the command
 */
async function startDetached(
  rights: Host["rights"],
  env: ChildEnv,
  argv: readonly [string, ...string[]],
  options: DetachOptions,
  temporary: Temporary,
): Promise<{ pid: number }> {
  const { command, header } = options.root
    ? toRootCommand(rights, argv, options.env ?? {})
    : { command: argv, header: undefined };
  await mkdir(dirname(options.logFile), { recursive: true });
  return await withInput(temporary, header, (path) => spawnDetached(env, command, path, argv, options));
}

/** Starts the command with the input from a file. The child keeps the input open after the file was removed. */
async function spawnDetached(
  env: ChildEnv,
  [file = "", ...args]: readonly string[],
  inputPath: string,
  argv: readonly [string, ...string[]],
  options: DetachOptions,
): Promise<{ pid: number }> {
  const log = openSync(options.logFile, "a", 0o600);
  const input = openSync(inputPath, "r");
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: [input, log, log],
      env: { ...env, ...options.env },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("spawn", () => resolve(child.pid ?? -1));
      child.once("error", (cause) =>
        reject(new CommandError(argv, -1, `could not be started: ${cause.message}`, { cause })),
      );
    });
    child.unref();
    return { pid };
  } finally {
    closeSync(input);
    closeSync(log);
  }
}

/** Waits for `ms` milliseconds. @throws Interrupted when the signal fires */
async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch {
    throw new Interrupted();
  }
}

const platformNames: Readonly<Record<string, string>> = {
  darwin: "macOS",
  win32: "Windows",
  freebsd: "FreeBSD",
};

const supportedMachines =
  "use an amd64 or arm64 Linux machine (on GitHub: `runs-on: ubuntu-latest`), or a Linux container with Node here " +
  "and --kubeconfig to deploy into an existing cluster";

/**
 * Returns upstream's name of this machine's architecture.
 * @throws InstallError with an alternative if it is not 64-bit Linux on x86 or ARM
 */
export function getSupportedArch(
  platform: string = process.platform,
  arch: string = process.arch,
): Host["arch"] {
  const what = `${platformNames[platform] ?? platform} on ${arch}`;
  if (platform !== "linux")
    throw new InstallError(`monstack runs on Linux; this is ${what}`, { fix: supportedMachines });
  if (arch === "x64") return "amd64";
  if (arch === "arm64") return "arm64";
  const is32 = ["ia32", "arm", "mips", "mipsel", "ppc"].includes(arch);
  throw new InstallError(
    `k3s, helm and the charts' images exist for amd64 and arm64; this ${is32 ? "Node is a 32-bit one" : "is"} (${what})`,
    {
      fix: `${is32 ? "on a 64-bit machine install Node's x64 or arm64 build; else " : ""}${supportedMachines}`,
    },
  );
}
