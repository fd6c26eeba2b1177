import { createHash } from "node:crypto";
import { join } from "node:path";
import { plainTarEntries } from "../archive/tar.ts";
import type { Context } from "../host/host.ts";
import { InstallError, messageOf } from "../lib/errors.ts";
import { clusterName, type ImageArchive } from "../lib/image.ts";
import { archiveOf, blobName, readImageArchive } from "../sources/images/archive.ts";
import type { Descriptor } from "../sources/images/content.ts";
import { type Containerd, exportImage } from "./containerd.ts";

const fix =
  "something has given the cluster another image of this name, or has changed or cut short what containerd keeps: run `bundle create` again";

/** Beside the layers an export has documents and headers. */
const room = 64 * 1024 ** 2;

/**
 * An image as the cluster's containerd has it, as the archive that its digest proves. The layers come from the export; the
 * index, which containerd doesn't keep, and with it the way from the locked digest to them, from the archive in the cache.
 * @param folder an empty one, for what lies there until the pieces are read
 * @throws InstallError when containerd doesn't give it out, or gives out something else
 */
export async function exportedImage(
  context: Context,
  containerd: Containerd,
  archive: ImageArchive,
  folder: string,
): Promise<AsyncGenerator<Uint8Array>> {
  const { host } = context;
  const { image } = archive;
  const parts = await readImageArchive(host, archive.path, archive);
  const file = join(folder, "export.tar");
  await host.files.mkdir(folder);
  await exportImage(context, containerd, clusterName(image), file).catch((cause: unknown) => {
    throw new InstallError(`containerd doesn't give out ${image}: ${messageOf(cause)}`, {
      cause,
      fix: "the temporary folder (TMPDIR) needs room for the image twice; and where content is not found, containerd was told to discard it (discard_unpacked_layers in k3s' template of its configuration): take that out",
    });
  });
  const paths = await unpack(context, image, file, parts.layers, folder);
  await host.files.remove(file);
  return archiveOf(image, parts, ({ digest }) => host.files.stream(paths.get(digest) ?? ""));
}

/** @returns the layers' files by their digests */
async function unpack(
  { host }: Context,
  image: string,
  file: string,
  layers: readonly Descriptor[],
  folder: string,
): Promise<Map<string, string>> {
  const wanted = new Map(layers.map((layer) => [blobName(layer.digest), layer]));
  const limit = layers.reduce((sum, { size }) => sum + size, room);
  const what = `containerd's export of ${image}`;
  const paths = new Map<string, string>();
  const reading = { what, limit, fix };
  for await (const { name, pieces } of plainTarEntries(host.files.stream(file), what, reading)) {
    const layer = wanted.get(name);
    if (layer === undefined) continue;
    const path = join(folder, layer.digest.slice("sha256:".length));
    const hash = createHash("sha256");
    const hashed = async function* () {
      for await (const piece of pieces()) {
        hash.update(piece);
        yield piece;
      }
    };
    await host.files.write(path, hashed());
    if (`sha256:${hash.digest("hex")}` !== layer.digest)
      throw new InstallError(`${what}: ${layer.digest} in it is not what it is called`, { fix });
    paths.set(layer.digest, path);
  }
  const missing = layers.find(({ digest }) => !paths.has(digest));
  if (missing)
    throw new InstallError(`${what} lacks ${missing.digest}: it is another image than the lock's`, { fix });
  return paths;
}
