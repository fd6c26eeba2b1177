import { type ChildProcess, spawn } from "node:child_process";
import { chmod, cp, mkdir, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listCacheEntries } from "../../src/cache/entries.ts";
import { findCurrentUsers, pruneCache } from "../../src/cache/prune.ts";
import { getBlobPath, getImagesFolder } from "../../src/registry/store.ts";
import { getCacheFolder } from "../../src/sources/cache-folders.ts";
import { fetchChart } from "../../src/sources/charts/fetch.ts";
import { fetchDashboard } from "../../src/sources/published-dashboard.ts";
import { installTool } from "../../src/sources/tools/install.ts";
import { fetchStored } from "../registry/pulling.ts";
import { chartTgz } from "../sources/archives.ts";
import { localRegistry } from "../sources/images/local-registry.ts";
import { putImage, type TestImage } from "../sources/images/test-image.ts";
import { createMachine, type Machine, quick } from "../sources/machine.ts";
import { publishHelm, publishK3s } from "../sources/tool-releases.ts";
import { sha256 } from "../sources/upstream.ts";

const day = 24 * 3_600_000;
const repoUrl = "https://prometheus-community.github.io/helm-charts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

/** A k3s, a helm, a chart and a dashboard, each as a run keeps it. */
async function fill() {
  const { upstream, context, config } = machine;
  const archive = chartTgz("prometheus", "29.27.0", "v3.14.0");
  const entry = { name: "prometheus", version: "29.27.0", digest: sha256(archive), urls: ["p.tgz"] };
  publishK3s(upstream, "v1.36.3+k3s1");
  publishHelm(upstream, "v4.1.4");
  upstream.serve(`${repoUrl}/index.yaml`, JSON.stringify({ entries: { prometheus: [entry] } }));
  upstream.serve(`${repoUrl}/p.tgz`, archive);
  upstream.serve("https://grafana.com/api/dashboards/1860/revisions/37/download", '{"title": "Nodes"}');
  const ref = { kind: "repo", repo: "c", repoUrl, name: "prometheus", version: "29.27.0" } as const;
  const k3s = await installTool(context, config, "k3s", quick);
  const helm = await installTool(context, config, "helm", quick);
  const chart = await fetchChart(context, config, ref, quick);
  await fetchDashboard(context, config, { kind: "id", id: 1860, revision: 37 }, quick);
  return { k3s, helm, chart };
}

async function names() {
  return (await listCacheEntries(machine.context)).map(
    ({ kind, name, version }) => `${kind} ${name} ${version}`,
  );
}

/** As if it had been used so long ago. */
async function age(days: number, wanted = /./) {
  for (const { path, beside, name } of await listCacheEntries(machine.context))
    for (const one of wanted.test(name) ? [path, ...beside] : [])
      await utimes(one, (Date.now() - days * day) / 1000, (Date.now() - days * day) / 1000);
}

async function prune(olderThanMs: number, stateDir = join(machine.home, "state")) {
  const { context } = machine;
  const userOf = await findCurrentUsers(context, { stateDir });
  return await pruneCache(context, await listCacheEntries(context), { olderThanMs, userOf });
}

const everything = [
  "tool helm v4.1.4 amd64",
  "tool k3s v1.36.3+k3s1 amd64",
  "chart prometheus 29.27.0",
  "dashboard 1860 revision 37",
];

describe("what is kept", () => {
  test("is told by kind, name and version, with size, place and last use", async () => {
    const { helm, chart } = await fill();
    expect(await names()).toEqual(everything);
    const entries = await listCacheEntries(machine.context);
    const [first] = entries;
    expect(first).toMatchObject({
      path: dirname(helm.path),
      beside: [
        `${dirname(helm.path)}.complete`,
        expect.stringMatching(/\/tools-by-version\/[0-9a-f]{64}\.json$/),
      ],
    });
    expect(entries[2]).toMatchObject({ path: chart.path });
    for (const { bytes, lastUsedMs } of entries) {
      expect(bytes).toBeGreaterThan(10);
      expect(lastUsedMs).toBeGreaterThan(Date.now() - 60_000);
    }
  });

  test("is nothing where nothing is, and nobody else's", async () => {
    expect(await names()).toEqual([]);
    const tools = join(getCacheFolder(machine.host), "tools");
    await mkdir(join(tools, "helm/4.1.4/x64"), { recursive: true });
    await writeFile(join(tools, "helm/4.1.4/x64.complete"), "");
    expect(await names()).toEqual([]);
    await prune(0);
    expect(await readdir(join(tools, "helm/4.1.4"))).toEqual(["x64", "x64.complete"]);
  });

  test("by an earlier version is a leftover, which is pruned", async () => {
    const tools = join(getCacheFolder(machine.host), "tools/monstack-helm/4.1.4");
    await mkdir(join(tools, "amd64"), { recursive: true });
    await writeFile(join(tools, "amd64/helm"), "#!/bin/sh\n");
    await writeFile(join(tools, "amd64.complete"), "");
    expect(await names()).toEqual(["leftover helm "]);
    await age(1);
    await prune(0);
    expect(await names()).toEqual([]);
  });

  test("is told of as a leftover where a run was killed while it wrote", async () => {
    const { k3s, chart } = await fill();
    await rm(`${dirname(k3s.path)}.complete`);
    await cp(chart.path, `${chart.path}.123-1.new`);
    await rm(chart.path);
    expect((await names()).sort()).toEqual([
      "dashboard 1860 revision 37",
      expect.stringMatching(/^leftover [0-9a-f]{64}\.(json|tgz\.123-1\.new) $/),
      expect.stringMatching(/^leftover [0-9a-f]{64}\.(json|tgz\.123-1\.new) $/),
      expect.stringMatching(/^leftover [0-9a-f]{64}\.(json|tgz\.123-1\.new) $/),
      "leftover k3s ",
      "tool helm v4.1.4 amd64",
    ]);
    expect((await prune(0)).kept.map(({ why }) => why)).toEqual(Array(4).fill("a run may be writing it"));
    await age(1);
    await prune(0);
    expect(await names()).toEqual([]);
  });
});

describe("pruning", () => {
  test("takes what was not used for so long, and says how much room that made", async () => {
    const { k3s } = await fill();
    await age(31);
    await installTool(machine.context, machine.config, "k3s", quick);

    const { removed, kept, bytes } = await prune(30 * day);

    expect(removed.map(({ name }) => name)).toEqual(["helm", "prometheus", "1860"]);
    expect(kept).toEqual([]);
    expect(bytes).toBe(removed.reduce((sum, one) => sum + one.bytes, 0));
    expect(await names()).toEqual(["tool k3s v1.36.3+k3s1 amd64"]);
    expect(await machine.host.files.exists(k3s.path)).toBe(true);
    expect(await readdir(join(getCacheFolder(machine.host), "tools"))).toEqual(["monstack-k3s"]);
  });

  test("a taken chart and a taken dashboard count as used too", async () => {
    await fill();
    await age(31);
    await fill();
    expect((await prune(30 * day)).removed).toEqual([]);
  });

  test("of everything leaves nothing", async () => {
    await fill();
    expect((await prune(0)).removed).toHaveLength(4);
    expect(await names()).toEqual([]);
    const pointers = ["charts/by-version", "dashboards/by-revision"].map((path) =>
      readdir(join(getCacheFolder(machine.host), path)).catch(() => []),
    );
    expect((await Promise.all(pointers)).flat()).toEqual([]);
  });

  test("keeps what was taken since the stack that is up began, however long it has been up", async () => {
    await fill();
    await age(60);
    await age(40, /k3s|prometheus/);
    const at = new Date(Date.now() - 41 * day).toISOString();
    const stateDir = join(machine.home, "state");
    await writeJournal(stateDir, { kind: "begin", at, before: emptySnapshot, version: "0.1.0" });

    const { removed, kept } = await prune(0, stateDir);

    expect(removed.map(({ name }) => name)).toEqual(["helm", "1860"]);
    expect(kept.map(({ entry, why }) => `${entry.name}: ${why}`)).toEqual([
      `k3s: the stack that is up since ${at} uses it (its journal is in ${stateDir})`,
      `prometheus: the stack that is up since ${at} uses it (its journal is in ${stateDir})`,
    ]);
  });

  test("keeps a program that a process runs, of whatever stack", async () => {
    const { k3s } = await fill();
    // A script's process would be its shell.
    await cp("/bin/sleep", k3s.path);
    await chmod(k3s.path, 0o755);
    const running = await started(spawn(k3s.path, ["60"]));
    const { kept } = await prune(0);
    running.kill("SIGKILL");
    expect(kept.map(({ entry, why }) => `${entry.name}: ${why}`)).toEqual(["k3s: a process runs it"]);
  });
});

describe("images", () => {
  test("are listed by name; what they share goes with the one that was used last", async () => {
    await using registry = await localRegistry();
    const [a, b] = ["a", "b"].map((name) =>
      putImage(registry, { repository: `team/${name}`, layers: ["shared by both", `only ${name}'s`] }),
    ) as [TestImage, TestImage];
    await fetchStored(machine.context, [a]);
    await fetchStored(machine.context, [b]);
    const images = getImagesFolder(machine.host);
    await machine.host.files.write(join(images, "c.tar"), "of an earlier version");
    await age(40, /team\/a/);
    expect(await names()).toEqual([
      ...[a, b].map(({ image, digest }) => `image ${image} ${digest.slice(0, 19)} amd64`),
      "leftover c.tar ",
    ]);
    const blob = (digest = "") => machine.host.files.exists(getBlobPath(machine.host, digest));
    const { removed } = await prune(30 * day);
    expect(removed.map(({ name }) => name)).toEqual([a.image]);
    expect([await blob(a.layers[0]), await blob(a.layers[1]), await blob(b.layers[1])]).toEqual([
      true,
      false,
      true,
    ]);
    await prune(0);
    expect((await readdir(images)).filter((name) => /^[0-9a-f]{64}$/.test(name))).toEqual([]);
  });

  test("that is only partly there is listed with what there is", async () => {
    await using registry = await localRegistry();
    const image = putImage(registry);
    await fetchStored(machine.context, [image]);
    await machine.host.files.remove(getBlobPath(machine.host, image.layers[0] ?? ""));
    const [entry] = await listCacheEntries(machine.context);
    expect([entry?.kind, entry?.beside.length]).toEqual(["image", 4]);
  });
});

const emptySnapshot = {
  mounts: [],
  links: [],
  netns: [],
  iptables: [],
  ipsets: [],
  nftTables: [],
  paths: [],
  processes: [],
  cgroups: [],
  units: [],
};

async function writeJournal(stateDir: string, entry: Record<string, unknown>) {
  await machine.host.files.write(join(stateDir, "journal.jsonl"), `${JSON.stringify(entry)}\n`);
}

function started(child: ChildProcess): Promise<ChildProcess> {
  return new Promise((done, failed) => {
    child.once("spawn", () => done(child));
    child.once("error", failed);
  });
}
