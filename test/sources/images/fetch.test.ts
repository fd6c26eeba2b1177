import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { getImagesFolder, keepImage } from "../../../src/sources/images/archive.ts";
import { fetchImages } from "../../../src/sources/images/fetch.ts";
import { fetchImage } from "../machine.ts";
import { slow } from "../upstream.ts";
import { blob, fetching, inTar, patient } from "./fetching.ts";
import { localRegistry } from "./local-registry.ts";
import { layerTexts, putImage, type TestImage } from "./test-image.ts";

const { machine, registry, fetch, said, kept } = fetching();

describe("an image by its digest", () => {
  test("comes as an archive of this architecture, with its index as proof", async () => {
    const image = putImage(registry());
    const archive = await fetch(image);
    expect(archive).toMatchObject({ ...pick(image), origin: "registry" });
    const files = inTar(archive.path);
    expect([...files.keys()]).toEqual(
      ["oci-layout", "index.json"].concat(
        [image.digest, image.manifest, image.config, ...image.layers].map(blob),
      ),
    );
    expect(JSON.parse(files.get("index.json") ?? "").manifests).toEqual([
      expect.objectContaining({
        digest: image.manifest,
        size: image.manifestBytes.length,
        annotations: { "io.containerd.image.name": image.image },
      }),
    ]);
    expect(image.layers.map((digest) => files.get(blob(digest)))).toEqual(layerTexts);
    expect(await kept()).toHaveLength(1);
    expect(
      registry()
        .lines()
        .filter((line) => line.includes("/blobs/")),
    ).toHaveLength(3);
  });

  test("that has no index", async () => {
    const image = putImage(registry(), { index: false });
    expect(await fetch(image)).toMatchObject({ digest: image.manifest, manifest: image.manifest });
  });

  test("is taken from the cache the second time, without a request", async () => {
    const image = putImage(registry());
    const first = await fetch(image);
    const asked = registry().lines().length;
    expect(await fetch(image)).toEqual({ ...first, origin: "cache" });
    expect(registry().lines()).toHaveLength(asked);
    expect(machine().log.lines.at(-1)?.message).toBe("images: 1 of 1 from the cache, digests verified");
  });

  test("gives the same bytes each time", async () => {
    const image = putImage(registry());
    const first = await readFile((await fetch(image)).path);
    await machine().host.files.remove(getImagesFolder(machine().host));
    expect((await readFile((await fetch(image)).path)).equals(first)).toBe(true);
  });

  test("named with its digest is called so, as the kubelet looks for it", async () => {
    const image = putImage(registry());
    const named = { ...image, image: `${image.image}@${image.digest}` };
    const [entry] = JSON.parse(inTar((await fetch(named)).path).get("index.json") ?? "").manifests;
    expect(entry.annotations).toEqual({
      "io.containerd.image.name": `${registry().host}/team/app@${image.digest}`,
    });
  });

  test("layers that images share come once; all images side by side", async () => {
    const images = ["a", "b", "c"].map((name) =>
      putImage(registry(), { repository: `team/${name}`, layers: ["shared", `own of ${name}`] }),
    );
    const archives = await fetchImages(machine().context, { mirrors: {} }, images, patient);
    expect(archives.map(({ image }) => image)).toEqual(images.map(({ image }) => image));
    const shared = images[0]?.layers[0] ?? "";
    expect(
      registry()
        .lines()
        .filter((line) => line.endsWith(shared)),
    ).toHaveLength(1);
    for (const { path } of archives) expect(inTar(path).get(blob(shared))).toBe("shared");
  });

  test("in a terminal its layers are shown as they come, and no longer", async () => {
    const image = putImage(registry());
    const [first = ""] = image.layers;
    registry().answer(`/v2/team/app/blobs/${first}`, slow(Buffer.from(layerTexts[0] ?? ""), 4, 150));
    const shown: [string, string | undefined][] = [];
    const { context } = machine();
    const log = { ...context.log, progress: (...line: [string, string | undefined]) => shown.push(line) };
    await fetchImage({ ...context, log }, { mirrors: {} }, image, patient);
    const name = `app:1.0 ${first.slice(7, 14)}`;
    const lines = shown.filter(([one]) => one === name).map(([, text]) => text);
    expect(lines[0]).toMatch(/ [\d.]+ (?:Ki)?B of [\d.]+ (?:Ki)?B, [\d.]+ (?:[KM]i)?B\/s$/);
    expect(lines.at(-1)).toBeUndefined();
  });

  test("a layer may be redirected to another host, which is shown no login", async () => {
    await using storage = await localRegistry();
    const image = putImage(registry());
    putImage(storage);
    const [first = ""] = image.layers;
    registry().guard(({ headers, url }, response) => {
      if (headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="local"' }).end();
        return true;
      }
      if (!url?.endsWith(first)) return false;
      response.writeHead(307, { location: `${storage.url}/v2/team/app/blobs/${first}?signed=x` }).end();
      return true;
    });
    const registries = { [registry().host]: { credentials: { username: "ci", password: "s3cret-word" } } };
    await fetchImage(machine().context, { mirrors: {}, registries }, image, patient);
    expect(storage.asked.map(({ line, authorization }) => [line, authorization])).toEqual([
      [`GET /v2/team/app/blobs/${first}`, undefined],
    ]);
  });
});

describe("an archive out of a bundle", () => {
  test("is kept, and found without a network", async () => {
    const image = putImage(registry());
    const { path } = await fetch(image);
    const bytes = await readFile(path);
    await machine().host.files.remove(path);
    const offline = { supply: { lock: undefined, lockedBy: "", offline: "--bundle b.tar" } };
    expect(await said(fetch(image, offline))).toContain(
      "would be fetched, and --bundle b.tar allows no request",
    );
    expect(await keepImage(machine().context, image, pieces(bytes))).toMatchObject({ path, origin: "cache" });
    expect(await fetch(image, offline)).toMatchObject({ path, origin: "cache" });
  });

  test("is not kept when it is another image's", async () => {
    const image = putImage(registry());
    const bytes = await readFile((await fetch(image)).path);
    const other = { image: `${registry().host}/team/other:1.0`, digest: image.digest };
    await expect(keepImage(machine().context, other, pieces(bytes))).rejects.toThrow(
      "its index.json is not this image's",
    );
    expect(await kept()).toHaveLength(1);
  });
});

async function* pieces(bytes: Buffer) {
  yield bytes;
}

function pick({ image, digest, manifest, config }: TestImage) {
  return { image, digest, manifest, config };
}
