import { CommandError } from "../lib/errors.ts";
import { formatBytes } from "../lib/quantity.ts";
import type { ExecOptions, ExecResult, Host } from "./host.ts";

/** The limits of a command. */
export interface Bounds {
  /** Maximum resident memory of the command. */
  readonly memoryBytes: number;
  /** Maximum size of each file that the command writes. */
  readonly fileBytes: number;
}

/** A command was ended because it exceeded a limit. */
export class LimitExceeded extends Error {
  constructor(argv0: string, what: string) {
    super(`${argv0} was ended: it ${what}`);
    this.name = "LimitExceeded";
  }
}

const pollMs = 50;

/**
 * $1 is the file for the pid, $2 the maximum size of files in blocks of 512 bytes, then the command. A lower limit
 * stays.
 */
const limitFileSizeScript = 'echo $$ >"$1"; ulimit -f "$2" 2>/dev/null; shift 2; exec "$@"';

/**
 * Runs a command as this user and ends it if it exceeds a limit. For a program that holds a server's response in
 * memory.
 * @throws LimitExceeded, and the errors of `exec`
 */
export async function execBounded(
  host: Host,
  argv: readonly [string, ...string[]],
  options: Omit<ExecOptions, "root" | "allowFailure">,
  { memoryBytes, fileBytes }: Bounds,
): Promise<ExecResult> {
  return await host.files.withTemp("monstack-bounded-", async (folder) => {
    const pidFile = `${folder}/pid`;
    const finished = new AbortController();
    const wasKilled = killAboveLimit(host, pidFile, memoryBytes, finished.signal);
    try {
      const blocks = String(Math.ceil(fileBytes / 512));
      return await host.exec(["sh", "-c", limitFileSizeScript, "sh", pidFile, blocks, ...argv], options);
    } catch (error) {
      finished.abort();
      if (await wasKilled)
        throw new LimitExceeded(argv[0], `took more than ${formatBytes(memoryBytes)} of memory`);
      if (!(error instanceof CommandError)) throw error;
      const { commandExitCode, stderr } = error;
      // The kernel sends SIGXFSZ, or a write fails with EFBIG.
      if (commandExitCode === 128 + 25 || /file too large/i.test(stderr))
        throw new LimitExceeded(argv[0], `wrote a file of more than ${formatBytes(fileBytes)}`);
      throw new CommandError(argv, commandExitCode, stderr, { cause: error });
    } finally {
      finished.abort();
    }
  });
}

/** Kills the process when it uses more memory than `maxBytes`, and returns true then; false once `finished` fires. */
async function killAboveLimit(
  host: Host,
  pidFile: string,
  maxBytes: number,
  finished: AbortSignal,
): Promise<boolean> {
  const isFinished = async () =>
    await host.sleep(pollMs, finished).then(
      () => finished.aborted,
      () => true,
    );
  while (!(await isFinished())) {
    const pid = (await host.files.read(pidFile).catch(() => undefined))?.trim() ?? "";
    if (!/^\d+$/.test(pid)) continue;
    const status = await host.files.read(`/proc/${pid}/status`).catch(() => undefined);
    const residentLine = status?.split("\n").find((line) => line.startsWith("VmRSS:"));
    const kibibytes = Number(/^VmRSS:\s*(\d+) kB$/.exec(residentLine ?? "")?.[1] ?? 0);
    if (kibibytes * 1024 <= maxBytes || finished.aborted) continue;
    await host.exec(["kill", "-s", "KILL", pid], { allowFailure: true });
    return true;
  }
  return false;
}
