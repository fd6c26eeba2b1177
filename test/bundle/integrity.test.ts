import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createTarHeader } from "../../src/archive/tar-writer.ts";
import { readBundle, readManifest } from "../../src/bundle/read.ts";
import { createMachine, type Machine } from "../sources/machine.ts";
import {
  bundleOf,
  type Entry,
  manifestEntry,
  manifestOf,
  tarOf,
  wholeParts,
  written,
} from "./support/bundles.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

/** Every part without its compression. */
async function contentsOf(file: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  await readBundle(machine.host, file, async ({ path }, pieces) => {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece);
    found.set(path, Buffer.concat(parts));
    return undefined;
  });
  return found;
}

async function refusal(bytes: Uint8Array): Promise<{ message: string; exitCode: number }> {
  const file = await written(machine.home, bytes);
  const error = await contentsOf(file).then(
    () => undefined,
    (thrown: { message: string; exitCode: number }) => thrown,
  );
  if (error === undefined) throw new Error("it was taken for whole");
  return error;
}

/** The bundle with one entry's bytes changed behind its manifest's back. */
function tampered(kind: string, change: (bytes: Buffer) => Buffer): Buffer {
  const parts = wholeParts();
  const changed = parts.map((part) =>
    part.name.startsWith(kind) ? { ...part, bytes: change(part.bytes) } : part,
  );
  return tarOf([manifestEntry(manifestOf(parts)), ...changed]);
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = copy.length >> 1;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** A bundle whose manifest says something else. */
function told(change: (manifest: ReturnType<typeof manifestOf>) => object): Buffer {
  const parts = wholeParts();
  return tarOf([manifestEntry(change(manifestOf(parts))), ...parts]);
}

function withEntry(name: string, typeflag: string): Buffer {
  const parts = wholeParts();
  const header = Buffer.from(createTarHeader({ name, size: 0, modifiedAt: 0 }));
  header.write(typeflag, 156, "latin1");
  header.write("        ", 148, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  const whole = tarOf([manifestEntry(manifestOf(parts)), ...parts]);
  return Buffer.concat([whole.subarray(0, -1024), header, Buffer.alloc(1024)]);
}

/** What unpacks to more than its manifest says. */
function bomb(): Buffer {
  const parts = wholeParts();
  const bytes = zstdCompressSync(Buffer.alloc(64 * 1024 ** 2));
  return bundleOf(parts.with(3, { ...(parts[3] as Entry), bytes }));
}

const renamed = (name: string): Buffer => {
  const parts = wholeParts();
  return tarOf([
    manifestEntry(manifestOf(parts)),
    ...parts.map((part, index) => (index === 4 ? { ...part, name } : part)),
  ]);
};

describe("a bundle", () => {
  it("is one that tar(1) reads, its manifest first; each part comes without its compression", async () => {
    const file = await written(machine.home, bundleOf());
    const names = execFileSync("tar", ["-tf", file], { encoding: "utf8" }).trim().split("\n");
    expect(names).toEqual(["manifest.json", ...wholeParts().map(({ name }) => name)]);
    const contents = await contentsOf(file);
    for (const { name, bytes, unpacked } of wholeParts())
      expect(contents.get(name)).toEqual(unpacked ?? bytes);
  });

  it("shows its manifest although the rest is damaged: only the beginning is read", async () => {
    const whole = bundleOf();
    const file = await written(machine.home, whole.subarray(0, whole.length - 3_000));
    expect(await readManifest(machine.host, file)).toEqual(manifestOf(wholeParts()));
  });

  it.each(["monstack.lock", "tools/k3s", "charts/", "dashboards/", "blobs/"])(
    "with a wrong byte in %s is refused by the part's name",
    async (kind) => {
      const { message, exitCode } = await refusal(tampered(kind, flipped));
      expect(message).toMatch(
        new RegExp(`given\\.tar is not a whole bundle: ${kind}\\S* is not as it was written$`),
      );
      expect(exitCode).toBe(2);
    },
  );

  it.each<[string, () => Uint8Array, RegExp]>([
    ["that is cut off in a part", () => bundleOf().subarray(0, -3_000), /: it is incomplete$/],
    ["that is cut off at its very end", () => bundleOf().subarray(0, -1024), /: it is incomplete$/],
    [
      "with data behind its end",
      () => Buffer.concat([bundleOf(), Buffer.from("x")]),
      /there is data behind its end/,
    ],
    [
      "with a part longer than told",
      () => tampered("charts/", (b) => Buffer.concat([b, b])),
      /charts\/.* has \d+ bytes, and by its manifest \d+/,
    ],
    [
      "whose compression ends otherwise",
      () => tampered("tools/kubectl", (b) => Buffer.concat([b.subarray(0, -1), Buffer.from([0])])),
      /tools\/kubectl\.zst is not as it was written/,
    ],
    [
      "without a part",
      () => tarOf([manifestEntry(manifestOf(wholeParts())), ...wholeParts().slice(0, -1)]),
      /blobs\/.* is missing/,
    ],
    [
      "without a part in its midst",
      () => tarOf([manifestEntry(manifestOf(wholeParts())), ...wholeParts().toSpliced(2, 1)]),
      /tools\/helm\.zst is missing/,
    ],
    [
      "with a part too many",
      () =>
        tarOf([
          manifestEntry(manifestOf(wholeParts())),
          ...wholeParts(),
          { name: "more", bytes: Buffer.from("x") },
        ]),
      /"more" is not in its manifest/,
    ],
    [
      "with a part twice",
      () => tarOf([manifestEntry(manifestOf(wholeParts())), ...wholeParts(), ...wholeParts().slice(0, 1)]),
      /"monstack\.lock" is in it twice/,
    ],
    [
      "with a name that leads elsewhere",
      () => renamed("charts/../../../etc/cron.d/x"),
      /"charts\/\.\.\/\.\.\/\.\.\/etc\/cron\.d\/x" is not in its manifest/,
    ],
    ["with an absolute name", () => renamed("/etc/cron.d/x"), /"\/etc\/cron\.d\/x" is not in its manifest/],
    [
      "with a symbolic link",
      () => withEntry("tools/k3s.zst", "2"),
      /"tools\/k3s\.zst" in it is not a file but a link or a folder/,
    ],
    ["with a hard link", () => withEntry("x", "1"), /"x" in it is not a file but a link or a folder/],
    ["that is a bomb", bomb, /tools\/kubectl\.zst unpacks to more than the 60 bytes that its manifest says/],
    [
      "whose manifest isn't first",
      () => tarOf([...wholeParts(), manifestEntry(manifestOf(wholeParts()))]),
      /it begins with "monstack\.lock", and a bundle with its manifest\.json/,
    ],
    [
      "whose manifest is not JSON",
      () => tarOf([{ name: "manifest.json", bytes: Buffer.from("format: 1") }]),
      /its manifest\.json is not JSON/,
    ],
    [
      "whose manifest lacks something",
      () => told(({ arch: _, ...rest }) => rest),
      /its manifest\.json is wrong at arch/,
    ],
    [
      "whose manifest names a path elsewhere",
      () =>
        told((m) => ({
          ...m,
          parts: m.parts.map((p, i) => (i === 1 ? { ...p, path: "tools/../k3s.zst" } : p)),
        })),
      /wrong at parts\.1\.path: a file that no bundle has/,
    ],
    [
      "whose manifest names a part twice",
      () => told((m) => ({ ...m, parts: [...m.parts, ...m.parts.slice(0, 1)] })),
      /monstack\.lock is there twice/,
    ],
    [
      "whose manifest takes a chart for a tool",
      () => told((m) => ({ ...m, tools: m.tools.map((t) => ({ ...t, path: m.charts[0]?.path })) })),
      /wrong at tools\.0\.path/,
    ],
    [
      "whose manifest has a part of nothing",
      () => told((m) => ({ ...m, images: [] })),
      /blobs\/.* belongs to no tool, chart, dashboard or image/,
    ],
    [
      "whose manifest lacks a part",
      () => told((m) => ({ ...m, parts: m.parts.slice(0, -1) })),
      /blobs\/.* is missing/,
    ],
    [
      "whose chart has another name than its sha256",
      () =>
        told((m) => ({
          ...m,
          parts: m.parts.map((p) => (p.path.startsWith("charts/") ? { ...p, sha256: "0".repeat(64) } : p)),
        })),
      /charts\/.* has another name than its sha256/,
    ],
    ["that is a text", () => Buffer.from("a text\n".repeat(200)), /: not a tar archive$/],
    [
      "that is a web page",
      () => Buffer.from(`<!doctype html><title>Not found</title>${" ".repeat(1_000)}`),
      /: not a tar archive$/,
    ],
    ["that is a short text", () => Buffer.from("404"), /: it is incomplete$/],
    ["that is noise", () => randomBytes(5_000), /: not a tar archive$/],
    ["that is empty", () => Buffer.alloc(0), /: it is incomplete$/],
    ["that is an empty archive", () => Buffer.alloc(1024), /: it is empty$/],
  ])("%s is refused", async (_, make, words) => {
    const { message, exitCode } = await refusal(make());
    expect(message).toMatch(/given\.tar is not a whole bundle: /);
    expect(message).toMatch(words);
    expect(exitCode).toBe(2);
  });

  it("of a later format is told as such, with who reads it", async () => {
    const later = tarOf([manifestEntry({ ...manifestOf([]), format: 3, monstack: "9.0.0" })]);
    const { message, exitCode, fix } = (await refusal(later)) as {
      message: string;
      exitCode: number;
      fix?: string;
    };
    expect(message).toMatch(/given\.tar is a bundle of format 3, and this monstack reads format 2/);
    expect([exitCode, fix]).toEqual([2, expect.stringContaining("monstack 9.0.0, which made it")]);
  });

  it("that isn't there is said so", async () => {
    await expect(readManifest(machine.host, join(machine.home, "nowhere"))).rejects.toThrow(
      /bundle not found: .*nowhere/,
    );
  });
});
