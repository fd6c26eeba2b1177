import { describeError, InstallError, UserError } from "../lib/errors.ts";
import { createAlertmanagerClient } from "../stack/alertmanager.ts";
import type { HttpEndpoint } from "../stack/stack.ts";
import { inspectServer, queryValue } from "./admin-api.ts";
import { type Content, createJsonContent, type Written, writeArchive } from "./archive.ts";
import { createGrafanaApi } from "./grafana-api.ts";
import { type GrafanaCounts, readGrafanaFiles } from "./grafana-content.ts";
import { type Block, type Manifest, paths } from "./manifest.ts";
import { readSilences } from "./silences.ts";
import { makeSnapshot, readSnapshotFiles, removeSnapshot, type Snapshot } from "./snapshot.ts";
import { type Target, untilAllAnswer } from "./target.ts";

/**
 * Writes what a stack knows into one archive: a snapshot of Prometheus, Grafana's folders, datasources and dashboards,
 * Alertmanager's silences. The snapshot in the pod is removed again, whatever happens.
 * @param version monstack's own
 * @param answersWithinMs milliseconds that it may take until all of the stack answers; default: as for a fresh one
 * @throws UserError if the stack has no Prometheus, or its admin API is off.
 */
export async function makeBackup(
  target: Target,
  file: string,
  version: string,
  answersWithinMs?: number,
): Promise<Written> {
  const { context, prometheus } = target;
  if (prometheus === undefined) throw new UserError("the stack has no Prometheus that could be backed up");
  await untilAllAnswer(target, answersWithinMs);
  const server = await inspectServer(context, prometheus);
  const probe = await takeProbe(context, prometheus);
  const snapshot = await makeSnapshot(target, prometheus, server.dataDir);
  try {
    return await writeAll(target, { file, version, server: server.version, probe, snapshot });
  } finally {
    await tryRemove(target, snapshot);
  }
}

type Probe = Manifest["prometheus"]["probe"];

interface Writing {
  readonly file: string;
  readonly version: string;
  readonly server: string;
  readonly probe: Probe;
  readonly snapshot: Snapshot;
}

async function writeAll(target: Target, writing: Writing): Promise<Written> {
  const { context } = target;
  const blocks: Block[] = [];
  const seen: { grafana?: Manifest["grafana"]; alertmanager?: Manifest["alertmanager"] } = {};
  const createdAt = new Date(context.host.now()).toISOString();
  const contents = async function* (): AsyncGenerator<Content> {
    if (target.grafana !== undefined) {
      const api = createGrafanaApi(context, target.grafana);
      const counts: GrafanaCounts = { folders: 0, datasources: 0, dashboards: 0 };
      const grafana = await api.version();
      yield* readGrafanaFiles(api, counts);
      seen.grafana = { version: grafana, ...counts };
    }
    if (target.alertmanager !== undefined) {
      const { version } = await createAlertmanagerClient(context, target.alertmanager).status();
      const silences = await readSilences(context, target.alertmanager);
      yield createJsonContent(paths.silences, silences);
      seen.alertmanager = { version, silences: silences.length };
    }
    yield* readSnapshotFiles(target, writing.snapshot, blocks);
  };
  return await writeArchive(context.host, writing.file, contents(), async (parts) => ({
    format: 1,
    monstack: writing.version,
    createdAt,
    prometheus: describeBlocks(writing, blocks),
    ...seen,
    parts: [...parts],
  }));
}

function describeBlocks({ server, probe }: Writing, blocks: readonly Block[]): Manifest["prometheus"] {
  if (blocks.length === 0)
    throw new InstallError("Prometheus has no samples yet: there is nothing to back up");
  const sorted = [...blocks].sort((a, b) => a.from.localeCompare(b.from));
  const from = sorted[0]?.from ?? "";
  const to = sorted.map((block) => block.to).reduce((a, b) => (a > b ? a : b));
  return {
    version: server,
    from,
    to,
    series: Math.max(...sorted.map(({ series }) => series)),
    samples: sorted.reduce((sum, { samples }) => sum + samples, 0),
    blocks: sorted,
    probe,
  };
}

const probeQuery = "count(up)";

/** Seconds after which no sample of a time comes any more: a scrape is stored when it is over, with the time of its start. */
const settled = 15;

/** Milliseconds that a stack which has only just begun to scrape is given. */
const sampleTimeoutMs = 60_000;
const pollMs = 1_000;

/** Before the snapshot, so that what it sees is in it. */
async function takeProbe(context: Target["context"], prometheus: HttpEndpoint): Promise<Probe> {
  const { host, signal } = context;
  const deadline = host.now() + sampleTimeoutMs;
  for (;;) {
    // By Prometheus' own clock.
    const now = await queryValue(context, prometheus, "vector(time())");
    const time = Math.floor(Number(now)) - settled;
    const value = await queryValue(context, prometheus, probeQuery, time);
    if (value !== undefined) return { query: probeQuery, time, value };
    if (host.now() >= deadline)
      throw new InstallError(
        "Prometheus has no sample of `up`: it scrapes nothing, and there is nothing to back up",
      );
    await host.sleep(pollMs, signal);
  }
}

/** Removes a snapshot, which takes room in Prometheus' volume. A failure is a warning: the backup itself is complete. */
async function tryRemove(target: Target, snapshot: Snapshot): Promise<void> {
  const { host, log } = target.context;
  // Also when the call was interrupted; bounded by the connection's own limit.
  const calm = { ...target, context: { host, log, signal: new AbortController().signal } };
  try {
    await removeSnapshot(calm, snapshot);
  } catch (error) {
    const { pod, namespace } = snapshot.at;
    log.warn(
      `the snapshot ${snapshot.folder} in pod ${namespace}/${pod} could not be removed: ${describeError(error)}`,
    );
  }
}
