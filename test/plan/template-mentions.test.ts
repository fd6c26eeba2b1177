import { describe, expect, test } from "vitest";
import { mentionsIn } from "../../src/plan/template-mentions.ts";

/** `a.b` for a path that is named, `a.b.*` for one that is used whole; sorted. */
function mentioned(template: string): string[] {
  const shown = mentionsIn(template).map(({ path, whole }) => [...path, ...(whole ? ["*"] : [])].join("."));
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
