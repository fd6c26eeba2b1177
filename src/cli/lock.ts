import { checkLock, writeLock } from "../app/lock.ts";
import type { Session } from "../app/session/session.ts";
import { type ExitCode, exitCode } from "../lib/errors.ts";
import type { LockFlags } from "./lock-flags.ts";

/** Writes the lock file, or holds it against the configuration; prints what changed. */
export async function lock(
  session: Session,
  flags: LockFlags,
  print: (text: string) => void,
): Promise<ExitCode> {
  for (const warning of session.loaded.warnings) session.context.log.warn(warning);
  if (flags.check) {
    const file = await checkLock(session);
    print(`${file} is what the configuration asks for\n`);
    return exitCode.verified;
  }
  const { file, isSame, changes, lock, unlocked, local } = await writeLock(session, flags.update);
  for (const change of changes) print(`${change}\n`);
  for (const { image, why } of unlocked) print(`! image ${image} can't be locked: ${why}\n`);
  for (const what of local) print(`! not locked, since it is on this machine: ${what}\n`);
  const counts = [
    count(Object.keys(lock.tools).length, "tool"),
    count(lock.charts.length, "chart"),
    count(lock.dashboards.length, "dashboard"),
    count(lock.images.length, "image"),
  ].join(", ");
  print(isSame ? `${file} stays as it is: ${counts}\n` : `${file}: ${counts}\n`);
  return exitCode.verified;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
