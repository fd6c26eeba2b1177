import { z } from "zod";
import { plainTarEntries } from "../archive/tar.ts";
import { InstallError } from "../lib/errors.ts";
import type { HttpEndpoint } from "../stack/stack.ts";
import { takeSnapshot } from "./admin-api.ts";
import type { Content } from "./archive.ts";
import { closeAll, dataFolders } from "./data-folder.ts";
import { type Container, runInPod, startInPod } from "./exec.ts";
import type { Block } from "./manifest.ts";
import type { Target } from "./target.ts";

const metaSchema = z.object({
  ulid: z.string(),
  minTime: z.number(),
  maxTime: z.number(),
  stats: z.object({
    numSamples: z.number().optional(),
    numSeries: z.number().optional(),
    numFloatSamples: z.number().optional(),
  }),
});

/** A snapshot in Prometheus' data folder. */
export interface Snapshot {
  readonly at: Container;
  readonly folder: string;
  /** Ends what was started to reach it. */
  readonly close: () => Promise<void>;
}

/**
 * Has Prometheus make a snapshot, and finds the pod that it is in: with replicas, the service leads to any of them.
 * @param dataDir as the container sees it
 */
export async function makeSnapshot(
  target: Target,
  prometheus: HttpEndpoint,
  dataDir: string,
): Promise<Snapshot> {
  const { context, kube } = target;
  const stores = await dataFolders(target, prometheus, dataDir);
  try {
    const name = await takeSnapshot(context, prometheus);
    for (const store of stores) {
      const folder = `${store.path}/snapshots/${name}`;
      const look = ["sh", "-c", 'if [ -d "$1" ]; then echo here; fi', "sh", folder];
      if ((await runInPod(context, kube, store.at, look)).trim() !== "here") continue;
      await closeAll(stores.filter((other) => other !== store));
      return { at: store.at, folder, close: store.close };
    }
    const pods = stores.map(({ at }) => at.pod).join(", ");
    throw new InstallError(`the snapshot ${name} is in none of Prometheus' pods: ${pods}`);
  } catch (error) {
    await closeAll(stores);
    throw error;
  }
}

export async function removeSnapshot(
  { context, kube }: Target,
  { at, folder, close }: Snapshot,
): Promise<void> {
  await runInPod(context, kube, at, ["rm", "-rf", folder]).finally(close);
}

/**
 * The files of a snapshot's blocks, streamed out of the pod.
 * @param blocks what is told of each block as it comes by
 */
export async function* snapshotFiles(
  { context, kube }: Target,
  { at, folder }: Snapshot,
  blocks: Block[],
): AsyncGenerator<Content> {
  const { output, ended } = await startInPod(context, kube, at, ["tar", "-cf", "-", "-C", folder, "."]);
  const source = output[Symbol.asyncIterator]();
  const limit = Number.MAX_SAFE_INTEGER;
  const fix = "the pod or the connection to it ended meanwhile: back up again";
  const reading = { what: "it", limit, fix };
  const files = plainTarEntries(withoutEnd(source), `the snapshot in pod ${at.pod}`, reading);
  try {
    for await (const { name, size, pieces } of files) {
      const path = `prometheus/${name}`;
      if (!name.endsWith("/meta.json")) {
        yield { path, size, pieces };
        continue;
      }
      const text = await collect(pieces());
      blocks.push(toBlock(text.toString("utf8")));
      yield { path, size, pieces: () => once(text) };
    }
    // What fills up its last record: the command ends only when that is taken, too.
    while (!(await source.next()).done);
    await ended;
  } finally {
    await source.return?.();
  }
}

/** The reader ends its source at the archive's end, before the sender is done. */
function withoutEnd(source: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
}

function toBlock(meta: string): Block {
  const { ulid, minTime, maxTime, stats } = metaSchema.parse(JSON.parse(meta));
  const iso = (ms: number) => new Date(ms).toISOString();
  const samples = stats.numSamples ?? stats.numFloatSamples ?? 0;
  // A block ends before its maxTime.
  return { ulid, from: iso(minTime), to: iso(maxTime - 1), series: stats.numSeries ?? 0, samples };
}

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const piece of pieces) parts.push(piece);
  return Buffer.concat(parts);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
