import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderApp } from "../../src/deploy/render.ts";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import type { ChartRef } from "../../src/model/plan.ts";
import { fetchChart } from "../../src/sources/charts/fetch.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { genuineHelms, tinyApp } from "./helms.ts";

let context: Context;
let work: string;
beforeAll(async () => {
  context = { host: await createHost(), log: createRecordingLogger(), signal: new AbortController().signal };
  work = await mkdtemp(join(tmpdir(), "objects-chart-"));
});
afterAll(async () => await rm(work, { recursive: true, force: true }));

const chartOf = (ref: ChartRef, kubectl?: string) =>
  fetchChart(context, { mirrors: {} }, ref, {
    folder: join(work, "chart"),
    ...(kubectl === undefined
      ? {}
      : {
          kubectl: Promise.resolve({
            name: "kubectl",
            path: kubectl,
            asked: "",
            version: "v1",
            sha256: "",
            origin: "path",
          } as const),
        }),
  });

const configMap = (name: string, data: Record<string, string>) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});

describe.each(genuineHelms())("objects as a chart, with helm $version", ({ tool }) => {
  test("are rendered as they are, whatever looks like a template or a document's end in them", async () => {
    const precious = { text: "{{ .Values.nope }}\n---\nkind: Secret\n", yes: "yes", number: "010" };
    const objects = [configMap("first", precious), configMap("second", { legend: "{{instance}}" })];
    const ref: ChartRef = { kind: "objects", name: "dashboards", objects };
    const chart = await chartOf(ref);
    expect(chart).toMatchObject({ name: "dashboards", version: "0.0.0", origin: "monstack" });
    const rendered = await renderApp(context, tool, tinyApp({ chart: ref }), chart);
    expect(rendered.objects).toEqual(
      objects.map((object) => ({ ...object, metadata: { ...object.metadata, namespace: "monitoring" } })),
    );
  });

  test("from files have booleans where kubectl sees some, and the keys as they are written", async () => {
    const file = join(work, "words.yaml");
    await writeFile(
      file,
      "apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {hostPID: yes, mode: 0644, on: off, 'y': 'no', y2: a}\n",
    );
    const ref: ChartRef = { kind: "manifests", paths: [file] };
    const rendered = await renderApp(context, tool, tinyApp({ chart: ref }), await chartOf(ref));
    expect(rendered.objects[0]?.["spec"]).toEqual({ hostPID: true, mode: 420, on: false, y: "no", y2: "a" });
  });

  test("come from files too, with custom resource definitions before the resources", async () => {
    const file = join(work, "app.yaml");
    await writeFile(
      file,
      [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: &d {a: b}",
        "# nothing here",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}",
      ].join("\n---\n"),
    );
    const ref: ChartRef = { kind: "manifests", paths: [file] };
    const rendered = await renderApp(context, tool, tinyApp({ chart: ref }), await chartOf(ref));
    expect(rendered.objects.map(({ kind }) => kind).sort()).toEqual([
      "ConfigMap",
      "CustomResourceDefinition",
    ]);
    expect(existsSync(join(work, "chart/crds/0001.yaml"))).toBe(true);
  });
});

test("a manifest that isn't there, or isn't one, is named", async () => {
  const missing = chartOf({ kind: "manifests", paths: [join(work, "nope.yaml")] });
  await expect(missing).rejects.toThrow(/manifest not found: .*nope\.yaml/);
  const file = join(work, "values.yaml");
  await writeFile(file, "server: {retention: 30d}\n");
  await expect(chartOf({ kind: "manifests", paths: [file] })).rejects.toThrow(
    /values\.yaml: .*retention.* is not a Kubernetes object: it has no kind/,
  );
});

const kubectl = join(import.meta.dirname, "../../lab/out/bin/kubectl");
test.skipIf(!existsSync(kubectl))("a kustomization is built, and its mistakes are told", async () => {
  execFileSync(kubectl, ["version", "--client"]);
  await writeFile(join(work, "cm.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n");
  await writeFile(join(work, "kustomization.yaml"), "namePrefix: team-\nresources: [cm.yaml]\n");
  await chartOf({ kind: "kustomize", path: work }, kubectl);
  const text = await context.host.files.read(join(work, "chart/objects/0000.yaml"));
  expect(JSON.parse(text ?? "")).toMatchObject({ metadata: { name: "team-one" } });
  await writeFile(join(work, "kustomization.yaml"), "resources: [gone.yaml]\n");
  await expect(chartOf({ kind: "kustomize", path: work }, kubectl)).rejects.toThrow(
    /the kustomization .* can't be built: .*gone\.yaml/,
  );
});
