import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/** A user of this machine who is neither root nor the user of the tests. */
export const otherUser = { uid: 65_534, gid: 65_534 };

/** Only root can start a process as somebody else. */
export const canBeOthers = process.getuid?.() === 0;

export interface Started extends AsyncDisposable {
  readonly pid: number;
  readonly child: ChildProcess;
}

export interface StartOptions {
  /** Of the file that is executed; default a copy of sleep at this path. */
  readonly path?: string;
  /** The whole command line; the first word need not be the path. Default `sleep 300`. */
  readonly argv?: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** Copies a program to `path`, making its folders, whatever characters are in their names. */
export async function installProgram(path: string, program: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await copyFile(program, path);
}

/** A real process with the given executable, command line and user. */
export async function startProcess({ path, argv, uid, gid }: StartOptions): Promise<Started> {
  if (path !== undefined && !existsSync(path)) await installProgram(path, "/bin/sleep");
  const [argv0 = "sleep", ...args] = argv ?? ["sleep", "300"];
  const child = spawn(path ?? "/bin/sleep", args, {
    argv0,
    stdio: "ignore",
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  await once(child, "spawn");
  return {
    pid: child.pid ?? -1,
    child,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export function isAlive({ child }: Started): boolean {
  return child.exitCode === null && child.signalCode === null;
}
