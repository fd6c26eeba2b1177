import type { Context } from "../host/host.ts";
import { InstallError, UserError } from "../lib/errors.ts";
import type { HttpEndpoint } from "../stack/stack.ts";
import { inspectServer, queryValue, type Server } from "./admin-api.ts";
import { checkArchive, readArchiveFiles, readText } from "./archive.ts";
import { createGrafanaApi, Folder, StoredDashboard, StoredDatasource } from "./grafana-api.ts";
import { type GrafanaContents, type GrafanaRestored, restoreGrafana } from "./grafana-content.ts";
import { type Manifest, paths } from "./manifest.ts";
import { restoreSilences, Silence } from "./silences.ts";
import { type BlocksRestored, restoreBlocks } from "./snapshot.ts";
import { type Restored, type Target, untilAllAnswer } from "./target.ts";

export interface RestoreResult {
  readonly manifest: Manifest;
  readonly blocks: readonly BlocksRestored[];
  readonly grafana: GrafanaRestored | undefined;
  readonly silences: Restored | undefined;
}

/**
 * Puts a backup into a stack that is up, and waits until Prometheus answers for a time within the backup what it answered
 * when that was made. The whole archive is checked before anything is changed.
 * @throws UserError when the archive is damaged, or none of monstack's; InstallError when the samples don't come back.
 */
export async function restoreBackup(target: Target, file: string): Promise<RestoreResult> {
  const { context, prometheus } = target;
  const manifest = await checkArchive(context.host, file);
  if (prometheus === undefined) throw new UserError("the stack has no Prometheus to restore into");
  await untilAllAnswer(target);
  const server = await inspectServer(context, prometheus);
  const { grafana, silences } = await readContents(context, file);
  warn(target, manifest, server);
  const blocks = await restoreBlocks(target, prometheus, { file, manifest, dataDir: server.dataDir });
  const restored = {
    manifest,
    blocks,
    grafana: target.grafana && (await restoreGrafana(createGrafanaApi(context, target.grafana), grafana)),
    silences: target.alertmanager && (await restoreSilences(context, target.alertmanager, silences)),
  };
  await untilAnswered(context, prometheus, manifest);
  return restored;
}

function warn(
  { context: { host, log }, grafana, alertmanager }: Target,
  manifest: Manifest,
  server: Server,
): void {
  const { retentionMs } = server;
  const old = manifest.prometheus.blocks.filter(
    ({ to }) => retentionMs !== undefined && host.now() - Date.parse(to) >= retentionMs,
  );
  if (old.length > 0 && retentionMs !== undefined) {
    const days = (retentionMs / 86_400_000).toFixed(1).replace(/\.0$/, "");
    log.warn(
      `Prometheus keeps samples for ${days} days, so that it will delete ${old.length} of ${manifest.prometheus.blocks.length} blocks when it has written a newer one, in two to three hours: a longer server.retention keeps them`,
    );
  }
  if (manifest.grafana !== undefined && grafana === undefined)
    log.warn(`the stack has no Grafana: ${manifest.grafana.dashboards} dashboards are left out`);
  if ((manifest.alertmanager?.silences ?? 0) > 0 && alertmanager === undefined)
    log.warn(`the stack has no Alertmanager: ${manifest.alertmanager?.silences} silences are left out`);
}

async function readContents(
  { host }: Context,
  file: string,
): Promise<{ grafana: GrafanaContents; silences: readonly Silence[] }> {
  const folders: Folder[] = [];
  const datasources: StoredDatasource[] = [];
  const dashboards: StoredDashboard[] = [];
  let silences: Silence[] = [];
  for await (const entry of readArchiveFiles(host, file)) {
    const { name } = entry;
    if (!name.startsWith("grafana/") && name !== paths.silences) continue;
    const data: unknown = JSON.parse(await readText(entry));
    if (name === paths.silences) silences = Silence.array().parse(data);
    else if (name.startsWith("grafana/folders/")) folders.push(Folder.parse(data));
    else if (name.startsWith("grafana/datasources/")) datasources.push(StoredDatasource.parse(data));
    else dashboards.push(StoredDashboard.parse(data));
  }
  return { grafana: { folders, datasources, dashboards }, silences };
}

/** Prometheus looks for new blocks once a minute; the rest is for a slow or a busy one. */
const reloadTimeoutMs = 180_000;
const pollMs = 1_000;

/** Only a restart would make it look sooner, and cost a gap in what it scrapes. */
async function untilAnswered(
  context: Context,
  prometheus: HttpEndpoint,
  { prometheus: { probe } }: Manifest,
): Promise<void> {
  const { host, log, signal } = context;
  const { query, time, value } = probe;
  const deadline = host.now() + reloadTimeoutMs;
  log.info("waiting until Prometheus has taken up the blocks, which it does once a minute");
  let last = "nothing";
  for (;;) {
    last = (await queryValue(context, prometheus, query, time)) ?? "nothing";
    if (last === value) return;
    if (host.now() >= deadline) break;
    await host.sleep(pollMs, signal);
  }
  throw new InstallError(
    `the blocks are in Prometheus' data folder, but ${query} at ${new Date(time * 1_000).toISOString()} is ${last} after ${reloadTimeoutMs / 1_000} s, not ${value}`,
    { fix: "its log says why it does not take them up: look for `block`" },
  );
}
