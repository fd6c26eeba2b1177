import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createBundle, type Source } from "../../src/bundle/create.ts";
import { readManifest } from "../../src/bundle/read.ts";
import { unpackBundle } from "../../src/bundle/unpack.ts";
import { getBlobPath } from "../../src/registry/store.ts";
import { getArchivePath } from "../../src/sources/charts/cache.ts";
import { fetchChart } from "../../src/sources/charts/fetch.ts";
import { fetchDashboard } from "../../src/sources/published-dashboard.ts";
import { fetchStored } from "../registry/pulling.ts";
import { type LocalRegistry, localRegistry } from "../sources/images/local-registry.ts";
import { createMachine, installTools, type Machine } from "../sources/machine.ts";
import { chartRef, containerdOn, sourceOn, unprivileged } from "./support/source.ts";

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
    const { lock, bundle, blobs, added } = await unpack();
    expect([lock, added]).toEqual([source.lock, 5]);

    const context = unprivileged(on(user).context);
    const supply = { lock, lockedBy: "the bundle", offline: "--bundle", bundle, blobs };
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
    expect(await fetchStored(context, lock.images, supply)).toEqual(source.images);
    expect(on(user).log.lines.at(-1)?.message).toBe("images: 2 of 2 from the bundle, digests verified");
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

  it.each(["tools/kubectl.zst", "charts/", "dashboards/"])(
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

  it("with a wrong byte in an image is refused when the image is verified", async () => {
    await create();
    await damage("blobs/");
    const { lock, bundle, blobs } = await unpack();
    const supply = { lock, lockedBy: "the bundle", offline: "--bundle", bundle, blobs };
    await expect(fetchStored(unprivileged(on(user).context), lock.images, supply)).rejects.toMatchObject({
      message: expect.stringMatching(
        /stack\.tar is not a whole bundle: blobs\/\w+ is not as it was written/,
      ) as string,
      exitCode: 2,
    });
  });

  it("that lacks a part of an image is refused too", async () => {
    await create();
    const { lock, bundle, blobs } = await unpack();
    const [, , layer = ""] = source.images[0]?.blobs ?? [];
    const fewer = new Map([...blobs].filter(([digest]) => digest !== layer));
    const supply = { lock, lockedBy: "the bundle", offline: "--bundle b", bundle, blobs: fewer };
    await expect(fetchStored(unprivileged(on(user).context), lock.images, supply)).rejects.toThrow(
      "would be fetched, and --bundle b allows no request",
    );
  });

  it("that is cut off is refused at once", async () => {
    await create();
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length - 2048));
    await expect(unpack()).rejects.toThrow("stack.tar is not a whole bundle: it is incomplete");
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

describe("an image of the cache", () => {
  const layer = () => getBlobPath(on(maker).host, source.images[0]?.blobs.at(-1) ?? "");
  const lost = /^sha256:\w+ of the image \S+ is not in the cache any more, or not as it was put there$/;

  it("is in the bundle as it was published, each blob once", async () => {
    const { manifest } = await create();
    const blobs = manifest.parts.filter(({ path }) => path.startsWith("blobs/"));
    const digests = new Set(source.images.flatMap((image) => image.blobs));
    expect(new Set(blobs.map(({ sha256 }) => `sha256:${sha256}`))).toEqual(digests);
    expect(blobs).toHaveLength(digests.size);
  });

  it("that was changed meanwhile is refused", async () => {
    const bytes = await readFile(layer());
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    await writeFile(layer(), bytes);
    await expect(create()).rejects.toThrow(lost);
    await expect(readManifest(on(maker).host, file)).rejects.toThrow("bundle not found");
  });

  it("that is gone is refused", async () => {
    await rm(layer());
    await expect(create()).rejects.toThrow(lost);
  });
});

describe("an image that runs and is not in the lock", () => {
  const pause = ["docker.io/rancher/mirrored-pause:3.10.2", `sha256:${"e".repeat(64)}`] as const;
  const locked = () => source.images.map(({ image, digest }) => [image, digest] as const);

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
