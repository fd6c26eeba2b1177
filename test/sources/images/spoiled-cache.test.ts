import { appendFile, mkdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { getImagesFolder } from "../../../src/sources/images/archive.ts";
import { fetching } from "./fetching.ts";
import { putImage } from "./test-image.ts";

const { machine, registry, fetch, kept } = fetching();

describe("what is in the cache is not believed", () => {
  test.each<[string, (path: string) => Promise<void>]>([
    ["a byte of a layer", (path) => swap(path, "second layer", "second lair!")],
    [
      "a byte of the manifest",
      (path) =>
        swap(
          path,
          '"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest',
          '"schemaVersion":3,"mediaType":"application/vnd.oci.image.manifest',
        ),
    ],
    ["a byte of the list in front", (path) => swap(path, '"schemaVersion":2', '"schemaVersion":3')],
    ["a byte of the configuration", (path) => swap(path, '"os":"linux"', '"os":"minix"')],
    ["the name", (path) => swap(path, "team/app:1.0", "team/app:1.1")],
    ["half of it", async (path) => truncate(path, (await stat(path)).size / 2)],
    ["nothing of it", (path) => truncate(path, 0)],
    ["more behind it", (path) => appendFile(path, Buffer.alloc(1024, 1))],
    ["a page", (path) => writeFile(path, "<html>")],
  ])("%s changed: it is fetched again", async (_name, spoil) => {
    const image = putImage(registry());
    const { path } = await fetch(image);
    const whole = await readFile(path);
    await spoil(path);
    expect(await fetch(image)).toMatchObject({ path, origin: "registry" });
    expect((await readFile(path)).equals(whole)).toBe(true);
    expect(machine().log.lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: expect.stringContaining("is fetched again") }),
    );
  });

  test("another image's archive in its place", async () => {
    const [image, other] = [
      putImage(registry()),
      putImage(registry(), { repository: "team/b", layers: ["b"] }),
    ];
    const [{ path }, { path: wrong }] = [await fetch(image), await fetch(other)];
    await writeFile(path, await readFile(wrong));
    expect((await fetch(image)).origin).toBe("registry");
  });

  test("what a killed run has left is taken away", async () => {
    const left = join(getImagesFolder(machine().host), "incoming", "999999999", "1");
    await mkdir(left, { recursive: true });
    await writeFile(join(left, "layer"), "half");
    await fetch(putImage(registry()));
    expect(await kept()).toHaveLength(1);
  });
});

async function swap(path: string, from: string, to: string): Promise<void> {
  const bytes = await readFile(path, "latin1");
  await writeFile(path, bytes.replace(from, to), "latin1");
}
