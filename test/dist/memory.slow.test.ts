import { createHash } from "node:crypto";
import { open, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createZstdCompress } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createTarHeader, tarEnd } from "../../src/archive/tar-writer.ts";
import type { Part } from "../../src/bundle/manifest.ts";
import { bundleLock, manifestEntry, manifestOf, tarOf } from "../bundle/support/bundles.ts";
import { emptyPlace, startBundle } from "./support/bundle.ts";

const size = 2 * 1024 ** 3;
/** 200 are promised, for a run that renders charts besides; without the small young generation (src/cli/main.ts) these take 170. */
const maxMebibytes = 155;
/** sha256 of that many zeros. */
const zeros = "a7c744c13cc101ed66c29f672f92455547889cc586ce6d44fe76ae824958ea51";

/** At its end a process tells what it had at most. */
const tell = `import { readFileSync } from "node:fs";
process.on("exit", () => process.stderr.write(/VmHWM.*/.exec(readFileSync("/proc/self/status", "utf8"))[0]));
`;

/** What monstack says, and the MiB that it had at most. */
async function peakOf({ cwd, env }: { cwd: string; env: Record<string, string> }, args: readonly string[]) {
  const file = join(cwd, "tell.mjs");
  await writeFile(file, tell);
  const told = { ...env, NODE_OPTIONS: `--import=${file}` };
  const { stdout, stderr } = await startBundle("cli.js", args, { cwd, env: told }).finished;
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(stderr) ?? [];
  return { said: stdout + stderr, mebibytes: Number(kilobytes) / 1024 };
}

/** A manifest with one further part: a chart, or a compressed tool. */
function manifestWith(part: Part) {
  const lock = bundleLock();
  const manifest = manifestOf([lock]);
  const chart = { name: "prometheus", version: "29.27.0", path: part.path };
  const download = { url: "https://tools.example/k3s", sha256: "a".repeat(64) };
  const tool = { name: "k3s" as const, version: "v1.36.3+k3s1", path: part.path, download };
  const described = part.path.startsWith("charts/") ? { charts: [chart] } : { tools: [tool] };
  return { lock, manifest: { ...manifest, ...described, parts: [...manifest.parts, part] } };
}

describe("memory stays small whatever the bundle's size", () => {
  it("when a part of 2 GiB is unpacked into the cache", async () => {
    const part = { path: `charts/${zeros}.tgz`, bytes: size, sha256: zeros };
    const { lock, manifest } = manifestWith(part);
    await using place = await emptyPlace();
    const file = join(place.cwd, "big.tar");
    const head = tarOf([manifestEntry(manifest), lock]).subarray(0, -tarEnd.length);
    const handle = await open(file, "w");
    await handle.writeFile(Buffer.concat([head, createTarHeader({ name: part.path, size, modifiedAt: 0 })]));
    // The zeros, and those of the archive's end: a sparse file.
    await handle.truncate((await handle.stat()).size + size + tarEnd.length);
    await handle.close();
    const { said, mebibytes } = await peakOf(place, ["plan", "--bundle", file]);
    expect(said).toContain("1 of its parts put into the cache");
    expect((await stat(join(place.env.HOME, ".cache/monstack/charts", `${zeros}.tgz`))).size).toBe(size);
    expect(mebibytes, said).toBeLessThan(maxMebibytes);
  }, 120_000);

  it("when a plan has upstream's code judge rules and Alertmanager's configuration", async () => {
    await using place = await emptyPlace();
    const rule = "  - {alert: A, expr: 'sum(rate(node_cpu_seconds_total[5m])) > 1'}\n";
    const files = {
      "rules.yml": `groups:\n- name: g\n  rules:\n${rule.repeat(2_000)}`,
      "am.yml": "route: {receiver: a}\nreceivers: [{name: a, webhook_config: []}]\n",
      "monstack.yaml": "rules: [rules.yml]\nalerting: {config: am.yml}\n",
    };
    for (const [name, text] of Object.entries(files)) await writeFile(join(place.cwd, name), text);
    const { said, mebibytes } = await peakOf(place, ["plan"]);
    expect(said).toContain("webhook_config");
    expect(mebibytes, said).toBeLessThan(maxMebibytes);
  }, 120_000);

  it("when what is compressed has 2 GiB", async () => {
    const { bytes, sha256 } = await compressedZeros();
    const unpacked = { bytes: size, sha256: zeros };
    const name = "tools/k3s.zst";
    const { lock, manifest } = manifestWith({ path: name, bytes: bytes.length, sha256, unpacked });
    await using place = await emptyPlace();
    const file = join(place.cwd, "big.tar");
    const handle = await open(file, "w");
    await handle.writeFile(tarOf([manifestEntry(manifest), lock, { name, bytes }]));
    await handle.close();
    const { said, mebibytes } = await peakOf(place, ["bundle", "verify", file]);
    expect(said).toContain("is whole");
    expect(mebibytes, said).toBeLessThan(maxMebibytes);
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
