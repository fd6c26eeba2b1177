import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { readTarEntries, readTarEntry } from "../../../src/archive/tar.ts";
import { createTarPadding, tarEnd } from "../../../src/archive/tar-writer.ts";
import { checkArchive } from "../../../src/backup/archive.ts";
import { readManifest } from "../../../src/bundle/read.ts";
import { createHost } from "../../../src/host/create.ts";
import { MonstackError } from "../../../src/lib/errors.ts";
import { inspectChart } from "../../../src/sources/charts/archive.ts";
import { target } from "../fuzz.ts";
import { longText, oddText, type Random } from "../random.ts";

const names = ["x/Chart.yaml", "x/values.yaml", "x/templates/a.yaml", "linux-amd64/helm", "manifest.json"];

function name(random: Random, folder: string): string {
  const outside = join(folder, "..", "beside", "canary");
  if (random.chance(0.5)) return random.pick(names);
  return random.pick([
    outside,
    "../beside/canary",
    "x/../../beside/canary",
    "C:\\x",
    oddText(random),
    `x/charts/${oddText(random)}.tgz`,
    longText(random).slice(0, 300),
  ]);
}

function pax(random: Random, folder: string): Buffer {
  const key = random.pick(["path", "linkpath", "size", "GNU.sparse.major", "mtime", oddText(random)]);
  const rest = ` ${key}=${name(random, folder)}\n`;
  return Buffer.from(`${random.chance(0.9) ? rest.length + 2 : random.number(0, 99)}${rest}`);
}

function entry(random: Random, folder: string): Buffer {
  const type = random.pick([
    "0",
    "0",
    "0",
    "",
    "1",
    "2",
    "3",
    "5",
    "7",
    "x",
    "g",
    "L",
    "K",
    "S",
    "D",
    "\x7f",
  ]);
  const isNaming = ["x", "g", "L", "K"].includes(type);
  const content = isNaming ? pax(random, folder) : Buffer.from(oddText(random));
  const header = Buffer.alloc(512);
  header.write(name(random, folder), 0, 100);
  header.write("0000644\0", 100);
  const size = random.chance(0.9) ? content.length.toString(8).padStart(11, "0") : oddText(random);
  header.write(size, 124, 12);
  header.write("        ", 148);
  header.write(type, 156);
  header.write(name(random, folder), 157, 100);
  header.write(random.pick(["ustar\x0000", "ustar\x0000", "ustar  \0", ""]), 257);
  if (random.chance(0.1)) header.write(name(random, folder), 345, 155);
  const sum = header.reduce((total, byte) => total + byte, 0);
  if (random.chance(0.95)) header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return Buffer.concat([header, content, createTarPadding(content.length)]);
}

function archive(random: Random, folder: string): Buffer {
  const whole = Buffer.concat([...random.list(6, () => entry(random, folder)), tarEnd]);
  for (let left = random.pick([0, 0, 0, 1, 5]); left > 0; left--)
    whole[random.number(0, whole.length - 1)] = random.number(0, 255);
  return random.chance(0.1) ? whole.subarray(0, random.number(0, whole.length)) : whole;
}

const host = await createHost({});

/** Each reader refuses it, or not; only what isn't a refusal is a finding. */
async function allOf(...reads: (() => Promise<unknown>)[]): Promise<void> {
  for (const read of reads)
    await read().catch((error: unknown) => {
      if (!(error instanceof MonstackError)) throw error;
    });
}

async function drain(path: string): Promise<void> {
  const reading = { what: "it", limit: 10_000_000 };
  for await (const { pieces } of readTarEntries(createReadStream(path), path, reading))
    for await (const _ of pieces());
}

export const archives = target({
  name: "archives",
  generate: archive,
  run: async (bytes, folder) => {
    const [plain, packed] = [join(folder, "a.tar"), join(folder, "a.tgz")];
    await writeFile(plain, bytes);
    await writeFile(packed, gzipSync(bytes, { level: 1 }));
    const wish = { matches: (one: string) => one.endsWith("/helm"), what: "helm", limit: 1_000_000 };
    await allOf(
      () => drain(plain),
      () => inspectChart(createReadStream(packed), packed),
      () => host.files.write(join(folder, "helm"), readTarEntry(host, packed, wish), 0o755),
      () => checkArchive(host, packed),
      () => readManifest(host, plain),
    );
  },
});
