import { existsSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { refuseHostAccess } from "../../src/app/charts/render.ts";
import { renderApp } from "../../src/deploy/render.ts";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import { listImages, parseManifest } from "../../src/kube/manifest.ts";
import { UserError } from "../../src/lib/errors.ts";
import type { Limits } from "../../src/yaml/primitives.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { chartAt, chartsFolder, fakeHelm, genuineHelms, tinyApp, tinyChart } from "./helms.ts";

const helms = genuineHelms();
let context: Context;
beforeAll(async () => {
  context = { host: await createHost(), log: createRecordingLogger(), signal: new AbortController().signal };
});

test("a genuine helm is here where CI runs", () => {
  if (helms.length === 0) console.warn("left out: rendering with a genuine helm, because none is here");
  if (process.env.CI) expect(helms.length).toBeGreaterThan(0);
});

describe.each(helms)("renderApp with helm $version", ({ tool }) => {
  test("gives objects and images, hooks left out, CRDs in, namespace filled in", async () => {
    const app = tinyApp({ values: { image: "quay.io/mine:2", password: "s3cr3t" } });
    const { objects, images } = await renderApp(context, tool, app, tinyChart, { kubeVersion: "v1.33.1" });
    const named = objects.map(
      ({ kind, metadata }) => `${kind} ${metadata.namespace ?? "-"}/${metadata.name}`,
    );
    expect(named.sort()).toEqual([
      "ClusterRole -/tiny",
      "CronJob monitoring/nightly",
      "CustomResourceDefinition -/things.tiny.example.com",
      "Deployment monitoring/tiny",
      "Secret monitoring/first",
      "Service elsewhere/second",
    ]);
    expect(images).toEqual(["docker.io/library/busybox:1.38.0", "quay.io/mine:2", "quay.io/tiny/job:9"]);
    const deployment = objects.find(({ kind }) => kind === "Deployment");
    expect(deployment?.metadata.annotations).toEqual({ "seen-kube-version": "v1.33.1" });
  });

  test("a value that the schema refuses is the user's mistake, named with app and chart", async () => {
    const done = renderApp(context, tool, tinyApp({ values: { replicas: "two" } }), tinyChart);
    await expect(done).rejects.toBeInstanceOf(UserError);
    await expect(done).rejects.toThrow(/app tiny \(chart tiny 0\.1\.0\): .*schema/s);
    await expect(done).rejects.toThrow(/replicas/);
  });

  test("a template that refuses says so in its own words", async () => {
    const done = renderApp(context, tool, tinyApp({ values: { refuse: true } }), tinyChart);
    await expect(done).rejects.toBeInstanceOf(UserError);
    await expect(done).rejects.toThrow(/tiny refuses: set refuse to false/);
  });

  test("a missing dependency is named, with the way to fix it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "chart-"));
    await cp(join(chartsFolder, "tiny"), folder, { recursive: true });
    const lines = ["apiVersion: v2", "name: tiny", "version: 0.1.0", "dependencies:"];
    const dependency = "  - { name: other, version: 1.0.0, repository: 'https://charts.example.com' }";
    await writeFile(join(folder, "Chart.yaml"), [...lines, dependency, ""].join("\n"));
    const done = renderApp(context, tool, tinyApp(), chartAt(folder));
    await expect(done).rejects.toThrow(/other/);
    await expect(done).rejects.toMatchObject({
      exitCode: 2,
      fix: expect.stringContaining("helm dependency build"),
    });
    await rm(folder, { recursive: true });
  });
});

test("values reach helm as a file that only this user can read, and never as arguments", async () => {
  await using helm = await fakeHelm('echo "{apiVersion: v1, kind: Secret, metadata: {name: x}}"');
  await renderApp(context, helm.tool, tinyApp({ values: { password: "s3cr3t", word: "yes" } }), tinyChart);
  // As JSON: in YAML helm would take a bare `yes` for true.
  expect(await helm.values("tiny")).toBe('values 600\n{"password":"s3cr3t","word":"yes"}');
  const [call] = await helm.calls();
  expect(call).toMatch(/^template tiny \S+ -n monitoring -f \S+ --include-crds$/);
  expect(call).not.toContain("s3cr3t");
  const [, file = ""] = / -f (\S+)/.exec(call ?? "") ?? [];
  expect(file).not.toBe("");
  expect(existsSync(file)).toBe(false);
});

test("what helm may read in another way is refused where files are restricted, and only there", async () => {
  const manifest =
    "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {hostPID: false, <<: {hostPID: true}}}";
  await using helm = await fakeHelm(`echo "${manifest}"`);
  for (const isRestricted of [false, true]) {
    const rendered = await renderApp(context, helm.tool, tinyApp(), tinyChart, { isRestricted });
    const refuse = () => refuseHostAccess({ limits: { isRestricted } as Limits }, [rendered]);
    if (isRestricted)
      expect(refuse).toThrow("a merge key (line 1 of what the chart renders), which no chart may have");
    else expect(refuse).not.toThrow();
  }
});

describe("parseManifest", () => {
  test("names what is no object", () => {
    expect(() => parseManifest("kind: Deployment\n", "x")).toThrow(/not a Kubernetes object/);
    expect(() => parseManifest("a: [1\n", "x")).toThrow();
  });

  test("takes what helm takes: equal keys, anchors, empty documents", () => {
    const text =
      "---\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: &m {name: a}\ndata: {x: '1', x: '2'}\n---\n# only words\n";
    expect(parseManifest(text, "ns")).toEqual([
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "ns" }, data: { x: "2" } },
    ]);
  });

  test("a bare pod has images too", () => {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { containers: [{ image: "b" }, { image: "a" }, {}] },
    };
    expect(listImages([pod])).toEqual(["a", "b"]);
  });
});
