import { resolve } from "node:path";
import { backUp } from "../app/back-up.ts";
import type { Session } from "../app/session/session.ts";
import { loadStack, noteBackup } from "../app/session/stack-file.ts";
import { toStack } from "../app/verify/verify.ts";
import { type RestoreResult, restoreBackup } from "../backup/restore.ts";
import type { Restored } from "../backup/restored.ts";
import { exitCode, messageOf } from "../lib/errors.ts";
import { count } from "../report/verdict.ts";

type Print = (text: string) => void;

/** Backs up the stack that is up. @returns the exit code */
export async function backup(session: Session, output: string | undefined, print: Print): Promise<number> {
  const { host, log } = session.context;
  const time = new Date(host.now()).toISOString().replace(/[-:]|\.\d+/g, "");
  const file = resolve(output ?? `monstack-backup-${time}.tar.gz`);
  const { stateDir } = session.loaded.config;
  const stack = await loadStack(host, stateDir);
  const { manifest, kept } = await backUp(session, stack, file);
  // The backup is there whether or not this can be written.
  await noteBackup(host, stateDir, file).catch((error: unknown) =>
    log.warn(`the checklist won't find this backup by itself: ${messageOf(error)}`),
  );
  const { grafana, alertmanager, prometheus } = manifest;
  print(`backup: ${file} (${(kept.bytes / 1e6).toFixed(1)} MB)\n`);
  const blocks = count(prometheus.blocks.length, "block");
  print(`  Prometheus    ${blocks}, ${kept.series} series, ${kept.from} to ${kept.to}\n`);
  if (grafana !== undefined) {
    const { dashboards, folders, datasources } = grafana;
    print(
      `  Grafana       ${count(dashboards, "dashboard")}, ${count(folders, "folder")}, ${count(datasources, "datasource")} (without their secrets)\n`,
    );
  }
  if (alertmanager !== undefined) print(`  Alertmanager  ${count(alertmanager.silences, "silence")}\n`);
  return exitCode.verified;
}

/** Restores an archive into the stack that is up. @returns the exit code: 3 when a part of it was refused */
export async function restore(session: Session, file: string, print: Print): Promise<number> {
  const { context, loaded } = session;
  const record = await loadStack(context.host, loaded.config.stateDir);
  const result = await restoreBackup(await toStack(session, record), resolve(file));
  const failed = tell(result, print);
  for (const one of failed) context.log.error(`not restored: ${one}`);
  return failed.length > 0 ? exitCode.notInstalled : exitCode.verified;
}

/** @returns what was refused */
function tell({ manifest, blocks, grafana, silences }: RestoreResult, print: Print): string[] {
  const { from, to, probe } = manifest.prometheus;
  print(`restored: the backup of ${manifest.createdAt}, made by monstack ${manifest.monstack}\n`);
  for (const { pod, added, there } of blocks) {
    const before = there.length > 0 ? `, ${there.length} were there already` : "";
    print(`  Prometheus    ${count(added.length, "block")} into pod ${pod}${before}; ${from} to ${to}\n`);
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
  for (const [where, what, restored] of kinds) {
    if (restored === undefined) continue;
    const { created, replaced, skipped } = restored;
    print(
      `  ${where.padEnd(13)} ${count(created.length, what)} created, ${replaced.length} replaced, ${skipped.length} skipped\n`,
    );
    for (const one of skipped) print(`                  skipped: ${one}\n`);
  }
  for (const one of grafana?.withoutSecrets ?? [])
    print(`  to be set by hand, since no backup holds secrets: datasource ${one}\n`);
  return kinds.flatMap(([where, what, restored]) =>
    (restored?.failed ?? []).map((one) => `${where}'s ${what} ${one}`),
  );
}
