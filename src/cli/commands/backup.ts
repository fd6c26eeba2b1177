import { resolve } from "node:path";
import { createBackup } from "../../app/back-up.ts";
import type { Session } from "../../app/session/session.ts";
import { loadStack, recordBackup } from "../../app/session/stack-file.ts";
import { connectToStack } from "../../app/verify/verify.ts";
import { type RestoreResult, restoreBackup } from "../../backup/restore.ts";
import type { Restored } from "../../backup/target.ts";
import { describeError, exitCode } from "../../lib/errors.ts";
import { formatBytes } from "../../lib/quantity.ts";
import { formatCount } from "../../lib/text.ts";
import { commonSettings, defineCommand, type Print } from "../command.ts";

export const backupCommand = defineCommand({
  name: "backup",
  summary: "write the metrics, dashboards and silences of the stack that `up` left running into one archive",
  flags: [
    {
      term: "-o, --output <FILE>",
      help: "The archive to write; default monstack-backup-TIME.tar.gz in this folder",
      completion: "files",
    },
  ],
  settings: commonSettings,
  examples: [["monstack backup -o before-upgrade.tar.gz", "`monstack restore` reads it"]],
  read: ({ output }: { readonly output?: string }) => {
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    return resolve(output ?? `monstack-backup-${time}.tar.gz`);
  },
  run: ({ withSession, print }, file) =>
    withSession((session) => writeBackup(session, file, print), { writes: file }),
});

export const restoreCommand = defineCommand({
  name: "restore",
  summary: "put the content of a backup into the stack that `up` left running",
  operand: { term: "<FILE>", help: "the archive to restore", completion: "files" },
  settings: commonSettings,
  examples: [["monstack restore before-upgrade.tar.gz", "what is in the stack already stays"]],
  read: (_, [file = ""]) => resolve(file),
  run: ({ withSession, print }, file) => withSession((session) => restoreAndPrint(session, file, print)),
});

/** Writes a backup, records it in the stack and prints a summary. */
async function writeBackup(session: Session, file: string, print: Print): Promise<number> {
  const { host, log } = session.context;
  const { stateDir } = session.loaded.config;
  const stack = await loadStack(host, stateDir);
  const { manifest, kept } = await createBackup(session, stack, file);
  // The backup is complete whether or not this can be written.
  await recordBackup(host, stateDir, file).catch((error: unknown) =>
    log.warn(`the checklist won't find this backup by itself: ${describeError(error)}`),
  );
  const { grafana, alertmanager, prometheus } = manifest;
  print(`backup: ${file} (${formatBytes(kept.bytes)})\n`);
  const blocks = formatCount(prometheus.blocks.length, "block");
  print(`  Prometheus    ${blocks}, ${kept.series} series, ${kept.from} to ${kept.to}\n`);
  if (grafana !== undefined) {
    const { dashboards, folders, datasources } = grafana;
    print(
      `  Grafana       ${formatCount(dashboards, "dashboard")}, ${formatCount(folders, "folder")}, ${formatCount(datasources, "datasource")} (without their secrets)\n`,
    );
  }
  if (alertmanager !== undefined) print(`  Alertmanager  ${formatCount(alertmanager.silences, "silence")}\n`);
  return exitCode.verified;
}

/**
 * Restores a backup and prints a summary.
 * @returns the exit code: 3 if a part could not be restored
 */
async function restoreAndPrint(session: Session, file: string, print: Print): Promise<number> {
  const { context, loaded } = session;
  const record = await loadStack(context.host, loaded.config.stateDir);
  const failures = printRestored(await restoreBackup(await connectToStack(session, record), file), print);
  for (const failure of failures) context.log.error(`not restored: ${failure}`);
  return failures.length > 0 ? exitCode.notInstalled : exitCode.verified;
}

/**
 * Prints what was restored, replaced and skipped.
 * @returns the objects that could not be restored
 */
function printRestored({ manifest, blocks, grafana, silences }: RestoreResult, print: Print): string[] {
  const { from, to, probe } = manifest.prometheus;
  print(`restored: the backup of ${manifest.createdAt}, made by monstack ${manifest.monstack}\n`);
  for (const { pod, added, existing } of blocks) {
    const existingNote = existing.length > 0 ? `, ${existing.length} were there already` : "";
    print(
      `  Prometheus    ${formatCount(added.length, "block")} into pod ${pod}${existingNote}; ${from} to ${to}\n`,
    );
  }
  print(
    `                ${probe.query} at ${new Date(probe.time * 1_000).toISOString()} is ${probe.value} again\n`,
  );
  const kinds: readonly (readonly [string, string, Restored | undefined])[] = [
    ["Grafana", "folder", grafana?.folders],
    ["Grafana", "datasource", grafana?.datasources],
    ["Grafana", "dashboard", grafana?.dashboards],
    ["Alertmanager", "silence", silences],
  ];
  for (const [server, kind, restored] of kinds) {
    if (restored === undefined) continue;
    const { created, replaced, skipped } = restored;
    print(
      `  ${server.padEnd(13)} ${formatCount(created.length, kind)} created, ${replaced.length} replaced, ${skipped.length} skipped\n`,
    );
    for (const name of skipped) print(`                  skipped: ${name}\n`);
  }
  for (const name of grafana?.withoutSecrets ?? [])
    print(`  to be set by hand, since a backup contains no secrets: datasource ${name}\n`);
  return kinds.flatMap(([server, kind, restored]) =>
    (restored?.failed ?? []).map((name) => `${server}'s ${kind} ${name}`),
  );
}
