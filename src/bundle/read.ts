import { text } from "node:stream/consumers";
import { readStrictTarFiles, type TarFile } from "../archive/tar.ts";
import { blockSize } from "../archive/tar-header.ts";
import { tarEnd } from "../archive/tar-writer.ts";
import type { Host } from "../host/host.ts";
import { describeError, InstallError, UserError } from "../lib/errors.ts";
import { readCheckedContent } from "./content.ts";
import { bundleFormat, createInvalidBundleError, Manifest, manifestName, type Part } from "./manifest.ts";

/** Bytes. The manifest of a thousand images has less than a hundredth of it. */
const maxManifestBytes = 16 * 1024 ** 2;

/**
 * Reads a bundle's manifest, which is at its beginning.
 * @throws UserError if the file does not exist, is not a bundle, or has a later format
 */
export async function readManifest(host: Host, file: string): Promise<Manifest> {
  return await openBundle(host, file, async (files) => await readFirst(file, files));
}

/**
 * Reads a bundle to its end. `take` gets each part decompressed, in pieces that end in an error if they are not what the
 * manifest says. The pieces that `take` leaves are read and compared too, unless it returns `enough`.
 * @throws UserError that names the first part that is wrong, missing or superfluous, and whatever `take` throws
 */
export async function readBundle(
  host: Host,
  file: string,
  take: (part: Part, pieces: AsyncIterable<Uint8Array>) => Promise<"enough" | undefined>,
): Promise<Manifest> {
  return await openBundle(host, file, async (files) => {
    const manifest = await readFirst(file, files);
    let read = 0;
    for await (const entry of files) {
      const part = expectPart(file, manifest.parts, read, entry);
      const pieces = readCheckedContent(file, part, entry.pieces());
      if ((await take(part, pieces)) === "enough") return manifest;
      for await (const _ of pieces);
      read += 1;
    }
    const missing = manifest.parts[read];
    if (missing) throw createInvalidBundleError(file, `${missing.path} is missing`);
    return manifest;
  });
}

/**
 * Returns where each part's bytes lie in a bundle: a header stands before each, and its last block is filled up.
 * @throws UserError if the file is shorter or longer than its parts
 */
export async function locateParts(
  host: Host,
  file: string,
  { parts }: Manifest,
): Promise<ReadonlyMap<string, number>> {
  const manifest = await openBundle(host, file, async (files) => (await files.next()).value);
  const places = new Map<string, number>();
  let at = padToBlock(blockSize + (manifest?.size ?? 0));
  for (const { path, bytes } of parts) {
    places.set(path, at + blockSize);
    at = padToBlock(at + blockSize + bytes);
  }
  const found = await host.files.stat(file);
  // What a link leads to has another size than the link.
  if (found?.kind === "file" && found.bytes < at + tarEnd.byteLength)
    throw createInvalidBundleError(file, "it is incomplete");
  return places;
}

function padToBlock(bytes: number): number {
  return Math.ceil(bytes / blockSize) * blockSize;
}

async function openBundle<T>(
  host: Host,
  file: string,
  use: (files: AsyncGenerator<TarFile, void>) => Promise<T>,
): Promise<T> {
  if (!(await host.files.exists(file)))
    throw new UserError(`bundle not found: ${file}`, {
      fix: "name the file that `monstack bundle create -o FILE` wrote",
    });
  const files = readStrictTarFiles(host.files.stream(file), file);
  try {
    return await use(files);
  } catch (cause) {
    // The tar reader's error: not a tar archive, incomplete, a link in it.
    if (cause instanceof InstallError && cause.message.startsWith(`${file}: `))
      throw createInvalidBundleError(file, describeError(cause).slice(file.length + 2), { cause });
    throw cause;
  } finally {
    await files.return(undefined);
  }
}

async function readFirst(file: string, files: AsyncGenerator<TarFile, void>): Promise<Manifest> {
  const { value: first } = await files.next();
  if (!first) throw createInvalidBundleError(file, "it is empty");
  if (first.name !== manifestName)
    throw createInvalidBundleError(
      file,
      `it begins with ${JSON.stringify(first.name)}, and a bundle with its ${manifestName}`,
    );
  if (first.size > maxManifestBytes)
    throw createInvalidBundleError(file, `its ${manifestName} has ${first.size} bytes`);
  return parseManifest(file, await text(first.pieces()));
}

function parseManifest(file: string, json: string): Manifest {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw createInvalidBundleError(file, `its ${manifestName} is not JSON`, { cause });
  }
  const { format, monstack } = (data ?? {}) as { format?: unknown; monstack?: unknown };
  if (typeof format === "number" && format !== bundleFormat) {
    const maker =
      typeof monstack === "string" ? `monstack ${monstack}, which made it` : "the monstack that made it";
    throw new UserError(
      `${file} is a bundle of format ${format}, and this monstack reads format ${bundleFormat}`,
      {
        fix: `use ${maker}, or make another one with this monstack`,
      },
    );
  }
  const parsed = Manifest.safeParse(data);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw createInvalidBundleError(
    file,
    `its ${manifestName} is wrong at ${first?.path.join(".") || "its top"}: ${first?.message}`,
  );
}

/** Returns the part that must come here. @throws UserError if the entry is another one */
function expectPart(file: string, parts: readonly Part[], index: number, { name, size }: TarFile): Part {
  const part = parts[index];
  const shown = JSON.stringify(name);
  const at = parts.findIndex(({ path }) => path === name);
  if (at < 0) throw createInvalidBundleError(file, `${shown} is not in its manifest`);
  if (part === undefined || at < index) throw createInvalidBundleError(file, `${shown} is in it twice`);
  if (at > index) throw createInvalidBundleError(file, `${part.path} is missing`);
  if (size !== part.bytes)
    throw createInvalidBundleError(file, `${part.path} has ${size} bytes, and by its manifest ${part.bytes}`);
  return part;
}
