import { describe, expect, test } from "vitest";
import { collectChartDefinitions, findMentions } from "../../../src/plan/templates/mentions.ts";

/** `a.b` for a path that is named, `a.b.*` for one that is used whole; sorted. */
function mentioned(template: string): string[] {
  const chart = {
    name: "x",
    isLibrary: false,
    values: {},
    schema: undefined,
    templates: [template],
    dependencies: [],
    charts: [],
  };
  const mentions = findMentions(chart, collectChartDefinitions(chart));
  const shown = mentions.map(({ path, whole }) => [...path, ...(whole ? ["*"] : [])].join("."));
  return [...new Set(shown)].sort();
}

describe("what a template says is known", () => {
  test.each([
    ["a value that is written out", "{{ .Values.a.b }}", ["a.b", "a.b.*"]],
    ["one that goes through functions", "{{- .Values.a | default 3 | quote -}}", ["a", "a.*"]],
    ["one that is only asked about", '{{ if and .Values.a.b (eq .Values.c "x") }}y{{ end }}', ["a.b", "c"]],
    [
      "a key with a dash",
      '{{ (index .Values "kube-x" "on").y }}',
      ["kube-x", "kube-x.on", "kube-x.on.y", "kube-x.on.y.*"],
    ],
    ["a key that may be any", "{{ index .Values.a $name }}", ["a", "a.*"]],
    [
      "get and dig",
      '{{ get .Values "a" }}{{ dig "b" "c" 3 .Values.d }}',
      ["a", "a.*", "d", "d.b", "d.b.c", "d.b.c.*"],
    ],
    ["hasKey", '{{ if hasKey .Values.a "b" }}{{ end }}', ["a", "a.b"]],
    [
      "from inside a range",
      "{{ range .Values.a }}{{ $.Values.b }}{{ .c }}{{ end }}",
      ["a", "a.*", "b", "b.*"],
    ],
    ["a helper that gets a part", '{{ include "x.y" .Values.a }}', ["a", "a.*"]],
    ["a helper that gets all of it", '{{ include "x.y" .Values }}', ["*"]],
    [
      "a helper that gets all of it as Values",
      '{{ include "x.y" (dict "Values" .Values "o" .Values.o) }}',
      ["o", "o.*"],
    ],
    ["all of it under another name", '{{ include "x.y" (dict "v" .Values) }}', ["*"]],
    ["a comment says nothing", "{{/* .Values.a }} */}}{{- /* .Values.b */ -}}", []],
    ["a text says nothing", '{{ printf "}} .Values.a %s" .Chart.Name }}', []],
    ["plain text says nothing", ".Values.a {{ .Release.Name }}", []],
    ["what never ends says nothing", "{{ .Values.a", []],
  ])("%s", (_, template, expected) => {
    expect(mentioned(template)).toEqual(expected);
  });

  test("with makes a part the dot, until its end", () => {
    const template = "{{ with .Values.a }}{{ .b }}{{ else }}{{ .no }}{{ end }}{{ .no }}";
    expect(mentioned(template)).toEqual(["a", "a.b", "a.b.*"]);
    expect(mentioned("{{ with .Values.a }}{{ toYaml . }}{{ end }}")).toEqual(["a", "a.*"]);
    expect(mentioned("{{ if .Values.a }}{{ else with .Values.b }}{{ .c }}{{ end }}")).toEqual([
      "a",
      "b",
      "b.c",
      "b.c.*",
    ]);
  });

  test("a variable is what it was given, also by way of a default", () => {
    const template = `{{ $x := index .Values "push-x" | default dict }}{{ $x.on }}{{ if $x }}{{ end }}`;
    expect(mentioned(template)).toEqual(["push-x", "push-x.on", "push-x.on.*"]);
  });

  test("a variable that goes through a list of texts is each of them, and no text of before", () => {
    const range = '{{ range $key := list "a" "b" }}{{ toYaml (get $.Values $key) }}{{ end }}';
    expect(mentioned(range)).toEqual(["a", "a.*", "b", "b.*"]);
    expect(mentioned(`${range}{{ range $key := .Values.c }}{{ get $.Values $key }}{{ end }}`)).toContain("*");
  });

  test("a variable that is given twice may be either", () => {
    const template = "{{ $x := .Values.a }}{{ if .Values.c }}{{ $x = .Values.b }}{{ end }}{{ $x.y }}";
    expect(mentioned(template)).toEqual(["a", "a.y", "a.y.*", "b", "b.y", "b.y.*", "c"]);
  });
});

describe("a named template is followed with what it gets", () => {
  const helper = '{{ define "h" }}{{ .x.b }}{{ .y }}{{ end }}';

  test.each([
    [
      "a part as the dot",
      '{{ define "h" }}{{ .b }}{{ end }}{{ include "h" .Values.a }}',
      ["a", "a.b", "a.b.*"],
    ],
    ["a part in a dict", `${helper}{{ include "h" (dict "x" .Values.a "y" 1) }}`, ["a", "a.b", "a.b.*"]],
    ["by template", '{{ define "h" }}{{ .b }}{{ end }}{{ template "h" .Values.a }}', ["a", "a.b", "a.b.*"]],
    [
      "in a pipeline",
      '{{ define "h" }}{{ .b }}{{ end }}{{ .Values.a | include "h" }}',
      ["a", "a.b", "a.b.*"],
    ],
    ["all of it", '{{ define "h" }}{{ .Values.a.b }}{{ end }}{{ include "h" . }}', ["a.b", "a.b.*"]],
    ["all of it as $", '{{ define "h" }}{{ $.Values.a }}{{ end }}{{ include "h" $ }}', ["a", "a.*"]],
    [
      "all of it under a name",
      '{{ define "h" }}{{ .root.Values.c }}{{ .v.b }}{{ end }}{{ include "h" (dict "root" $ "v" .Values.a) }}',
      ["a", "a.b", "a.b.*", "c", "c.*"],
    ],
    [
      "as a list",
      '{{ define "h" }}{{ $root := index . 0 }}{{ $root.Values.c }}{{ (index . 1).b }}{{ end }}{{ include "h" (list . .Values.a) }}',
      ["a", "a.b", "a.b.*", "c", "c.*"],
    ],
    [
      "through another one",
      '{{ define "g" }}{{ .b }}{{ end }}{{ define "h" }}{{ include "g" .x }}{{ end }}{{ include "h" (dict "x" .Values.a) }}',
      ["a", "a.b", "a.b.*"],
    ],
    [
      "a variable",
      '{{ define "h" }}{{ .b }}{{ end }}{{ $x := .Values.a }}{{ include "h" $x }}',
      ["a", "a.b", "a.b.*"],
    ],
    [
      "merged with another part",
      '{{ define "h" }}{{ .b }}{{ end }}{{ include "h" (merge (deepCopy .Values.a) .Values.d) }}',
      ["a", "a.b", "a.b.*", "d", "d.b", "d.b.*"],
    ],
    [
      "a part that is set in a dict",
      '{{ define "h" }}{{ .k.b }}{{ end }}{{ $x := dict }}{{ $_ := set $x "k" .Values.a }}{{ include "h" $x }}',
      ["a", "a.b", "a.b.*"],
    ],
    ["picked keys", '{{ toYaml (pick .Values.a "b" "c") }}', ["a", "a.b", "a.b.*", "a.c", "a.c.*"]],
    [
      "the key's name",
      '{{ define "h" }}{{ (index .root.Values .part).b }}{{ end }}{{ include "h" (dict "root" . "part" "a") }}',
      ["a", "a.b", "a.b.*"],
    ],
    [
      "what a range goes through",
      '{{ define "h" }}{{ .b }}{{ end }}{{ range $k, $v := dict "x" .Values.a "y" .Values.d }}{{ include "h" $v }}{{ end }}',
      ["a", "a.b", "a.b.*", "d", "d.b", "d.b.*"],
    ],
    ["one that calls itself", '{{ define "h" }}{{ .b }}{{ include "h" .c }}{{ end }}{{ include "h" . }}', []],
    ["one that nobody calls", '{{ define "h" }}{{ .Values.a }}{{ end }}', []],
    [
      "a name that is only known later, so that each may be called",
      '{{ define "h" }}{{ .Values.a }}{{ end }}{{ include (printf "%s" .Chart.Name) . }}',
      ["a", "a.*"],
    ],
    [
      "a file, which is rendered anyway",
      '{{ define "h" }}{{ .Values.a }}{{ end }}{{ include (print $.Template.BasePath "/x.yaml") . | sha256sum }}',
      [],
    ],
    ["one that is not there", '{{ include "x" (dict "v" .Values.a "root" $) }}', ["a", "a.*"]],
  ])("%s", (_, template, expected) => {
    expect(mentioned(template)).toEqual(expected);
  });

  test("one that always calls itself with more ends", () => {
    const template = '{{ define "h" }}{{ include "h" .c }}{{ end }}{{ include "h" .Values.a }}';
    expect(mentioned(template)).toContain("a.c.*".replace(".c", `${".c".repeat(25)}`));
  });
});
