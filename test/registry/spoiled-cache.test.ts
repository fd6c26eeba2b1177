import { appendFile, mkdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { getBlobPath, getImagesFolder } from "../../src/registry/store.ts";
import { layerTexts, putImage, type TestImage } from "../sources/images/test-image.ts";
import { ask, lockOf, pull, pulling } from "./pulling.ts";

const { machine, upstream, start, prefetch, kept } = pulling();

const spoils: [string, (path: string) => Promise<void>][] = [
  [
    "a byte of it",
    async (path) => {
      const bytes = await readFile(path);
      bytes.writeUInt8(bytes.readUInt8(3) ^ 1, 3);
      await writeFile(path, bytes);
    },
  ],
  ["half of it", async (path) => truncate(path, (await stat(path)).size / 2)],
  ["all of it", (path) => truncate(path, 0)],
  ["more behind it", (path) => appendFile(path, "x")],
];
const parts: [string, (image: TestImage) => string | undefined][] = [
  ["a layer", ({ layers }) => layers[1]],
  ["the manifest", ({ manifest }) => manifest],
  ["the index", ({ digest }) => digest],
  ["the configuration", ({ config }) => config],
];

describe("what is in the cache is not believed", () => {
  test.each(
    parts.flatMap(([part, find]) =>
      spoils.map(([what, spoil]) => [`${what} of ${part}`, find, spoil] as const),
    ),
  )("%s changed: it is fetched again", async (_name, find, spoil) => {
    const image = putImage(upstream());
    await prefetch([image]);
    await spoil(getBlobPath(machine().host, find(image) ?? ""));
    const registry = await start({ supply: lockOf(image) });
    await registry.prefetch([image.image]);
    expect((await pull(registry.address, image)).size).toBe(5);
    // The next run finds it whole.
    const asked = upstream().lines().length;
    await prefetch([image]);
    expect(upstream().lines()).toHaveLength(asked);
  });

  test("nor given out whole before it was compared", async () => {
    const image = putImage(upstream());
    await prefetch([image]);
    const [, second = ""] = image.layers;
    const path = getBlobPath(machine().host, second);
    await writeFile(path, (layerTexts[1] ?? "").replace("second", "decond"));
    const { address } = await start({ supply: lockOf(image) });
    await ask(address, `/team/app/manifests/1.0?ns=${upstream().host}`);
    const { body, isBroken, status } = await ask(address, `/team/app/blobs/${second}?ns=${upstream().host}`);
    // Either it was broken off, or it came from upstream instead.
    if (isBroken) expect(body.byteLength).toBeLessThan(13000);
    else expect([status, body.toString()]).toEqual([200, layerTexts[1]]);
    expect((await pull(address, image)).size).toBe(5);
    expect(machine().log.lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: expect.stringContaining("is fetched again") }),
    );
  });

  test("what a killed run has left is taken away", async () => {
    const left = join(getImagesFolder(machine().host), "incoming", "999999999", "1");
    await mkdir(left, { recursive: true });
    await writeFile(join(left, "layer"), "half");
    await prefetch([putImage(upstream())]);
    expect(await kept()).not.toContain("layer");
  });
});
