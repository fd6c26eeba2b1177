import { execFileSync } from "node:child_process";
import { appendFile, mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { fetchImage, fetchImages } from "../../../src/sources/images/fetch.ts";
import { imagesFolder, keepImage } from "../../../src/sources/images/store.ts";
import type { SourcesOptions } from "../../../src/sources/web/web.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import { slow } from "../upstream.ts";
import { type LocalRegistry, localRegistry, ociIndex, reply } from "./local-registry.ts";
import { layerTexts, putImage, type TestImage } from "./test-image.ts";

let machine: Machine;
let registry: LocalRegistry;
beforeEach(async () => {
  machine = await createMachine();
  registry = await localRegistry();
});
afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

const patient = { patience: { ...quick.patience, stallMs: 5_000 } };

function fetch(image: TestImage, options: SourcesOptions = patient) {
  return fetchImage(machine.context, { mirrors: {} }, image, options);
}

/** The message of what was thrown, the server's address as HOST. */
async function said(promise: Promise<unknown>): Promise<string> {
  const error = (await promise.then(
    () => new Error("no error"),
    (thrown: unknown) => thrown,
  )) as Error & { mend?: string };
  return `${error.message}; ${error.mend}`.replaceAll(registry.host, "HOST");
}

/** Every file in the cache of images. */
async function kept(): Promise<string[]> {
  const folder = imagesFolder(machine.host);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

function inTar(path: string): Map<string, string> {
  const names = execFileSync("tar", ["-tf", path], { encoding: "utf8" }).trim().split("\n");
  return new Map(
    names.map((name) => [name, execFileSync("tar", ["-xOf", path, name], { encoding: "utf8" })]),
  );
}

const blob = (digest: string) => `blobs/${digest.replace(":", "/")}`;

describe("an image by its digest", () => {
  test("comes as an archive of this architecture, with its index as proof", async () => {
    const image = putImage(registry);
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
    expect(registry.lines().filter((line) => line.includes("/blobs/"))).toHaveLength(3);
  });

  test("that has no index", async () => {
    const image = putImage(registry, { index: false });
    expect(await fetch(image)).toMatchObject({ digest: image.manifest, manifest: image.manifest });
  });

  test("is taken from the cache the second time, without a request", async () => {
    const image = putImage(registry);
    const first = await fetch(image);
    const asked = registry.lines().length;
    expect(await fetch(image)).toEqual({ ...first, origin: "cache" });
    expect(registry.lines()).toHaveLength(asked);
    expect(machine.log.lines.at(-1)?.message).toBe("images: 1 of 1 from the cache, digests verified");
  });

  test("gives the same bytes each time", async () => {
    const image = putImage(registry);
    const first = await readFile((await fetch(image)).path);
    await machine.host.files.remove(imagesFolder(machine.host));
    expect((await readFile((await fetch(image)).path)).equals(first)).toBe(true);
  });

  test("named with its digest is called so, as the kubelet looks for it", async () => {
    const image = putImage(registry);
    const named = { ...image, image: `${image.image}@${image.digest}` };
    const [entry] = JSON.parse(inTar((await fetch(named)).path).get("index.json") ?? "").manifests;
    expect(entry.annotations).toEqual({
      "io.containerd.image.name": `${registry.host}/team/app@${image.digest}`,
    });
  });

  test("layers that images share come once; all images side by side", async () => {
    const images = ["a", "b", "c"].map((name) =>
      putImage(registry, { repository: `team/${name}`, layers: ["shared", `own of ${name}`] }),
    );
    const archives = await fetchImages(machine.context, { mirrors: {} }, images, patient);
    expect(archives.map(({ image }) => image)).toEqual(images.map(({ image }) => image));
    const shared = images[0]?.layers[0] ?? "";
    expect(registry.lines().filter((line) => line.endsWith(shared))).toHaveLength(1);
    for (const { path } of archives) expect(inTar(path).get(blob(shared))).toBe("shared");
  });

  test("a layer that breaks off is fetched again", async () => {
    const image = putImage(registry);
    const [, second = ""] = image.layers;
    registry.answer(
      `/v2/team/app/blobs/${second}`,
      (_request, response) => {
        response.writeHead(200, { "content-length": String(layerTexts[1]?.length) });
        response.write("second", () => response.destroy());
      },
      reply(503, ""),
      (request, response) => slow(Buffer.from(layerTexts[1] ?? ""), 3, 20)(request, response),
    );
    expect((await fetch(image)).origin).toBe("registry");
    expect(registry.lines().filter((line) => line.endsWith(second))).toHaveLength(3);
  });

  test("a layer may be redirected to another host, which is shown no login", async () => {
    await using storage = await localRegistry();
    const image = putImage(registry);
    putImage(storage);
    const [first = ""] = image.layers;
    registry.guard(({ headers, url }, response) => {
      if (headers.authorization === undefined) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="local"' }).end();
        return true;
      }
      if (!url?.endsWith(first)) return false;
      response.writeHead(307, { location: `${storage.url}/v2/team/app/blobs/${first}?signed=x` }).end();
      return true;
    });
    const registries = { [registry.host]: { credentials: { username: "ci", password: "s3cret-word" } } };
    await fetchImage(machine.context, { mirrors: {}, registries }, image, patient);
    expect(storage.asked.map(({ line, authorization }) => [line, authorization])).toEqual([
      [`GET /v2/team/app/blobs/${first}`, undefined],
    ]);
  });
});

describe("nothing is kept of an image", () => {
  const wrong: [string, (image: TestImage) => void, RegExp][] = [
    [
      "whose index is another's",
      ({ digest }) => registry.answer(`/v2/team/app/manifests/${digest}`, json({ manifests: [] })),
      /its manifest should be sha256:\w+, got sha256:\w+ from http:\/\/HOST\/v2\/team\/app\/manifests\//,
    ],
    [
      "whose manifest is another's",
      ({ manifest }) => registry.answer(`/v2/team/app/manifests/${manifest}`, json({ layers: [] })),
      /its manifest should be sha256:\w+, got sha256:\w+/,
    ],
    [
      "whose manifest is a page",
      ({ manifest }) =>
        registry.answer(
          `/v2/team/app/manifests/${manifest}`,
          reply(200, "<html>Sign in</html>", { "content-type": "text/html" }),
        ),
      /is no image manifest but text\/html/,
    ],
    [
      "whose configuration has other bytes",
      ({ config }) => registry.answer(`/v2/team/app/blobs/${config}`, reply(200, "{}")),
      /its config should be sha256:\w+, got sha256:\w+/,
    ],
    [
      "whose layer has other bytes",
      ({ layers }) =>
        registry.answer(
          `/v2/team/app/blobs/${layers[0]}`,
          reply(200, (layerTexts[0] ?? "").replace("first", "worst")),
        ),
      /its layer should be sha256:\w+, got sha256:\w+ from http:\/\/HOST\/v2\/team\/app\/blobs\//,
    ],
    [
      "whose layer is a page",
      ({ layers }) =>
        registry.answer(
          `/v2/team/app/blobs/${layers[0]}`,
          reply(200, "<html>Sign in</html>", { "content-type": "text/html" }),
        ),
      /20 bytes came instead of 12000/,
    ],
    [
      "whose layer is shorter than it should be",
      ({ layers }) => registry.answer(`/v2/team/app/blobs/${layers[0]}`, reply(200, "first layer ")),
      /of its layer sha256:\w+ 12 bytes came instead of 12000 from/,
    ],
    [
      "whose layer has no end",
      ({ layers }) => registry.answer(`/v2/team/app/blobs/${layers[0]}`, endless),
      /of its layer sha256:\w+ more than its 12000 bytes come from/,
    ],
    [
      "whose configuration has no end",
      ({ config }) => registry.answer(`/v2/team/app/blobs/${config}`, endless),
      /more than \d+ bytes come; that can't be it/,
    ],
    [
      "whose layer breaks off each time",
      ({ layers }) =>
        registry.answer(`/v2/team/app/blobs/${layers[0]}`, (_request, response) => {
          response.writeHead(200, { "content-length": "12000" });
          response.write("first", () => response.destroy());
        }),
      /the connection (broke|failed).*tried 4 times/,
    ],
    [
      "of which a layer is missing",
      ({ layers }) => registry.answer(`/v2/team/app/blobs/${layers[0]}`, reply(404, "")),
      /blobs\/sha256:\w+: the host answers 404/,
    ],
  ];
  test.each(wrong)("%s", async (_name, spoil, words) => {
    const image = putImage(registry);
    spoil(image);
    expect(await said(fetch(image))).toMatch(words);
    expect(await kept()).toEqual([]);
  });

  test("that isn't there", async () => {
    const image = { ...putImage(registry), digest: `sha256:${"0".repeat(64)}` };
    expect(await said(fetch(image))).toMatch(/^there is no image HOST\/team\/app:1.0: .* answers 404/);
  });

  test("that isn't built for this machine", async () => {
    const index = ["linux/arm64", "linux/s390x", "windows/amd64", "unknown/unknown"];
    const image = putImage(registry, { index });
    expect(await said(fetch(image))).toBe(
      "image HOST/team/app:1.0 has no build for linux/amd64: it is only there for linux/arm64, linux/s390x, windows/amd64; " +
        "name another image in the chart's values, or run on a machine that it is built for",
    );
    expect(registry.lines().some((line) => line.includes("/blobs/"))).toBe(false);
  });

  test("without an index that is built for another machine", async () => {
    const image = putImage(registry, { index: false, architecture: "arm64" });
    expect(await said(fetch(image))).toContain(
      "has no build for linux/amd64: it is only there for linux/arm64",
    );
  });

  test("that is an index and a manifest at once", async () => {
    const image = putImage(registry);
    const both = { ...JSON.parse(image.manifestBytes), manifests: [] };
    const digest = registry.putManifest("team/app", both, ociIndex);
    expect(await said(fetch({ ...image, digest }))).toContain("it is an index and a manifest at once");
  });

  test("and none of the others' when one fails", async () => {
    const good = putImage(registry, { repository: "team/good", layers: ["x"] });
    const bad = putImage(registry);
    registry.answer(`/v2/team/app/blobs/${bad.layers[1]}`, reply(200, "y"));
    registry.answer(`/v2/team/good/blobs/${good.layers[0]}`, () => {});
    const all = fetchImages(machine.context, { mirrors: {} }, [good, bad], patient);
    expect(await said(all)).toContain("1 bytes came instead of 13000");
    expect(await kept()).toEqual([]);
  });
});

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
  ])("%s changed: it is fetched anew", async (_name, spoil) => {
    const image = putImage(registry);
    const { path } = await fetch(image);
    const whole = await readFile(path);
    await spoil(path);
    expect(await fetch(image)).toMatchObject({ path, origin: "registry" });
    expect((await readFile(path)).equals(whole)).toBe(true);
    expect(machine.log.lines).toContainEqual(
      expect.objectContaining({ level: "warn", message: expect.stringContaining("is fetched anew") }),
    );
  });

  test("another image's archive in its place", async () => {
    const [image, other] = [putImage(registry), putImage(registry, { repository: "team/b", layers: ["b"] })];
    const [{ path }, { path: wrong }] = [await fetch(image), await fetch(other)];
    await writeFile(path, await readFile(wrong));
    expect((await fetch(image)).origin).toBe("registry");
  });

  test("what a killed run has left is taken away", async () => {
    const left = join(imagesFolder(machine.host), "incoming", "999999999", "1");
    await mkdir(left, { recursive: true });
    await writeFile(join(left, "layer"), "half");
    await fetch(putImage(registry));
    expect(await kept()).toHaveLength(1);
  });
});

describe("an archive out of a bundle", () => {
  test("is kept, and found without a network", async () => {
    const image = putImage(registry);
    const { path } = await fetch(image);
    const bytes = await readFile(path);
    await machine.host.files.remove(path);
    const offline = { supply: { lock: undefined, lockedBy: "", offline: "--bundle b.tar" } };
    expect(await said(fetch(image, offline))).toContain(
      "would be fetched, and --bundle b.tar allows no request",
    );
    expect(await keepImage(machine.context, image, pieces(bytes))).toMatchObject({ path, origin: "cache" });
    expect(await fetch(image, offline)).toMatchObject({ path, origin: "cache" });
  });

  test("is not kept when it is another image's", async () => {
    const image = putImage(registry);
    const bytes = await readFile((await fetch(image)).path);
    const other = { image: `${registry.host}/team/other:1.0`, digest: image.digest };
    await expect(keepImage(machine.context, other, pieces(bytes))).rejects.toThrow(
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

function json(content: unknown) {
  return reply(200, JSON.stringify(content), { "content-type": ociIndex });
}

const endless = (_request: unknown, response: import("node:http").ServerResponse) => {
  response.writeHead(200);
  const more = (): void => void response.write(Buffer.alloc(64 * 1024), () => setImmediate(more));
  more();
};

async function swap(path: string, from: string, to: string): Promise<void> {
  const bytes = await readFile(path, "latin1");
  await writeFile(path, bytes.replace(from, to), "latin1");
}
