import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkArchive, createJsonContent, writeArchive } from "../../src/backup/archive.ts";
import type { Manifest, Part } from "../../src/backup/manifest.ts";
import { restoreBackup } from "../../src/backup/restore.ts";
import { createHost } from "../../src/host/create.ts";
import { tarGz } from "../sources/archives.ts";
import { startStack, ulid } from "./support/stack.ts";

const host = await createHost();
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-archive-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const time = "2026-11-20T10:00:00.000Z";

function manifest(parts: readonly Part[]): Manifest {
  const block = { ulid, from: time, to: time, series: 1, samples: 1 };
  const probe = { query: "count(up)", time: 1, value: "1" };
  const { ulid: _, ...span } = block;
  const prometheus = { version: "3.5.3", ...span, blocks: [block], probe };
  return { format: 1, monstack: "0.1.0", createdAt: time, prometheus, parts: [...parts] };
}

const index = { name: `prometheus/${ulid}/index`, content: "index" };
const partOf = ({ name, content }: { name: string; content: string }): Part => ({
  path: name,
  bytes: content.length,
  sha256: createHash("sha256").update(content).digest("hex"),
});
const manifestOf = (value: unknown) => ({ name: "manifest.json", content: JSON.stringify(value) });

/** A file as `restore` is given it, and what becomes of a stack that it is restored into. */
async function refusal(bytes: Uint8Array): Promise<{ message: string; exitCode: number; changes: string[] }> {
  const file = join(folder, "given.tar.gz");
  await writeFile(file, bytes);
  await using stack = await startStack();
  const error = await restoreBackup(stack.target, file).then(
    () => undefined,
    (thrown: { message: string; exitCode: number }) => thrown,
  );
  if (error === undefined) throw new Error("it was restored");
  return { message: error.message, exitCode: error.exitCode, changes: stack.changes() };
}

async function wholeArchive(): Promise<Buffer> {
  const file = join(folder, "whole.tar.gz");
  const contents = async function* () {
    yield createJsonContent("alertmanager/silences.json", []);
    yield createJsonContent(index.name, "x".repeat(5_000));
  };
  await writeArchive(host, file, contents(), async (parts) => manifest(parts));
  return await readFile(file);
}

describe("an archive", () => {
  it("is one that tar(1) reads, with the manifest at its end", async () => {
    await wholeArchive();
    const file = join(folder, "whole.tar.gz");
    const names = execFileSync("tar", ["-tzf", file], { encoding: "utf8" }).trim().split("\n");
    expect(names).toEqual(["alertmanager/silences.json", index.name, "manifest.json"]);
    const text = execFileSync("tar", ["-xzOf", file, "manifest.json"], { encoding: "utf8" });
    expect(await checkArchive(host, file)).toEqual(JSON.parse(text));
  });

  it.each<[string, (whole: Buffer) => Uint8Array, RegExp]>([
    [
      "that is cut off",
      (whole) => whole.subarray(0, whole.length - 40),
      /not a whole \.tar\.gz|is incomplete/,
    ],
    ["with a changed byte", (whole) => flipped(whole), /prometheus\/.*\/index is not as it was written/],
    ["that is something else", () => Buffer.from("a text"), /not a whole \.tar\.gz/],
    ["that is empty", () => Buffer.alloc(0), /not a whole \.tar\.gz|is incomplete/],
    ["without a manifest", () => tarGz(index), /there is no manifest\.json in it/],
    [
      "without a part",
      () => tarGz(manifestOf(manifest([partOf(index)]))),
      /prometheus\/.*\/index is missing/,
    ],
    [
      "with a part too many",
      () => tarGz(index, { name: "prometheus/../wal", content: "x" }, manifestOf(manifest([partOf(index)]))),
      /prometheus\/\.\.\/wal is not in its manifest/,
    ],
    [
      "with a name that leads elsewhere",
      () => {
        const evil = { name: `prometheus/${ulid}/../../wal/000`, content: "x" };
        return tarGz(evil, manifestOf(manifest([partOf(evil)])));
      },
      /wrong at parts\.0\.path: a file that no backup has/,
    ],
    [
      "of a later format",
      () => tarGz(manifestOf({ ...manifest([]), format: 2 })),
      /its format is 2, and this monstack reads format 1/,
    ],
  ])("%s is refused before anything is changed", async (_, damage, words) => {
    const { message, exitCode, changes } = await refusal(damage(await wholeArchive()));
    expect(message).toMatch(words);
    expect(message).toMatch(/given\.tar\.gz is not a whole backup, and nothing was changed: /);
    expect(exitCode).toBe(2);
    expect(changes).toEqual([]);
  });

  it("that isn't there is said so", async () => {
    await expect(checkArchive(host, join(folder, "nowhere"))).rejects.toThrow(/backup not found: .*nowhere/);
  });

  it("of which nothing is left when its contents end in an error", async () => {
    const file = join(folder, "broken.tar.gz");
    const contents = async function* () {
      yield createJsonContent(index.name, "x");
      throw new Error("the pod is gone");
    };
    const writing = writeArchive(host, file, contents(), async (parts) => manifest(parts));
    await expect(writing).rejects.toThrow("the pod is gone");
    expect(await host.files.list(folder)).not.toContain("broken.tar.gz");
    expect((await host.files.list(folder)).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});

/** The archive with a byte of a part changed before it was compressed: only the manifest can tell. */
function flipped(whole: Buffer): Buffer {
  const tar = gunzipSync(whole);
  const at = tar.indexOf("xxxxx");
  tar[at] = "y".charCodeAt(0);
  return gzipSync(tar);
}
