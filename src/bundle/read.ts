import { strictTarFiles, type TarFile } from "../archive/tar.ts";
import type { Host } from "../host/host.ts";
import { InstallError, messageOf, UserError } from "../lib/errors.ts";
import { checkedPieces } from "./content.ts";
import { Manifest, manifestName, type Part, refusal } from "./manifest.ts";

/** Bytes; one of a thousand images has less than a hundredth of it. */
const mostManifest = 16 * 1024 ** 2;

/**
 * What a bundle says that it holds. Only its beginning is read.
 * @throws UserError when there is none, or it is something else or of a later format
 */
export async function readManifest(host: Host, file: string): Promise<Manifest> {
  return await reading(host, file, async (files) => await firstOf(file, files));
}

/**
 * Reads a bundle to its end. Each part is handed to `take` without its compression, in pieces that end in an error when
 * they are not what the manifest says; what `take` leaves is read and compared all the same, unless it answers `enough`.
 * @throws UserError that names the first part that is wrong, missing or too many, and whatever `take` throws
 */
export async function readBundle(
  host: Host,
  file: string,
  take: (part: Part, pieces: AsyncIterable<Uint8Array>) => Promise<"enough" | undefined>,
): Promise<Manifest> {
  return await reading(host, file, async (files) => {
    const manifest = await firstOf(file, files);
    let read = 0;
    for await (const entry of files) {
      const part = expected(file, manifest.parts, read, entry);
      const pieces = checkedPieces(file, part, entry.pieces());
      if ((await take(part, pieces)) === "enough") return manifest;
      for await (const _ of pieces);
      read += 1;
    }
    const missing = manifest.parts[read];
    if (missing) throw refusal(file, `${missing.path} is missing`);
    return manifest;
  });
}

async function reading<T>(
  host: Host,
  file: string,
  use: (files: AsyncGenerator<TarFile, void>) => Promise<T>,
): Promise<T> {
  if (!(await host.files.exists(file)))
    throw new UserError(`there is no bundle ${file}`, {
      fix: "name the file that `monstack bundle create -o FILE` wrote",
    });
  const files = strictTarFiles(host.files.stream(file), file);
  try {
    return await use(files);
  } catch (cause) {
    // The reader's own words: no tar archive, cut off, a link in it.
    if (cause instanceof InstallError && cause.message.startsWith(`${file}: `))
      throw refusal(file, messageOf(cause).slice(file.length + 2), { cause });
    throw cause;
  } finally {
    await files.return(undefined);
  }
}

async function firstOf(file: string, files: AsyncGenerator<TarFile, void>): Promise<Manifest> {
  const { value: first } = await files.next();
  if (!first) throw refusal(file, "it is empty");
  if (first.name !== manifestName)
    throw refusal(
      file,
      `it begins with ${JSON.stringify(first.name)}, and a bundle with its ${manifestName}`,
    );
  if (first.size > mostManifest) throw refusal(file, `its ${manifestName} has ${first.size} bytes`);
  const parts: Uint8Array[] = [];
  for await (const piece of first.pieces()) parts.push(piece);
  return parseManifest(file, Buffer.concat(parts).toString("utf8"));
}

function parseManifest(file: string, text: string): Manifest {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw refusal(file, `its ${manifestName} is no JSON`, { cause });
  }
  const { format, monstack } = (data ?? {}) as { format?: unknown; monstack?: unknown };
  if (typeof format === "number" && format !== 1) {
    const maker =
      typeof monstack === "string" ? `monstack ${monstack}, which made it` : "the monstack that made it";
    throw new UserError(`${file} is a bundle of format ${format}, and this monstack reads format 1`, {
      fix: `use ${maker}, or make another one with this monstack`,
    });
  }
  const parsed = Manifest.safeParse(data);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  throw refusal(
    file,
    `its ${manifestName} is wrong at ${first?.path.join(".") || "its top"}: ${first?.message}`,
  );
}

/** The part that this entry must be. */
function expected(file: string, parts: readonly Part[], index: number, { name, size }: TarFile): Part {
  const part = parts[index];
  const shown = JSON.stringify(name);
  const at = parts.findIndex(({ path }) => path === name);
  if (at < 0) throw refusal(file, `${shown} is not in its manifest`);
  if (part === undefined || at < index) throw refusal(file, `${shown} is in it twice`);
  if (at > index) throw refusal(file, `${part.path} is missing`);
  if (size !== part.bytes)
    throw refusal(file, `${part.path} has ${size} bytes, and by its manifest ${part.bytes}`);
  return part;
}
