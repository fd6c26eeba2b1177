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
import { closeDataFolders, openDataFolders } from "./data-folder.ts";
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
  readonly container: Container;
  readonly folder: string;
  /** Ends the helper container, if one was started to reach the snapshot. */
  readonly close: () => Promise<void>;
}

/**
 * Makes Prometheus write a snapshot, and finds the pod that contains it: with replicas, the service leads to any of
 * them.
 * @param dataDir path of the data folder in Prometheus' own container
 * @throws InstallError if no pod has the snapshot
 */
export async function makeSnapshot(
  target: Target,
  prometheus: HttpEndpoint,
  dataDir: string,
): Promise<Snapshot> {
  const { context, kube } = target;
  const dataFolders = await openDataFolders(target, prometheus, dataDir);
  try {
    const name = await takeSnapshot(context, prometheus);
    for (const dataFolder of dataFolders) {
      const folder = `${dataFolder.path}/snapshots/${name}`;
      const findCommand = ["sh", "-c", 'if [ -d "$1" ]; then echo here; fi', "sh", folder];
      if ((await runInPod(context, kube, dataFolder.container, findCommand)).trim() !== "here") continue;
      await closeDataFolders(dataFolders.filter((otherFolder) => otherFolder !== dataFolder));
      return { container: dataFolder.container, folder, close: dataFolder.close };
    }
    const pods = dataFolders.map(({ container }) => container.pod).join(", ");
    throw new InstallError(`the snapshot ${name} is in none of Prometheus' pods: ${pods}`);
  } catch (error) {
    await closeDataFolders(dataFolders);
    throw error;
  }
}

/** Removes a snapshot from its pod, and ends the helper container if there is one. */
export async function removeSnapshot(
  { context, kube }: Target,
  { container, folder, close }: Snapshot,
): Promise<void> {
  await runInPod(context, kube, container, ["rm", "-rf", folder]).finally(close);
}

/**
 * Yields the files of a snapshot's blocks, streamed out of the pod.
 * @param blocks gets a description of each block while the files are read
 */
export async function* readSnapshotFiles(
  { context, kube }: Target,
  { container, folder }: Snapshot,
  blocks: Block[],
): AsyncGenerator<Content> {
  const { output, ended } = await startInPod(context, kube, container, [
    "tar",
    "-cf",
    "-",
    "-C",
    folder,
    ".",
  ]);
  const source = output[Symbol.asyncIterator]();
  const limit = Number.MAX_SAFE_INTEGER;
  const fix = "the pod or the connection to it ended meanwhile: back up again";
  const readOptions = { what: "it", limit, fix };
  const files = readTarEntries(withoutEnd(source), `the snapshot in pod ${container.pod}`, readOptions);
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
    // Reads the padding of the last record too. The command ends only when all its output is read.
    while (!(await source.next()).done);
    await ended;
  } finally {
    await source.return?.();
  }
}

/**
 * Returns the source without its `return` method: the reader would end the source at the archive's end, before the
 * command has sent its padding.
 */
function withoutEnd(source: AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => source.next() }) };
}

/** Returns the description of a block from the text of its meta.json. */
function parseBlock(meta: string): Block {
  const { ulid, minTime, maxTime, stats } = metaSchema.parse(JSON.parse(meta));
  const formatTime = (ms: number) => new Date(ms).toISOString();
  const samples = stats.numSamples ?? stats.numFloatSamples ?? 0;
  // maxTime is exclusive.
  return {
    ulid,
    from: formatTime(minTime),
    to: formatTime(maxTime - 1),
    series: stats.numSeries ?? 0,
    samples,
  };
}

/** The outcome of restoring the blocks into one pod. */
export interface BlocksRestored {
  readonly pod: string;
  /** ULIDs of the blocks that were added. */
  readonly added: readonly string[];
  /** ULIDs of the blocks that the pod had already. */
  readonly existing: readonly string[];
}

/**
 * The ending of a folder's name with which Prometheus marks an unfinished block. Prometheus removes such a folder of a
 * killed restore at its next start.
 */
const unfinishedEnding = ".tmp-for-creation";

/** Bytes that must stay free in the volume for Prometheus itself. */
const spareBytes = 64 * 1024 * 1024;

/**
 * Writes an archive's blocks into the data folder of each of Prometheus' pods. Writes them under temporary names and
 * renames them afterwards, so that Prometheus never reads an unfinished block.
 * @param dataDir path of the data folder in Prometheus' own container
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
  const dataFolders = await openDataFolders(target, prometheus, dataDir);
  try {
    const results: BlocksRestored[] = [];
    for (const { container, path } of dataFolders) {
      const existingUlids = await listExistingBlocks(target, container, path, manifest);
      const missingUlids = manifest.prometheus.blocks
        .map(({ ulid }) => ulid)
        .filter((ulid) => !existingUlids.includes(ulid));
      if (missingUlids.length > 0)
        await addBlocks(target, container, { file, manifest, dataDir: path, ulids: missingUlids });
      results.push({ pod: container.pod, added: missingUlids, existing: existingUlids });
    }
    return results;
  } finally {
    await closeDataFolders(dataFolders);
  }
}

/** Returns the ULIDs of the archive's blocks that the data folder has already. */
async function listExistingBlocks(
  { context, kube }: Target,
  container: Container,
  dataDir: string,
  { prometheus: { blocks } }: Manifest,
): Promise<string[]> {
  // $1 is the data folder, then the names of the blocks.
  const listBlocksScript =
    'cd "$1" && shift && for block; do if [ -d "$block" ]; then echo "$block"; fi; done';
  const command = ["sh", "-c", listBlocksScript, "sh", dataDir, ...blocks.map(({ ulid }) => ulid)];
  return (await runInPod(context, kube, container, command)).split("\n").filter((line) => line !== "");
}

/** Which blocks of an archive are added to which data folder. */
interface Addition {
  readonly file: string;
  readonly manifest: Manifest;
  readonly dataDir: string;
  readonly ulids: readonly string[];
}

/** Adds blocks to the data folder of a pod. If that fails, removes the unfinished ones. */
async function addBlocks(target: Target, container: Container, addition: Addition): Promise<void> {
  const { context, kube } = target;
  const { manifest, dataDir, ulids } = addition;
  const parts = manifest.parts.filter(({ path }) => ulids.includes(parseUlid(path) ?? ""));
  await checkFreeSpace(target, container, dataDir, parts);
  const size = computeTarSize([...listFolders(ulids).map(() => 0), ...parts.map(({ bytes }) => bytes)]);
  // Reads exactly $1 bytes, since the input can't be ended. $2 is the data folder.
  const unpackCommand = ["sh", "-c", 'head -c "$1" | tar -xf - -C "$2"', "sh", String(size), dataDir];
  try {
    const { output, ended } = await startInPod(
      context,
      kube,
      container,
      unpackCommand,
      createTar(target, addition),
    );
    for await (const _ of output);
    await ended;
    // $0 is the ending of unfinished names, $1 the data folder, then the names of the blocks; the same below.
    const renameScript = 'cd "$1" && shift && for block; do mv "$block$0" "$block" || exit 1; done';
    await runInPod(context, kube, container, ["sh", "-c", renameScript, unfinishedEnding, dataDir, ...ulids]);
  } catch (error) {
    const removeScript = 'cd "$1" && shift && for block; do rm -rf "$block$0"; done';
    const uninterruptedContext = { ...context, signal: new AbortController().signal };
    await runInPod(uninterruptedContext, kube, container, [
      "sh",
      "-c",
      removeScript,
      unfinishedEnding,
      dataDir,
      ...ulids,
    ]).catch(() => undefined);
    throw error;
  }
}

/**
 * Throws if the volume is too small for the blocks, because a full volume stops Prometheus. @throws InstallError with
 * the sizes
 */
async function checkFreeSpace(
  { context, kube }: Target,
  container: Container,
  dataDir: string,
  parts: readonly Part[],
): Promise<void> {
  const neededBytes = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const output = await runInPod(context, kube, container, ["df", "-Pk", dataDir]);
  const freeBytes = Number(output.trim().split("\n").at(-1)?.split(/\s+/)[3]) * 1024;
  if (Number.isFinite(freeBytes) && freeBytes < neededBytes + spareBytes) {
    throw new InstallError(
      `Prometheus' volume has ${formatBytes(freeBytes)} free, and the blocks take ${formatBytes(neededBytes)}`,
      { fix: "give it a larger volume (server.persistentVolume.size), or a shorter retention" },
    );
  }
}

/** Yields a tar archive of the blocks' files below the folders' unfinished names. */
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
    yield* writeTarFile({ name: `${ulid}${unfinishedEnding}/${inBlock}`, size, modifiedAt }, pieces());
  }
  yield tarEnd;
}

/** Returns the folders of the unfinished blocks, parents first. */
function listFolders(ulids: readonly string[]): string[] {
  return ulids.flatMap((ulid) => [`${ulid}${unfinishedEnding}/`, `${ulid}${unfinishedEnding}/chunks/`]);
}

/** Returns the ULID of the block to which a path of the archive belongs; undefined for any other path. */
function parseUlid(path: string): string | undefined {
  return /^prometheus\/([^/]+)\//.exec(path)?.[1];
}
