import { copyFile, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBundle, type Source } from "../../src/bundle/create.ts";
import { readManifest } from "../../src/bundle/read.ts";
import { unpackBundle } from "../../src/bundle/unpack.ts";
import type { ImageArchive } from "../../src/lib/image.ts";
import { getArchivePath } from "../../src/sources/charts/cache.ts";
import { fetchChart } from "../../src/sources/charts/fetch.ts";
import { fetchImages } from "../../src/sources/images/fetch.ts";
import { fetchDashboard } from "../../src/sources/published-dashboard.ts";
import { type LocalRegistry, localRegistry } from "../sources/images/local-registry.ts";
import { createMachine, installTools, type Machine } from "../sources/machine.ts";
import { sha256 } from "./support/bundles.ts";
import { chartRef, containerdOn, exportOf, sourceOn, unprivileged } from "./support/source.ts";

/** Where the bundle is made, and where it is used. */
let [maker, user]: Machine[] = [];
let registry: LocalRegistry;
let source: Source;
let file = "";
const on = (machine: Machine | undefined) => machine as Machine;
beforeEach(async () => {
  [maker, user] = [await createMachine(), await createMachine()];
  registry = await localRegistry();
  source = await sourceOn(on(maker), registry);
  file = join(on(maker).home, "stack.tar");
});
afterEach(async () => {
  for (const one of [registry, on(maker), on(user)]) await one[Symbol.asyncDispose]();
  delete process.env["RUNNER_TOOL_CACHE"];
});

const create = (changes: Partial<Source> = {}) =>
  createBundle(unprivileged(on(maker).context), file, { ...source, ...changes });
const unpack = () => unpackBundle(unprivileged(on(user).context), file);

/** Every file in a user's cache, by its path. */
async function cacheOf({ home }: Machine): Promise<string[]> {
  const entries = await readdir(join(home, ".cache"), { recursive: true, withFileTypes: true }).catch(
    () => [],
  );
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

/** The bundle with a byte of this part changed. */
async function damage(kind: string): Promise<void> {
  const bytes = await readFile(file);
  const at = bytes.indexOf(kind, bytes.indexOf("monstack.lock\0")) + 512 + 10;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(file, bytes);
}

describe("a bundle of a run", () => {
  it("gives another machine everything without a request", async () => {
    const { manifest, bytes } = await create();
    expect(manifest.images.map(({ image }) => image)).toEqual(source.lock.images.map(({ image }) => image));
    expect(bytes).toBe((await readFile(file)).length);
    const { lock, bundle, added } = await unpack();
    expect([lock, added]).toEqual([source.lock, 7]);

    const context = unprivileged(on(user).context);
    const supply = { lock, lockedBy: "the bundle", offline: "--bundle", bundle };
    const asked = registry.asked.length;
    const tools = await installTools(context, on(user).config, ["k3s", "helm", "kubectl"], { supply });
    expect(Object.values(tools).map(({ origin, sha256 }) => [origin, sha256])).toEqual(
      source.tools.map(({ sha256 }) => ["cache", sha256]),
    );
    const chart = await fetchChart(context, { mirrors: {} }, chartRef, { supply });
    expect(chart.sha256).toBe(lock.charts[0]?.sha256);
    const dashboard = await fetchDashboard(
      context,
      { mirrors: {} },
      { kind: "id", id: 1860, revision: 3 },
      { supply },
    );
    expect(dashboard.text).toBe('{"title":"Node"}');
    const images = await fetchImages(context, { mirrors: {} }, lock.images, { supply });
    expect(images.map(({ origin }) => origin)).toEqual(["cache", "cache"]);
    expect(registry.asked.length).toBe(asked);
  });

  it("is not unpacked again where it was; what somebody changed there is put right", async () => {
    await create();
    await unpack();
    expect((await unpack()).added).toBe(0);
    const chart = getArchivePath(on(user).host, source.lock.charts[0]?.sha256 ?? "");
    await writeFile(chart, "poison");
    expect((await unpack()).added).toBe(1);
    expect((await readFile(chart)).length).toBeGreaterThan(100);
  });

  it.each(["tools/kubectl.zst", "charts/", "dashboards/", "images/"])(
    "leaves nothing when a byte in %s is wrong",
    async (kind) => {
      await create();
      await damage(kind);
      await expect(unpack()).rejects.toThrow(
        new RegExp(`stack\\.tar is not a whole bundle: ${kind}.* is not as it was written`),
      );
      expect(await cacheOf(on(user))).toEqual([]);
    },
  );

  it("whose images are called by each other's names is refused, and leaves nothing", async () => {
    const [first, second] = (await create()).manifest.images.map(({ path }) => path) as [string, string];
    const bytes = (await readFile(file)).toString("latin1");
    const at = [bytes.indexOf('"images": ['), bytes.indexOf('"parts": [')] as const;
    const images = bytes
      .slice(...at)
      .replace(first, "-")
      .replace(second, first)
      .replace("-", second);
    await writeFile(file, bytes.slice(0, at[0]) + images + bytes.slice(at[1]), "latin1");
    await expect(unpack()).rejects.toThrow(
      new RegExp(
        `stack\\.tar is not a whole bundle: images/.* is not the image ${registry.host}/team/\\w+:1.0: `,
      ),
    );
    expect(await cacheOf(on(user))).toEqual([]);
  });

  it("for another architecture is refused at once", async () => {
    await create();
    const host = { ...on(user).host, arch: "arm64" as const };
    await expect(unpackBundle({ ...on(user).context, host }, file)).rejects.toThrow(
      /stack\.tar is a bundle for amd64, and this machine is arm64/,
    );
    expect(await cacheOf(on(user))).toEqual([]);
  });

  it("with a program that its lock does not name is refused, and leaves nothing", async () => {
    const [k3s] = source.tools;
    await writeFile(k3s?.path ?? "", "#!/bin/sh\necho 'k3s version v1.36.3+k3s1'\n# another one\n");
    await create();
    await expect(unpack()).rejects.toThrow(
      new RegExp(`tools/k3s\\.zst is not what its lock says: expected sha256 ${k3s?.sha256}, got `),
    );
    expect((await cacheOf(on(user))).filter((path) => path.includes("/tools/"))).toEqual([]);
  });

  it("keeps its programs for runs with it alone", async () => {
    await create();
    const { lock } = await unpack();
    const supply = { lock, lockedBy: "monstack.lock", offline: "a test" };
    const context = unprivileged(on(user).context);
    await expect(installTools(context, on(user).config, ["helm"], { supply })).rejects.toThrow(
      /helm would be fetched, and a test allows no request/,
    );
  });

  it("has a lock with what is in it, and nothing else", async () => {
    const unused = {
      ...source.lock.charts[0],
      name: "other",
      sha256: "0".repeat(64),
    } as Source["lock"]["charts"][0];
    const lock = { ...source.lock, charts: [...source.lock.charts, unused] };
    const own = source.tools.map((tool) => (tool.name === "kubectl" ? { ...tool, origin: "path" } : tool));
    await create({ lock, tools: own });
    const { tools, charts } = (await unpack()).lock;
    expect([Object.keys(tools), charts]).toEqual([["k3s", "helm"], source.lock.charts]);
  });
});

describe("an image that containerd gives out", () => {
  const first = () => source.images[0] as ImageArchive;

  it("is what is in the bundle, with the index that its registry's digest names from the cache", async () => {
    const { manifest } = await create();
    for (const [at, { path }] of source.images.entries()) {
      const unpacked = manifest.parts.find((part) => part.path === manifest.images[at]?.path)?.unpacked;
      expect(unpacked?.sha256).toBe(sha256(await readFile(path)));
    }
  });

  it("as another one than the lock's is refused", async () => {
    const [own, other] = source.images.map(({ image }) => exportOf(on(maker), image)) as [string, string];
    await copyFile(other, own);
    await expect(create()).rejects.toThrow(
      new RegExp(
        `^containerd's export of ${first().image} lacks sha256:\\w+: it is another image than the lock's$`,
      ),
    );
    await expect(readManifest(on(maker).host, file)).rejects.toThrow("bundle not found");
  });

  it("with another byte in a layer is refused", async () => {
    const path = exportOf(on(maker), first().image);
    const bytes = await readFile(path);
    const layer = bytes.indexOf("first layer");
    bytes[layer] = (bytes[layer] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(create()).rejects.toThrow(/export of \S+: sha256:\w+ in it is not what it is called$/);
  });

  it("that is cut short is refused, with what fixes it", async () => {
    const path = exportOf(on(maker), first().image);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.indexOf("first layer")));
    await expect(create()).rejects.toMatchObject({
      message: `containerd's export of ${first().image}: it is incomplete`,
      fix: expect.stringContaining("run `bundle create` again") as string,
    });
  });

  it("not at all is refused, with what ctr says", async () => {
    await rm(exportOf(on(maker), first().image));
    await expect(create()).rejects.toThrow(
      new RegExp(`^containerd doesn't give out ${first().image}: .*No such file`, "s"),
    );
  });
});

describe("an image that runs and is not in the lock", () => {
  const pause = ["docker.io/rancher/mirrored-pause:3.10.2", `sha256:${"e".repeat(64)}`] as const;
  const locked = () => source.images.map(({ image, manifest }) => [image, manifest] as const);

  it("is named, and there is no bundle", async () => {
    const containerd = await containerdOn(on(maker), [...locked(), pause]);
    await expect(create({ containerd })).rejects.toThrow(
      /does not name them: docker\.io\/rancher\/mirrored-pause:3\.10\.2$/,
    );
    await expect(readManifest(on(maker).host, file)).rejects.toThrow("bundle not found");
  });

  it("is found by its digest, whatever name its container has", async () => {
    const byDigest = ["sha256:1234", pause[1]] as const;
    const containerd = await containerdOn(on(maker), [...locked(), pause, byDigest], [byDigest[0]]);
    await expect(create({ containerd })).rejects.toThrow(/mirrored-pause/);
  });

  it("is no matter when nothing runs it: the user's own archives may hold more", async () => {
    const containerd = await containerdOn(
      on(maker),
      [...locked(), pause],
      locked().map(([ref]) => ref),
    );
    expect((await create({ containerd })).manifest.images).toHaveLength(2);
  });
});
