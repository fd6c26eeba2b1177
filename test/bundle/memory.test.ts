import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createZstdCompress } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { tarEnd, tarHeader } from "../../src/archive/tar-writer.ts";
import type { Part } from "../../src/bundle/manifest.ts";
import { bundleLock, manifestEntry, manifestOf, tarOf } from "./support/bundles.ts";

const size = 2 * 1024 ** 3;
const mostMebibytes = 200;
/** sha256 of that many zeros. */
const zeros = "a7c744c13cc101ed66c29f672f92455547889cc586ce6d44fe76ae824958ea51";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-memory-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** MiB that a process had at most, which did this with the bundle. */
function peakOf(action: "verify" | "unpack", file: string): number {
  const script = join(import.meta.dirname, "support", "peak.ts");
  const env = { PATH: process.env["PATH"], HOME: folder };
  return Number(execFileSync(process.execPath, [script, action, file], { env, encoding: "utf8" }));
}

function manifestWith(part: Part) {
  const lock = bundleLock();
  const manifest = manifestOf([lock]);
  const chart = { name: "prometheus", version: "29.27.0", path: part.path };
  const image = {
    image: "docker.io/grafana/grafana:13.2.0",
    digest: `sha256:${"d".repeat(64)}`,
    path: part.path,
  };
  const isChart = part.path.startsWith("charts/");
  return {
    lock,
    manifest: {
      ...manifest,
      ...(isChart ? { charts: [chart] } : { images: [image] }),
      parts: [...manifest.parts, part],
    },
  };
}

describe("memory stays small whatever the bundle's size", () => {
  it("when a part of 2 GiB is unpacked into the cache", async () => {
    const part = { path: `charts/${zeros}.tgz`, bytes: size, sha256: zeros };
    const { lock, manifest } = manifestWith(part);
    const file = join(folder, "big.tar");
    const head = tarOf([manifestEntry(manifest), lock]).subarray(0, -tarEnd.length);
    const handle = await open(file, "w");
    await handle.writeFile(Buffer.concat([head, tarHeader({ name: part.path, size, modifiedAt: 0 })]));
    // The zeros, and those of the archive's end: a sparse file.
    await handle.truncate((await handle.stat()).size + size + tarEnd.length);
    await handle.close();
    expect(peakOf("unpack", file)).toBeLessThan(mostMebibytes);
    expect((await stat(join(folder, ".cache/monstack/charts", `${zeros}.tgz`))).size).toBe(size);
  }, 120_000);

  it("when what is compressed has 2 GiB", async () => {
    const { bytes, sha256 } = await compressedZeros();
    const unpacked = { bytes: size, sha256: zeros };
    const name = `images/${zeros}.tar.zst`;
    const { lock, manifest } = manifestWith({ path: name, bytes: bytes.length, sha256, unpacked });
    const file = join(folder, "big.tar");
    const handle = await open(file, "w");
    await handle.writeFile(tarOf([manifestEntry(manifest), lock, { name, bytes }]));
    await handle.close();
    expect(peakOf("verify", file)).toBeLessThan(mostMebibytes);
  }, 120_000);
});

async function compressedZeros(): Promise<{ bytes: Buffer; sha256: string }> {
  const zstd = createZstdCompress();
  const parts: Buffer[] = [];
  zstd.on("data", (piece: Buffer) => parts.push(piece));
  const ended = new Promise((done) => zstd.once("end", done));
  const piece = Buffer.alloc(1024 ** 2);
  for (let left = size; left > 0; left -= piece.length)
    if (!zstd.write(piece)) await new Promise((done) => zstd.once("drain", done));
  zstd.end();
  await ended;
  const bytes = Buffer.concat(parts);
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}
