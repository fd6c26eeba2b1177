import { checkLock, writeLock } from "../../app/lock.ts";
import type { Session } from "../../app/session/session.ts";
import { exitCode, UserError } from "../../lib/errors.ts";
import { formatCount } from "../../lib/text.ts";
import type { Update } from "../../lock/update.ts";
import { defineCommand, type Print, planSettings } from "../command.ts";

interface LockFlags {
  readonly check?: boolean;
  readonly update?: boolean;
}

export const lockCommand = defineCommand({
  name: "lock",
  summary: "write down exactly what a run installs (monstack.lock), so that every run installs just that",
  operand: {
    term: "[NAME...]",
    help: "with --update: a tool, an app, a dashboard or an image; without a name, everything",
    completion: "locked",
  },
  flags: [
    { term: "--check", help: "Write nothing; 2 if the lock file does not match the configuration" },
    { term: "--update", help: "Move what is named after it to its newest version, or everything" },
  ],
  settings: planSettings,
  examples: [
    ["monstack lock", "adds what is new, keeps what is locked"],
    ["monstack lock --update grafana k3s", "moves these two to their newest versions"],
    ["monstack lock --check", "in a workflow: fails if the lock file is out of date"],
  ],
  read: ({ check = false, update = false }: LockFlags, names) => {
    if (check && update)
      throw new UserError("--check and --update exclude each other: the one writes nothing, the other does");
    if (names.length > 0 && !update)
      throw new UserError(
        `lock ${names[0]}: names belong to --update: \`monstack lock --update ${names[0]}\``,
      );
    return { check, update: readUpdate(update, names) };
  },
  run: ({ withSession, print }, { check, update }) =>
    withSession(async (session) => {
      for (const warning of session.loaded.warnings) session.context.log.warn(warning);
      if (check) print(`${await checkLock(session)} matches the configuration\n`);
      else await updateLock(session, update, print);
      return exitCode.verified;
    }),
});

/** Returns which locked versions are updated: none, all or the named ones. */
function readUpdate(update: boolean, names: readonly string[]): Update {
  if (!update) return { kind: "nothing" };
  return names.length === 0 ? { kind: "all" } : { kind: "named", names };
}

/** Writes the lock file, and prints what changed. */
async function updateLock(session: Session, update: Update, print: Print): Promise<void> {
  const { file, isSame, changes, lock, unlocked, local } = await writeLock(session, update);
  for (const change of changes) print(`${change}\n`);
  for (const { image, why } of unlocked) print(`! image ${image} can't be locked: ${why}\n`);
  for (const source of local) print(`! not locked, since it is on this machine: ${source}\n`);
  const counts = [
    formatCount(Object.keys(lock.tools).length, "tool"),
    formatCount(lock.charts.length, "chart"),
    formatCount(lock.dashboards.length, "dashboard"),
    formatCount(lock.images.length, "image"),
  ].join(", ");
  print(isSame ? `${file} stays as it is: ${counts}\n` : `${file}: ${counts}\n`);
}
