import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { findKept, type RestoreResult, restoreLocked, saveLocked } from "../../src/action/github-cache.ts";
import { selectRunnerEnvironment } from "../../src/host/child-environment.ts";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import { parseLock } from "../../src/lockfile/lock-text.ts";
import { fetchChart } from "../../src/sources/charts/fetch.ts";
import { fetchDashboard } from "../../src/sources/published-dashboard.ts";
import { fetchStored } from "../registry/pulling.ts";
import { chartTgz } from "../sources/archives.ts";
import { type LocalRegistry, localRegistry } from "../sources/images/local-registry.ts";
import { putImage, type TestImage } from "../sources/images/test-image.ts";
import { createMachine, installTools, type Machine, quick } from "../sources/machine.ts";
import {
  helmUrl,
  k3sUrl,
  kubectlUrl,
  publishHelm,
  publishK3s,
  publishKubectl,
} from "../sources/tool-releases.ts";
import { sha256 } from "../sources/upstream.ts";
import { type CacheService, startCacheService } from "../support/cache-service-standin.ts";
import { createRecordingLogger, type RecordingLogger } from "../support/recording-logger.ts";

// Each transfer is a process that loads the client, seconds on a loaded machine.
vi.setConfig({ testTimeout: 60_000 });

const script = join(import.meta.dirname, "../../src/action/transfer-main.ts");
const options = { script, limitMs: 20_000 };
const repoUrl = "https://prometheus-community.github.io/helm-charts";
const archive = chartTgz("prometheus", "29.27.0", "v3.14.0");
const dashboard = '{"title": "Nodes"}';
const revision = "https://grafana.com/api/dashboards/1860/revisions/37/download";

let machine: Machine;
let registry: LocalRegistry;
let image: TestImage;
let service: CacheService;
let context: Context;
let log: RecordingLogger;

beforeEach(async () => {
  [machine, registry, service] = await Promise.all([createMachine(), localRegistry(), startCacheService()]);
  image = putImage(registry);
  await publishAndLock();
  await newJob();
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await registry[Symbol.asyncDispose]();
  await machine[Symbol.asyncDispose]();
});

/** A job on a new runner: nothing is kept there. */
async function newJob(env: Record<string, string> = service.env) {
  await rm(join(machine.home, ".cache"), { recursive: true, force: true });
  const { PATH = "" } = process.env;
  const runner = {
    PATH,
    HOME: machine.home,
    GITHUB_WORKSPACE: machine.home,
    RUNNER_TEMP: `${machine.home}/tmp`,
  };
  log = createRecordingLogger();
  const host = { ...(await createHost({ ...runner, ...env })), arch: "amd64" as const };
  context = { host, log, signal: new AbortController().signal };
  machine.upstream.requests.length = 0;
}

async function publishAndLock() {
  const { upstream } = machine;
  const k3s = publishK3s(upstream, "v1.36.3+k3s1");
  const helm = publishHelm(upstream, "v4.1.4");
  const kubectl = publishKubectl(upstream, "v1.36.3");
  const entry = { name: "prometheus", version: "29.27.0", digest: sha256(archive), urls: ["p.tgz"] };
  upstream.serve(`${repoUrl}/index.yaml`, JSON.stringify({ entries: { prometheus: [entry] } }));
  upstream.serve(`${repoUrl}/p.tgz`, archive);
  upstream.serve(revision, dashboard);
  const tool = (version: string, url: string, bytes: string | Uint8Array) => {
    const download = { url, sha256: sha256(bytes) };
    return { asked: version, version, amd64: download, arm64: download };
  };
  const lock = {
    lockVersion: 1,
    monstack: "0.1.0",
    profile: "ci",
    tools: {
      k3s: tool("v1.36.3+k3s1", k3sUrl("v1.36.3+k3s1"), k3s),
      helm: tool("v4.1.4", helmUrl("v4.1.4"), helm),
      kubectl: tool("v1.36.3", kubectlUrl("v1.36.3"), kubectl),
    },
    charts: [
      {
        from: repoUrl,
        name: "prometheus",
        asked: "29.27.0",
        version: "29.27.0",
        url: `${repoUrl}/p.tgz`,
        sha256: sha256(archive),
      },
    ],
    dashboards: [{ from: "1860", asked: 37, revision: 37, url: revision, sha256: sha256(dashboard) }],
    images: [{ image: image.image, digest: image.digest }],
  };
  await writeFile(lockFile(), stringify(lock));
}

function lockFile() {
  return join(machine.home, "monstack.lock");
}

async function restore(limitMs = options.limitMs): Promise<Partial<RestoreResult>> {
  const config = { cache: "auto", bundle: undefined, lock: { file: lockFile(), isRequired: false } } as const;
  const kept = await findKept(context, config);
  return kept ? await restoreLocked(context, kept, { script, limitMs }) : {};
}

async function fetchAll() {
  const { config } = machine;
  const text = (await context.host.files.read(lockFile())) ?? "";
  const lock = parseLock(text, "monstack.lock");
  const locked = { ...quick, supply: { lock, lockedBy: "monstack.lock", offline: undefined } };
  await installTools(context, config, ["k3s", "helm", "kubectl"], locked);
  const ref = { kind: "repo", repo: "c", repoUrl, name: "prometheus", version: "29.27.0" } as const;
  await fetchChart(context, config, ref, locked);
  await fetchDashboard(context, config, { kind: "id", id: 1860, revision: 37 }, locked);
  await fetchStored(context, [image]);
  return log.lines.at(-1)?.message;
}

function save(saveAs: string | undefined, limitMs = options.limitMs) {
  return saveLocked(context, { lockFile: lockFile(), saveAs: saveAs ?? "" }, { script, limitMs });
}

function said(level: "info" | "warn") {
  return log.lines.filter((line) => line.level === level).map(({ message }) => message);
}

/** The first job of a lock, to its end. */
async function firstJob() {
  const { isHit, saveAs } = await restore();
  expect([isHit, saveAs]).toEqual([false, expect.stringMatching(/^monstack-linux-amd64-[0-9a-f]{64}$/)]);
  await fetchAll();
  await save(saveAs);
  expect(service.keys()).toEqual([saveAs]);
  return saveAs;
}

it("the second job of a lock fetches nothing", async () => {
  const key = await firstJob();
  expect(said("info")).toContain(`cache: saved as ${key}`);
  await newJob();

  expect(await restore()).toEqual({ isHit: true, saveAs: undefined });

  expect(await fetchAll()).toBe("images: 1 of 1 from the cache, digests verified");
  expect(machine.upstream.requests).toEqual([]);
  expect(said("warn")).toEqual([]);
  expect(said("info")[0]).toMatch(
    /^cache: 6 of 6 downloads restored \([\d.]+ (?:[KM]i)?B\), each as the lock says$/,
  );
  expect(await readdir(join(machine.home, ".cache/monstack"))).toEqual([
    "charts",
    "dashboards",
    "images",
    "tools",
  ]);
});

it("what is kept for one lock is not there for another one", async () => {
  await firstJob();
  await newJob();
  await writeFile(lockFile(), `# moved\n${await context.host.files.read(lockFile())}`);
  expect(await restore()).toMatchObject({ isHit: false });
  expect(await readdir(machine.home)).not.toContain(".cache");
});

it("what isn't what the lock says is not used, told, and fetched again", async () => {
  const key = await firstJob();
  const lock = (await context.host.files.read(lockFile())) ?? "";
  const sums = [...lock.matchAll(/sha256: ?([0-9a-f]{64})/g)].map(([, sum]) => sum ?? "");
  // Somebody who may write to the cache was there first.
  await service[Symbol.asyncDispose]();
  service = await startCacheService();
  await newJob();
  const folder = join(machine.home, ".cache/monstack/locked");
  await mkdir(folder, { recursive: true });
  for (const sum of new Set(sums)) await writeFile(join(folder, sum), "#!/bin/sh\necho evil\n");
  await writeFile(join(folder, sha256(archive)), archive);
  const env = selectRunnerEnvironment(context.host.env);
  await context.host.exec([process.execPath, script, "save", key ?? "", folder], { env });
  await newJob();

  expect(await restore()).toEqual({ isHit: false, saveAs: undefined });

  expect(said("warn")).toHaveLength(5);
  expect(said("warn")[0]).toBe(
    "k3s v1.36.3+k3s1 of the restored cache is not used: it is not what the lock says; it is fetched again",
  );
  expect(await fetchAll()).toMatch(/^image \S+: 24 KiB from 127/);
  const fetched = machine.upstream.requests.join("\n");
  expect(fetched).toContain(k3sUrl("v1.36.3+k3s1"));
  expect(fetched).toContain(revision);
  expect(fetched).not.toContain("p.tgz");
});

it("what lacks a part is not saved", async () => {
  const { saveAs } = await restore();
  await installTools(context, machine.config, ["k3s", "helm"], quick);
  await save(saveAs);
  expect(service.keys()).toEqual([]);
  expect(said("info").at(-1)).toBe(
    "cache: nothing is saved, since not all was fetched that the lock names: kubectl v1.36.3, chart prometheus 29.27.0, dashboard 1860 revision 37, " +
      `image ${image.image}`,
  );
});

it("a lock that the job itself changed is not saved under the old one's key", async () => {
  const { saveAs } = await restore();
  await fetchAll();
  await writeFile(lockFile(), `${await context.host.files.read(lockFile())}\n# changed\n`);
  await save(saveAs);
  expect(service.keys()).toEqual([]);
  expect(said("info").at(-1)).toContain("the lock file is another one than when the job began");
});

describe("a service that", () => {
  it("has it from another job by now is no reason to warn", async () => {
    const key = await firstJob();
    await save(key);
    expect(said("info").at(-1)).toMatch(/^cache: nothing is saved: .*another job may be creating this cache/);
    expect(said("warn")).toEqual([]);
  });

  it("may only be read, as for a fork, is a warning", async () => {
    service.fault = "read-only";
    const { saveAs } = await restore();
    await fetchAll();
    await save(saveAs);
    expect(said("warn")).toEqual([
      expect.stringMatching(
        /^cache: nothing was saved, so the next job fetches again: .*cache write denied: the token may only read/,
      ),
    ]);
  });

  it("may not be read is a warning, and everything is fetched", async () => {
    service.fault = "unreadable";
    expect(await restore()).toEqual({ isHit: false, saveAs: undefined });
    expect(said("warn")).toEqual([
      expect.stringMatching(/^cache: nothing was restored, so everything is fetched: .*cache read denied/),
    ]);
    await fetchAll();
  });

  it.each(["hangs", "500"] as const)("%s costs no more than its time, both ways", async (fault) => {
    const { saveAs } = await restore();
    await fetchAll();
    service.fault = fault;
    const began = Date.now();
    expect(await restore(1_500)).toEqual({ isHit: false, saveAs: undefined });
    await save(saveAs, 1_500);
    // Two limits, and what a loaded machine needs to end two processes.
    expect(Date.now() - began).toBeLessThan(15_000);
    expect(said("warn")).toEqual([
      "cache: nothing was restored, so everything is fetched: the cache service took longer than 1.5 s",
      "cache: nothing was saved, so the next job fetches again: the cache service took longer than 1.5 s",
    ]);
  });

  it("is gone is a warning at once", async () => {
    await service[Symbol.asyncDispose]();
    expect(await restore()).toEqual({ isHit: false, saveAs: undefined });
    expect(said("warn")).toEqual([expect.stringMatching(/^cache: nothing was restored, .*ECONNREFUSED/)]);
    service = await startCacheService();
  });

  it("isn't there is said, once", async () => {
    await newJob({});
    expect(await restore()).toEqual({});
    expect(log.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      "info this runner has no cache service: nothing is kept between jobs",
    ]);
  });
});

it("a stranger's lock with programs of its own brings nothing from the cache", async () => {
  service = await startCacheService();
  await newJob();
  const config = { cache: "auto", bundle: undefined, lock: { file: lockFile(), isRequired: false } } as const;
  expect(await findKept(context, config)).toBeDefined();
  // The arm64 program of this lock is another one than the published.
  expect(await findKept(context, config, true)).toBeUndefined();
});
