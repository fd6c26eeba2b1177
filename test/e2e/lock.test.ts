import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Lock } from "../../src/lockfile/lock.ts";
import { type Machine, type ResultsFile, startMachine } from "./support/machine.ts";
import { seconds } from "./support/results.ts";

const config = `k3s: {version: stable}
dashboards: [1860]
`;

describe("monstack lock, and runs that are held to it", () => {
  let machine: Machine;
  const path = (name: string) => join(machine.folder, name);
  const lockText = () => readFile(path("monstack.lock"), "utf8");
  const lock = async () => parse(await lockText()) as Lock;
  const wipeCaches = () => machine.run(["sh", "-c", "rm -rf ~/.cache/monstack"]);

  beforeAll(async () => {
    machine = await startMachine();
    await writeFile(path("monstack.yaml"), config);
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());
  afterEach(async () => {
    await machine.misbehave([]);
    await writeFile(path("monstack.yaml"), config);
  });

  it("writes down all that a run installs, each image with its digest, k3s' own too", async () => {
    const written = await machine.monstack(["lock"]);
    expect(written.exitCode, written.output).toBe(0);
    const { tools, charts, dashboards, images } = await lock();
    expect(tools.k3s).toMatchObject({
      asked: "stable",
      version: expect.stringMatching(/^v1\.\d+\.\d+\+k3s\d+$/),
    });
    expect(Object.keys(tools)).toEqual(["k3s", "helm", "kubectl"]);
    expect(charts.map(({ name }) => name)).toEqual(["grafana", "prometheus"]);
    expect(dashboards).toMatchObject([{ from: "1860", revision: expect.any(Number) }]);
    const names = images.map(({ image }) => image.replace(/:[^:]*$/, ""));
    expect(names).toEqual(
      expect.arrayContaining([
        "docker.io/grafana/grafana",
        "docker.io/rancher/mirrored-coredns-coredns",
        "docker.io/rancher/mirrored-pause",
        "quay.io/prometheus/prometheus",
        "registry.k8s.io/kube-state-metrics/kube-state-metrics",
      ]),
    );
    expect(names).not.toContain("docker.io/rancher/mirrored-metrics-server");
    console.log(`lock: ${written.seconds.toFixed(1)} s, ${images.length} images`);
  });

  it("changes nothing when nothing changed, and --check says so", async () => {
    const before = await lockText();
    const again = await machine.monstack(["lock"]);
    expect(again.stdout).toContain("monstack.lock stays as it is");
    expect(await lockText()).toBe(before);
    const check = await machine.monstack(["lock", "--check"]);
    expect(check.exitCode, check.output).toBe(0);
    expect(check.stdout).toBe("monstack.lock matches the configuration\n");
  });

  it("is what a run installs, with empty caches and every index and channel down", async () => {
    await wipeCaches();
    await machine.misbehave(
      [
        "/update.k3s.io/",
        "/get.helm.sh/helm4-latest-version",
        "/dl.k8s.io/release/stable",
        "/prometheus-community.github.io/",
        "/grafana-community.github.io/",
      ].map((prefix) => ({ prefix, kind: "dead" })),
    );
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(0);
    const results = await machine.results();
    expect(results).toMatchObject({ verified: true, teardown: { leaks: [] } });
    expectAsLocked(results, await lock());
    console.log(`run: ${run.seconds.toFixed(1)} s, ${seconds(results)}`);
  });

  it("ends a run before anything is fetched when the configuration asks for something else", async () => {
    await writeFile(path("monstack.yaml"), config.replace("stable", "v1.36").replace("1860", "315"));
    await machine.asked();
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(2);
    expect(run.stderr).toMatch(
      /monstack\.yaml:1:16: k3s\.version: v1\.36 is requested, but the lock has v1\.\S+, which was requested as stable/,
    );
    expect(run.stderr).toContain(
      "monstack.yaml:2:14: dashboards: 315 is requested, but the lock hasn't got it",
    );
    expect(run.stderr).toContain("`monstack lock`");
    expect(await machine.asked()).toEqual([]);
    const check = await machine.monstack(["lock", "--check"]);
    expect(check.exitCode, check.output).toBe(2);
    expect(check.stderr).toContain("315 is requested");
  });

  it("ends a run when other bytes come, whatever checksum is beside them", async () => {
    await wipeCaches();
    await machine.misbehave([{ prefix: "/get.helm.sh/helm-", kind: "wrong-bytes" }]);
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(3);
    const { tools } = await lock();
    expect(run.stderr).toContain(
      `helm ${tools.helm?.version} is not what monstack.lock says: expected sha256 ${tools.helm?.amd64.sha256}`,
    );
  });

  it("moves k3s with --update k3s, and nothing else", async () => {
    const now = await lockText();
    const version = (await lock()).tools.k3s?.version ?? "";
    const old = now.replace(`version: ${version}\n`, "version: v1.35.0+k3s1\n");
    await writeFile(path("monstack.lock"), old);
    const kept = await machine.monstack(["lock"]);
    expect(kept.stdout, kept.output).toContain("stays as it is");
    const moved = await machine.monstack(["lock", "--update", "k3s"]);
    expect(moved.exitCode, moved.output).toBe(0);
    expect(moved.stdout.split("\n")[0]).toBe(`~ k3s v1.35.0+k3s1 -> ${version}`);
    expect(moved.stdout.split("\n")[1]).toMatch(/^monstack\.lock: /);
    expect(await lockText()).toBe(now);
  });
});

/** Every byte that the results name is the lock's. */
function expectAsLocked(results: ResultsFile, { tools, charts, dashboards, images }: Lock): void {
  const { versions } = results;
  // The others are monstack's own objects, made into a chart.
  const fetched = versions.charts.filter(({ sha256 }) => sha256 !== undefined);
  expect(versions.tools.map(({ name, sha256 }) => [name, sha256])).toEqual(
    (["k3s", "helm", "kubectl"] as const).map((name) => [name, tools[name]?.amd64.sha256]),
  );
  expect(fetched.map(({ chart, version, sha256 }) => `${chart} ${version} ${sha256}`).toSorted()).toEqual(
    charts.map(({ name, version, sha256 }) => `${name} ${version} ${sha256}`).toSorted(),
  );
  expect(versions.dashboards.map(({ revision, sha256 }) => ({ revision, sha256 }))).toEqual(
    dashboards.map(({ revision, sha256 }) => ({ revision, sha256 })),
  );
  const { imageDigests = [] } = versions;
  expect(imageDigests.length).toBeGreaterThan(4);
  expect(images).toEqual(expect.arrayContaining(imageDigests));
}
