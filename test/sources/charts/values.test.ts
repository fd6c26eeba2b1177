import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultApps } from "../../../src/config/defaults.ts";
import type { Values } from "../../../src/lib/object.ts";
import type { ChartSource } from "../../../src/model/chart.ts";
import { listUnknownValues } from "../../../src/plan/values/unknown-values.ts";
import { readChartSource } from "../../../src/sources/charts/contents.ts";
import { tarGz } from "../archives.ts";
import { createMachine, type Machine } from "../machine.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

function read(path: string): Promise<ChartSource> {
  const chart = { path, name: "x", version: "1", appVersion: "", sha256: undefined, origin: path };
  return readChartSource(machine.context, chart);
}

const subchart = {
  "Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\ntype: library\n",
  "values.yaml": "s: 1\n",
};
const files: Record<string, string> = {
  "Chart.yaml": `apiVersion: v2
name: web
version: 1.0.0
dependencies:
  - {name: sub, alias: other, version: 1.x, condition: "other.enabled, all.on", tags: [t], import-values: [data, {child: a, parent: b}]}
`,
  "values.yaml": "a: yes\nb: {}\n",
  "values.schema.json": '{"type": "object"}',
  "templates/_helpers.tpl": "one",
  "templates/deep/er/two.yaml": "two",
  "README.md": "not read",
  "crds/x.yaml": "not read",
};
const read1 = {
  name: "web",
  isLibrary: false,
  values: { a: true, b: {} },
  schema: { type: "object" },
  dependencies: [
    {
      name: "sub",
      alias: "other",
      conditions: ["other.enabled", "all.on"],
      tags: ["t"],
      importValues: ["data", { child: "a", parent: "b" }],
    },
  ],
};
const readSub = { name: "sub", isLibrary: true, values: { s: 1 }, schema: undefined, templates: [] };

function below(folder: string, some: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(some).map(([name, content]) => [`${folder}/${name}`, content]));
}

function archive(some: Record<string, string>): Buffer {
  return tarGz(...Object.entries(some).map(([name, content]) => ({ name, content })));
}

async function folderOf(some: Record<string, string | Uint8Array>): Promise<string> {
  const folder = join(machine.home, "chart");
  for (const [name, content] of Object.entries(some)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

async function archiveOf(some: Record<string, string>): Promise<string> {
  const path = join(machine.home, "web-1.0.0.tgz");
  await writeFile(path, archive(some));
  return path;
}

describe("what a chart says about its values", () => {
  test("is read from an archive, with the subcharts in it", async () => {
    const chart = await read(await archiveOf(below("web", { ...files, ...below("charts/sub", subchart) })));
    expect(chart).toMatchObject({ ...read1, charts: [readSub] });
    expect([...chart.templates].sort()).toEqual(["one", "two"]);
  });

  test("is read from a folder, with a subchart as an archive, as helm leaves it there", async () => {
    const tgz = archive(below("sub", { ...subchart, "templates/x.yaml": "three" }));
    const chart = await read(
      await folderOf({ ...files, "charts/sub-1.0.0.tgz": tgz, "charts/notes.txt": "x" }),
    );
    expect(chart).toMatchObject({ ...read1, charts: [{ ...readSub, templates: ["three"] }] });
    expect([...chart.templates].sort()).toEqual(["one", "two"]);
  });

  test("may be nearly nothing; charts of helm 2's time list their dependencies in a file of its own", async () => {
    const requirements = "dependencies:\n  - {name: sub, version: 1.x}\n";
    const chart = await read(
      await folderOf({ "Chart.yaml": "name: old\nversion: 1.0.0\n", "requirements.yaml": requirements }),
    );
    expect(chart).toEqual({
      name: "old",
      isLibrary: false,
      values: null,
      schema: undefined,
      templates: [],
      dependencies: [{ name: "sub", alias: undefined, conditions: [], tags: [], importValues: [] }],
      charts: [],
    });
  });

  test("with names too long for a tar archive's own field", async () => {
    const { host, home } = machine;
    const deep = `charts/${"long-name-".repeat(12)}`;
    await folderOf({ "Chart.yaml": files["Chart.yaml"] ?? "", ...below(deep, subchart) });
    for (const format of ["pax", "gnu"]) {
      await host.exec([
        "tar",
        "-C",
        home,
        `--format=${format}`,
        "-czf",
        join(home, `${format}.tgz`),
        "chart",
      ]);
      expect((await read(join(home, `${format}.tgz`))).charts).toEqual([
        { ...readSub, dependencies: [], charts: [] },
      ]);
    }
  });

  test.each([
    ["Chart.yaml", "name: [", /Chart.yaml is not valid/],
    ["values.yaml", "a: {", /values.yaml:1:\d+: bad YAML/],
    ["values.schema.json", "{", /values.schema.json is not valid/],
  ])("an unreadable %s is an error, never a chart without it", async (name, content, message) => {
    await expect(read(await archiveOf(below("web", { ...files, [name]: content })))).rejects.toThrow(message);
  });
});

describe("the charts of the lab, whose keys are upstream's", () => {
  const charts = join(import.meta.dirname, "../../../lab/charts");

  test.each(["prometheus", "grafana"])("%s: its own values and monstack's are known", async (name) => {
    const folder = join(machine.home, name);
    await cp(join(charts, name), folder, { recursive: true });
    const chart = await read(folder);
    expect(listUnknownValues(name, chart.values as Values, chart)).toEqual([]);
    for (const source of defaultApps[name]?.values ?? [])
      if ("inline" in source) expect(listUnknownValues(name, source.inline, chart)).toEqual([]);
  });

  test("the keys that upstream's charts leave without effect are unknown", async () => {
    const chart = await read(join(charts, "prometheus"));
    const given = { nodeExporter: {}, kubeStateMetrics: {}, pushgateway: {}, server: { enabled: true } };
    expect(listUnknownValues("p", given, chart).map(({ path, meant }) => [path.join("."), meant])).toEqual([
      ["nodeExporter", "prometheus-node-exporter"],
      ["kubeStateMetrics", "kube-state-metrics"],
      ["pushgateway", "prometheus-pushgateway"],
      ["server.enabled", undefined],
    ]);
    const grafana = await read(join(charts, "grafana"));
    expect(listUnknownValues("g", { persistence: { storageClass: "x" } }, grafana)).toEqual([
      {
        app: "g",
        path: ["persistence", "storageClass"],
        meant: "persistence.storageClassName",
        isCertain: true,
      },
    ]);
  });
});
