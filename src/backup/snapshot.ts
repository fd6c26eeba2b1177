import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { z } from "zod";
import { readTarEntries } from "../archive/tar.ts";
import { computeTarSize, createTarHeader, tarEnd, writeTarFile } from "../archive/tar-writer.ts";
import { InstallError } from "../lib/errors.ts";
import { formatBytes } from "../lib/quantity.ts";
import type { HttpEndpoint } from "../stack/stack.ts";
import { takeSnapshot } from "./admin-api.ts";
import { type Content, readArchiveFiles } from "./archive.ts";
import { closeAll, openDataFolders } from "./data-folder.ts";
import { type Container, runInPod, startInPod } from "./exec.ts";
import type { Block, Manifest, Part } from "./manifest.ts";
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
  const stores = await openDataFolders(target, prometheus, dataDir);
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
 * Yields the files of a snapshot's blocks, streamed out of the pod.
 * @param blocks collects a description of each block as it passes
 */
export async function* readSnapshotFiles(
  { context, kube }: Target,
  { at, folder }: Snapshot,
  blocks: Block[],
): AsyncGenerator<Content> {
  const { output, ended } = await startInPod(context, kube, at, ["tar", "-cf", "-", "-C", folder, "."]);
  const source = output[Symbol.asyncIterator]();
  const limit = Number.MAX_SAFE_INTEGER;
  const fix = "the pod or the connection to it ended meanwhile: back up again";
  const reading = { what: "it", limit, fix };
  const files = readTarEntries(withoutEnd(source), `the snapshot in pod ${at.pod}`, reading);
  try {
    for await (const { name, size, pieces } of files) {
      const path = `prometheus/${name}`;
      if (!name.endsWith("/meta.json")) {
        yield { path, size, pieces };
        continue;
      }
      const meta = await buffer(pieces());
      blocks.push(parseBlock(meta.toString("utf8")));
      yield { path, size, pieces: () => Readable.from([meta]) };
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

function parseBlock(meta: string): Block {
  const { ulid, minTime, maxTime, stats } = metaSchema.parse(JSON.parse(meta));
  const iso = (ms: number) => new Date(ms).toISOString();
  const samples = stats.numSamples ?? stats.numFloatSamples ?? 0;
  // A block ends before its maxTime.
  return { ulid, from: iso(minTime), to: iso(maxTime - 1), series: stats.numSeries ?? 0, samples };
}

/** What became of the blocks in one pod. */
export interface BlocksRestored {
  readonly pod: string;
  /** ULIDs. */
  readonly added: readonly string[];
  /** ULIDs of those that the pod had already. */
  readonly there: readonly string[];
}

/** Prometheus' own mark of a block that is being written: what a killed restore leaves goes at its next start. */
const unfinished = ".tmp-for-creation";

/** Room that must stay free in the volume, for Prometheus itself. */
const spareBytes = 64 * 1024 * 1024;

/**
 * Puts an archive's blocks into the data folder of each of Prometheus' pods: first beside their place, then each is
 * renamed, so that Prometheus never sees a part of one.
 * @param dataDir as the container sees it
 */
export async function restoreBlocks(
  target: Target,
  prometheus: HttpEndpoint,
  {
    file,
    manifest,
    dataDir,
  }: { readonly file: string; readonly manifest: Manifest; readonly dataDir: string },
): Promise<BlocksRestored[]> {
  const stores = await openDataFolders(target, prometheus, dataDir);
  try {
    const done: BlocksRestored[] = [];
    for (const { at, path } of stores) {
      const there = await presentBlocks(target, at, path, manifest);
      const missing = manifest.prometheus.blocks
        .map(({ ulid }) => ulid)
        .filter((ulid) => !there.includes(ulid));
      if (missing.length > 0) await addBlocks(target, at, { file, manifest, dataDir: path, ulids: missing });
      done.push({ pod: at.pod, added: missing, there });
    }
    return done;
  } finally {
    await closeAll(stores);
  }
}

async function presentBlocks(
  { context, kube }: Target,
  at: Container,
  dataDir: string,
  { prometheus: { blocks } }: Manifest,
): Promise<string[]> {
  const look = 'cd "$1" && shift && for block; do if [ -d "$block" ]; then echo "$block"; fi; done';
  const command = ["sh", "-c", look, "sh", dataDir, ...blocks.map(({ ulid }) => ulid)];
  return (await runInPod(context, kube, at, command)).split("\n").filter((line) => line !== "");
}

interface Addition {
  readonly file: string;
  readonly manifest: Manifest;
  readonly dataDir: string;
  readonly ulids: readonly string[];
}

async function addBlocks(target: Target, at: Container, addition: Addition): Promise<void> {
  const { context, kube } = target;
  const { manifest, dataDir, ulids } = addition;
  const parts = manifest.parts.filter(({ path }) => ulids.includes(parseUlid(path) ?? ""));
  await checkRoom(target, at, dataDir, parts);
  const size = computeTarSize([...listFolders(ulids).map(() => 0), ...parts.map(({ bytes }) => bytes)]);
  // It reads as much as is sent: its input can't be ended.
  const unpack = ["sh", "-c", 'head -c "$1" | tar -xf - -C "$2"', "sh", String(size), dataDir];
  try {
    const { output, ended } = await startInPod(context, kube, at, unpack, createTar(target, addition));
    for await (const _ of output);
    await ended;
    const rename = 'cd "$1" && shift && for block; do mv "$block$0" "$block" || exit 1; done';
    await runInPod(context, kube, at, ["sh", "-c", rename, unfinished, dataDir, ...ulids]);
  } catch (error) {
    const remove = 'cd "$1" && shift && for block; do rm -rf "$block$0"; done';
    const calm = { ...context, signal: new AbortController().signal };
    await runInPod(calm, kube, at, ["sh", "-c", remove, unfinished, dataDir, ...ulids]).catch(
      () => undefined,
    );
    throw error;
  }
}

/** A full volume stops Prometheus. */
async function checkRoom(
  { context, kube }: Target,
  at: Container,
  dataDir: string,
  parts: readonly Part[],
): Promise<void> {
  const needed = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const answer = await runInPod(context, kube, at, ["df", "-Pk", dataDir]);
  const free = Number(answer.trim().split("\n").at(-1)?.split(/\s+/)[3]) * 1024;
  if (Number.isFinite(free) && free < needed + spareBytes) {
    throw new InstallError(
      `Prometheus' volume has ${formatBytes(free)} free, and the blocks take ${formatBytes(needed)}`,
      { fix: "give it a larger volume (server.persistentVolume.size), or a shorter retention" },
    );
  }
}

/** The blocks' files with the names that they have until they are whole. */
async function* createTar(
  { context }: Target,
  { file, manifest, ulids }: Addition,
): AsyncGenerator<Uint8Array> {
  const modifiedAt = Date.parse(manifest.createdAt);
  for (const name of listFolders(ulids)) yield createTarHeader({ name, size: 0, modifiedAt });
  for await (const { name, size, pieces } of readArchiveFiles(context.host, file)) {
    const ulid = parseUlid(name);
    if (ulid === undefined || !ulids.includes(ulid)) continue;
    const inBlock = name.slice(`prometheus/${ulid}/`.length);
    yield* writeTarFile({ name: `${ulid}${unfinished}/${inBlock}`, size, modifiedAt }, pieces());
  }
  yield tarEnd;
}

function listFolders(ulids: readonly string[]): string[] {
  return ulids.flatMap((ulid) => [`${ulid}${unfinished}/`, `${ulid}${unfinished}/chunks/`]);
}

function parseUlid(path: string): string | undefined {
  return /^prometheus\/([^/]+)\//.exec(path)?.[1];
}
