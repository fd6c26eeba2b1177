import { tarEnd, tarHeader, tarPadding } from "../archive/tar-writer.ts";
import { eachOnce } from "../host/each-once.ts";
import type { Host } from "../host/host.ts";
import type { StagedPart } from "./content.ts";
import { Manifest, manifestName } from "./manifest.ts";

/**
 * Writes a bundle: the manifest, then its parts in its order. The file has its name only when it is whole.
 * @returns what it says of itself, and its bytes
 */
export async function writeBundle(
  host: Host,
  file: string,
  about: Omit<Manifest, "parts">,
  staged: readonly StagedPart[],
): Promise<{ manifest: Manifest; bytes: number }> {
  const parts = staged.map(({ file: _, ...part }) => part);
  const manifest = Manifest.parse({ ...about, parts });
  const text = Buffer.from(`${JSON.stringify(manifest, undefined, 2)}\n`);
  let bytes = 0;
  const counted = async function* () {
    for await (const piece of tarOf(host, text, staged)) {
      bytes += piece.byteLength;
      yield piece;
    }
  };
  await host.files.write(file, counted());
  return { manifest, bytes };
}

async function* tarOf(
  host: Host,
  manifest: Uint8Array,
  staged: readonly StagedPart[],
): AsyncGenerator<Uint8Array> {
  const modifiedAt = host.now();
  yield tarHeader({ name: manifestName, size: manifest.byteLength, modifiedAt });
  yield manifest;
  yield tarPadding(manifest.byteLength);
  for (const { path, bytes, file } of staged) {
    yield tarHeader({ name: path, size: bytes, modifiedAt });
    let left = bytes;
    for await (const piece of eachOnce(host.files.stream(file))) {
      left -= piece.byteLength;
      yield piece;
    }
    if (left !== 0) throw new Error(`${file} changed while it was written into the bundle as ${path}`);
    yield tarPadding(bytes);
  }
  yield tarEnd;
}
