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
import { type Restored, type Target, waitUntilAllRespond } from "./target.ts";

export interface RestoreResult {
  readonly manifest: Manifest;
  readonly blocks: readonly BlocksRestored[];
  readonly grafana: GrafanaRestored | undefined;
  readonly silences: Restored | undefined;
}

/**
 * Restores a backup into a running stack. Checks the whole archive before it changes anything. Returns when Prometheus
 * responds to the backup's probe query with the same value as at the time of the backup.
 * @throws UserError if the archive is damaged, or is not monstack's
 * @throws InstallError if the samples do not appear in Prometheus
 */
export async function restoreBackup(target: Target, file: string): Promise<RestoreResult> {
  const { context, prometheus } = target;
  const manifest = await checkArchive(context.host, file);
  if (prometheus === undefined) throw new UserError("the stack has no Prometheus to restore into");
  await waitUntilAllRespond(target);
  const server = await inspectServer(context, prometheus);
  const { grafana, silences } = await readContents(context, file);
  warnOfLosses(target, manifest, server);
  const blocks = await restoreBlocks(target, prometheus, { file, manifest, dataDir: server.dataDir });
  const restored = {
    manifest,
    blocks,
    grafana: target.grafana && (await restoreGrafana(createGrafanaApi(context, target.grafana), grafana)),
    silences: target.alertmanager && (await restoreSilences(context, target.alertmanager, silences)),
  };
  await waitForProbeValue(context, prometheus, manifest);
  return restored;
}

/** Warns of blocks that Prometheus will soon delete, and of data for which the stack has no server. */
function warnOfLosses(
  { context: { host, log }, grafana, alertmanager }: Target,
  manifest: Manifest,
  server: Server,
): void {
  const { retentionMs } = server;
  const expiredBlocks = manifest.prometheus.blocks.filter(
    ({ to }) => retentionMs !== undefined && host.now() - Date.parse(to) >= retentionMs,
  );
  if (expiredBlocks.length > 0 && retentionMs !== undefined) {
    const days = (retentionMs / 86_400_000).toFixed(1).replace(/\.0$/, "");
    log.warn(
      `Prometheus keeps samples for ${days} days, so that it will delete ${expiredBlocks.length} of ${manifest.prometheus.blocks.length} blocks when it has written a newer one, in two to three hours: a longer server.retention keeps them`,
    );
  }
  if (manifest.grafana !== undefined && grafana === undefined)
    log.warn(`the stack has no Grafana: ${manifest.grafana.dashboards} dashboards are left out`);
  if ((manifest.alertmanager?.silences ?? 0) > 0 && alertmanager === undefined)
    log.warn(`the stack has no Alertmanager: ${manifest.alertmanager?.silences} silences are left out`);
}

/** Returns Grafana's objects and the silences of an archive. */
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

/**
 * Milliseconds in which Prometheus must have loaded the new blocks. It looks for them once a minute, but may be slow
 * or busy.
 */
const reloadTimeoutMs = 180_000;
const pollMs = 1_000;

/**
 * Waits until Prometheus has loaded the blocks and the backup's probe query has its earlier value. Does not restart
 * Prometheus, since that would cause a gap in its samples.
 * @throws InstallError if the value does not appear in time
 */
async function waitForProbeValue(
  context: Context,
  prometheus: HttpEndpoint,
  { prometheus: { probe } }: Manifest,
): Promise<void> {
  const { host, log, signal } = context;
  const { query, time, value } = probe;
  const deadline = host.now() + reloadTimeoutMs;
  log.info("waiting until Prometheus has taken up the blocks, which it does once a minute");
  let latestValue = "nothing";
  for (;;) {
    latestValue = (await queryValue(context, prometheus, query, time)) ?? "nothing";
    if (latestValue === value) return;
    if (host.now() >= deadline) break;
    await host.sleep(pollMs, signal);
  }
  throw new InstallError(
    `the blocks are in Prometheus' data folder, but ${query} at ${new Date(time * 1_000).toISOString()} is ${latestValue} after ${reloadTimeoutMs / 1_000} s, not ${value}`,
    { fix: "its log says why it does not take them up: look for `block`" },
  );
}
