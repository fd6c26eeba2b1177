import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { createHost } from "../../../src/host/create.ts";
import type { Values } from "../../../src/lib/object.ts";
import type { ChartSource } from "../../../src/model/chart.ts";
import type { PlannedApp } from "../../../src/model/plan.ts";
import {
  checkNameLength,
  findLongChartNames,
  findLongestRelease,
} from "../../../src/plan/values/name-lengths.ts";
import { readChartSource } from "../../../src/sources/charts/contents.ts";

const lab = resolve(import.meta.dirname, "../../../lab/charts");

async function chart(name: string): Promise<ChartSource> {
  const host = await createHost({ HOME: "/nowhere" });
  const context = { host } as Parameters<typeof readChartSource>[0];
  return readChartSource(context, { path: `${lab}/${name}` } as Parameters<typeof readChartSource>[1]);
}

function app(release: string, values: Values = {}): PlannedApp {
  const made = {
    name: "x",
    namespace: "n",
    chart: { kind: "path", path: "x" } as const,
    dependsOn: [],
    timeoutMs: 1,
  };
  return { ...made, release, values };
}

function made(templates: readonly string[], values: Values = {}): ChartSource {
  const helpers = `{{- define "own.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}{{ .Release.Name | trunc 63 }}{{ else }}{{ printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}{{ end }}
{{- end }}
{{- end }}`;
  return {
    name: "own",
    isLibrary: false,
    values,
    schema: undefined,
    templates: [helpers, ...templates],
    dependencies: [],
    charts: [],
  };
}

const object = (kind: string, name: string, more = "") =>
  `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: ${name}\n${more}`;
const long = "observability-of-the-payments-platform-stage";

describe("a release name that makes names too long", () => {
  test("is seen in the Prometheus chart: of a Service, and of a StatefulSet whose pods would have too long labels", async () => {
    const source = await chart("prometheus");
    const found = findLongChartNames(app(long), source);
    expect(found).toEqual(
      expect.arrayContaining([
        { kind: "Service", name: `${long}-alertmanager-headless`, most: 63, why: undefined },
        {
          kind: "StatefulSet",
          name: `${long}-alertmanager`,
          most: 52,
          why: expect.stringContaining("controller-revision-hash"),
        },
      ]),
    );
    expect(findLongChartNames(app(long, { alertmanager: { enabled: false } }), source)).toEqual([]);
    expect(findLongChartNames(app(long, { alertmanager: { fullnameOverride: "am" } }), source)).toEqual([]);
    const most = findLongestRelease(app(long), source);
    expect(findLongChartNames(app("r".repeat(most)), source)).toEqual([]);
    expect(findLongChartNames(app("r".repeat(most + 1)), source)).not.toEqual([]);
  });

  test.each([["grafana"], ["prometheus"], ["kube-prometheus-stack"]])(
    "is none with an usual name: %s",
    async (name) => {
      const source = await chart(name);
      expect(findLongChartNames(app("a".repeat(30)), source)).toEqual([]);
    },
  );

  test.each([
    ["Service", 63],
    ["CronJob", 52],
    ["StatefulSet", 52],
    ["Job", 63],
    ["Namespace", 63],
  ])("is measured by the kind: %s", (kind, most) => {
    const template = object(kind, '{{ include "own.fullname" . }}-more');
    const fitting = "r".repeat(most - "-own-more".length);
    expect(findLongChartNames(app(fitting), made([template]))).toEqual([]);
    expect(findLongChartNames(app(`${fitting}r`), made([template]))).toMatchObject([{ kind, most }]);
    expect(checkNameLength("ConfigMap", "c".repeat(200))).toBeUndefined();
  });

  test("is seen in labels, and through conditions, loops, variables and overrides", () => {
    const name = "n".repeat(40);
    const labels = object(
      "ConfigMap",
      "c",
      '  labels:\n    app: {{ printf "%s-%s-of-the-payments" .Release.Name .Values.part }}\n',
    );
    expect(findLongChartNames(app(name), made([labels], { part: "metrics" }))).toMatchObject([
      { kind: "label app of ConfigMap c", name: `${name}-metrics-of-the-payments` },
    ]);
    const loop =
      "{{- $root := . }}{{- range $i, $zone := .Values.zones }}\n---\n" +
      object("Service", '{{ include "own.fullname" $root }}-{{ $zone }}-and-much-more-of-it') +
      "{{- end }}";
    expect(findLongChartNames(app(name), made([loop], { zones: ["a", "b"] }))).toHaveLength(2);
    const off =
      "{{- if and .Values.on (not .Values.off) }}\n" +
      object("CronJob", "{{ .Release.Name }}-a-job-of-its-own") +
      "{{- end }}";
    expect(findLongChartNames(app(name), made([off], { on: true }))).toHaveLength(1);
    expect(findLongChartNames(app(name), made([off], { on: true, off: true }))).toEqual([]);
    const overridden = app("short", { fullnameOverride: "f".repeat(60) });
    expect(
      findLongChartNames(overridden, made([object("StatefulSet", '{{ include "own.fullname" . }}')])),
    ).toHaveLength(1);
  });

  test("is not guessed where only helm could tell", () => {
    const name = "n".repeat(50);
    for (const text of [
      object("Service", "{{ lookup .Release.Name }}-and-much-more-of-it"),
      '{{- if .Capabilities.APIVersions.Has "x" }}\n' +
        object("Service", "{{ .Release.Name }}-and-much-more-of-it") +
        "{{- end }}",
      '{{- $name := "x" }}{{- if .Capabilities.X }}{{- $name = "" }}{{- end }}\n' +
        object("Service", "{{ .Release.Name }}-{{ $name }}-much-more-of-it"),
    ])
      expect(findLongChartNames(app(name), made([text]))).toEqual([]);
  });

  test("is seen behind a condition on a list of words", () => {
    const condition =
      '{{- $kinds := list "sts" "StatefulSet" -}}{{ if and .Values.on (has .Values.type $kinds) }}';
    const template = `${condition}${object("StatefulSet", '{{ include "own.fullname" . }}')}{{ end }}`;
    const source = made([template], { on: true, type: "pvc" });
    const release = "r".repeat(53);
    expect(findLongChartNames(app(release, { type: "sts" }), source)).toMatchObject([
      { kind: "StatefulSet" },
    ]);
    expect(findLongChartNames(app(release), source)).toEqual([]);
  });
});
