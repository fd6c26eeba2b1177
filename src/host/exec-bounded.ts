import { CommandError } from "../lib/errors.ts";
import { formatBytes } from "../lib/quantity.ts";
import type { ExecOptions, ExecResult, Host } from "./host.ts";

export interface Bounds {
  /** What the command may have in memory. */
  readonly memoryBytes: number;
  /** What a file that it writes may have. */
  readonly fileBytes: number;
}

/** A command was ended, since it took more than it may. */
export class TooMuch extends Error {
  constructor(argv0: string, what: string) {
    super(`${argv0} was ended: it ${what}`);
    this.name = "TooMuch";
  }
}

const pollMs = 50;

/** $1 is a file that the process writes its pid to, $2 the limit of files in blocks of 512 bytes; a lower one stays. */
const script = 'echo $$ >"$1"; ulimit -f "$2" 2>/dev/null; shift 2; exec "$@"';

/**
 * Runs a command of this user's to its end, but for one that takes more memory than it may. For a program that holds in
 * memory whatever a server sends.
 * @throws TooMuch, and what `exec` throws
 */
export async function execBounded(
  host: Host,
  argv: readonly [string, ...string[]],
  options: Omit<ExecOptions, "root" | "allowFailure">,
  { memoryBytes, fileBytes }: Bounds,
): Promise<ExecResult> {
  return await host.files.withTemp("monstack-bounded-", async (folder) => {
    const pidFile = `${folder}/pid`;
    const over = new AbortController();
    const watched = watch(host, pidFile, memoryBytes, over.signal);
    try {
      const blocks = String(Math.ceil(fileBytes / 512));
      return await host.exec(["sh", "-c", script, "sh", pidFile, blocks, ...argv], options);
    } catch (error) {
      over.abort();
      if (await watched) throw new TooMuch(argv[0], `took more than ${formatBytes(memoryBytes)} of memory`);
      if (!(error instanceof CommandError)) throw error;
      const { commandExitCode, stderr } = error;
      // By SIGXFSZ, or by what Go and the C library call EFBIG.
      if (commandExitCode === 128 + 25 || /file too large/i.test(stderr))
        throw new TooMuch(argv[0], `wrote a file of more than ${formatBytes(fileBytes)}`);
      throw new CommandError(argv, commandExitCode, stderr, { cause: error });
    } finally {
      over.abort();
    }
  });
}

/** Returns whether it had to end the process. */
async function watch(host: Host, pidFile: string, mostBytes: number, over: AbortSignal): Promise<boolean> {
  const isOver = async () =>
    await host.sleep(pollMs, over).then(
      () => over.aborted,
      () => true,
    );
  while (!(await isOver())) {
    const pid = (await host.files.read(pidFile).catch(() => undefined))?.trim() ?? "";
    if (!/^\d+$/.test(pid)) continue;
    const status = await host.files.read(`/proc/${pid}/status`).catch(() => undefined);
    const resident = status?.split("\n").find((line) => line.startsWith("VmRSS:"));
    const kibibytes = Number(/^VmRSS:\s*(\d+) kB$/.exec(resident ?? "")?.[1] ?? 0);
    if (kibibytes * 1024 <= mostBytes || over.aborted) continue;
    await host.exec(["kill", "-s", "KILL", pid], { allowFailure: true });
    return true;
  }
  return false;
}
