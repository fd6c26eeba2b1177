import { describeError, InstallError, UserError } from "../lib/errors.ts";
import { createAlertmanagerClient } from "../stack/alertmanager.ts";
import type { HttpEndpoint } from "../stack/stack.ts";
import { inspectServer, queryValue } from "./admin-api.ts";
import { type Content, createJsonContent, type WrittenArchive, writeArchive } from "./archive.ts";
import { createGrafanaApi } from "./grafana-api.ts";
import { type GrafanaCounts, readGrafanaFiles } from "./grafana-content.ts";
import { type Block, type Manifest, paths } from "./manifest.ts";
import { readSilences } from "./silences.ts";
import { makeSnapshot, readSnapshotFiles, removeSnapshot, type Snapshot } from "./snapshot.ts";
import { type Target, waitUntilAllRespond } from "./target.ts";

/**
 * Writes a stack's data into one archive: a snapshot of Prometheus, Grafana's folders, datasources and dashboards, and
 * Alertmanager's silences. Always removes the snapshot from the pod afterwards.
 * @param version monstack's own version
 * @param answersWithinMs milliseconds in which all servers of the stack must respond; default: the time for a new
 * stack
 * @throws UserError if the stack has no Prometheus, or its admin API is off
 */
export async function makeBackup(
  target: Target,
  file: string,
  version: string,
  answersWithinMs?: number,
): Promise<WrittenArchive> {
  const { context, prometheus } = target;
  if (prometheus === undefined) throw new UserError("the stack has no Prometheus that could be backed up");
  await waitUntilAllRespond(target, answersWithinMs);
  const server = await inspectServer(context, prometheus);
  const probe = await takeProbe(context, prometheus);
  const snapshot = await makeSnapshot(target, prometheus, server.dataDir);
  try {
    return await writeBackup(target, { file, version, server: server.version, probe, snapshot });
  } finally {
    await tryRemoveSnapshot(target, snapshot);
  }
}

type Probe = Manifest["prometheus"]["probe"];

/** What goes into an archive, besides the data of Grafana and Alertmanager. */
interface BackupInput {
  readonly file: string;
  /** monstack's version. */
  readonly version: string;
  /** Prometheus' version. */
  readonly server: string;
  readonly probe: Probe;
  readonly snapshot: Snapshot;
}

/** Writes the archive: Grafana's data, the silences, the snapshot's files, and the manifest. */
async function writeBackup(target: Target, writing: BackupInput): Promise<WrittenArchive> {
  const { context } = target;
  const blocks: Block[] = [];
  const servers: { grafana?: Manifest["grafana"]; alertmanager?: Manifest["alertmanager"] } = {};
  const createdAt = new Date(context.host.now()).toISOString();
  const contents = async function* (): AsyncGenerator<Content> {
    if (target.grafana !== undefined) {
      const api = createGrafanaApi(context, target.grafana);
      const counts: GrafanaCounts = { folders: 0, datasources: 0, dashboards: 0 };
      const grafanaVersion = await api.version();
      yield* readGrafanaFiles(api, counts);
      servers.grafana = { version: grafanaVersion, ...counts };
    }
    if (target.alertmanager !== undefined) {
      const { version } = await createAlertmanagerClient(context, target.alertmanager).status();
      const silences = await readSilences(context, target.alertmanager);
      yield createJsonContent(paths.silences, silences);
      servers.alertmanager = { version, silences: silences.length };
    }
    yield* readSnapshotFiles(target, writing.snapshot, blocks);
  };
  return await writeArchive(context.host, writing.file, contents(), async (parts) => ({
    format: 1,
    monstack: writing.version,
    createdAt,
    prometheus: describeBlocks(writing, blocks),
    ...servers,
    parts: [...parts],
  }));
}

/** Returns Prometheus' part of the manifest. @throws InstallError if the snapshot has no blocks */
function describeBlocks({ server, probe }: BackupInput, blocks: readonly Block[]): Manifest["prometheus"] {
  if (blocks.length === 0)
    throw new InstallError("Prometheus has no samples yet: there is nothing to back up");
  const sortedBlocks = [...blocks].sort((a, b) => a.from.localeCompare(b.from));
  const from = sortedBlocks[0]?.from ?? "";
  const to = sortedBlocks.map((block) => block.to).reduce((a, b) => (a > b ? a : b));
  return {
    version: server,
    from,
    to,
    series: Math.max(...sortedBlocks.map(({ series }) => series)),
    samples: sortedBlocks.reduce((sum, { samples }) => sum + samples, 0),
    blocks: sortedBlocks,
    probe,
  };
}

const probeQuery = "count(up)";

/**
 * Seconds after which no new sample of a past time appears: a scrape is stored when it ends, with the time of its
 * start.
 */
const settleSeconds = 15;

/** Milliseconds in which a new stack must have stored its first sample. */
const sampleTimeoutMs = 60_000;
const pollMs = 1_000;

/**
 * Returns a query with its result at a time in the past, which a restored stack must reproduce. Runs before the
 * snapshot, so that the snapshot contains these samples.
 * @throws InstallError if Prometheus has no sample of `up` within a minute
 */
async function takeProbe(context: Target["context"], prometheus: HttpEndpoint): Promise<Probe> {
  const { host, signal } = context;
  const deadline = host.now() + sampleTimeoutMs;
  for (;;) {
    // The time of Prometheus' own clock.
    const now = await queryValue(context, prometheus, "vector(time())");
    const time = Math.floor(Number(now)) - settleSeconds;
    const value = await queryValue(context, prometheus, probeQuery, time);
    if (value !== undefined) return { query: probeQuery, time, value };
    if (host.now() >= deadline)
      throw new InstallError(
        "Prometheus has no sample of `up`: it scrapes nothing, and there is nothing to back up",
      );
    await host.sleep(pollMs, signal);
  }
}

/**
 * Removes a snapshot, which uses space in Prometheus' volume. A failure is a warning, since the backup itself is
 * complete.
 */
async function tryRemoveSnapshot(target: Target, snapshot: Snapshot): Promise<void> {
  const { host, log } = target.context;
  // Uses a new signal, to remove the snapshot after an interruption too. The connection has its own time limit.
  const uninterruptedTarget = { ...target, context: { host, log, signal: new AbortController().signal } };
  try {
    await removeSnapshot(uninterruptedTarget, snapshot);
  } catch (error) {
    const { pod, namespace } = snapshot.container;
    log.warn(
      `the snapshot ${snapshot.folder} in pod ${namespace}/${pod} could not be removed: ${describeError(error)}`,
    );
  }
}
