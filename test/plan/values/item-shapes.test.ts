import { describe, expect, test } from "vitest";
import type { Values } from "../../../src/lib/object.ts";
import type { ChartSource } from "../../../src/model/chart.ts";
import { findWrongItems } from "../../../src/plan/values/item-shapes.ts";

const template = `
{{- define "own.pod" -}}
{{- range .Values.envFromSecrets }}
- secretRef:
    name: {{ tpl .name $ }}
    optional: {{ .optional | default false }}
{{- end }}
{{- range $index, $mount := .Values.server.mounts }}
- {{ $mount.path }} {{ $index }}
{{- end }}
{{- with .Values.server }}
{{- range .flags }}
- --{{ . }}
{{- end }}
{{- end }}
{{- range .Values.pullSecrets }}
{{- if kindIs "map" . }}- {{ toYaml . }}{{ else }}- name: {{ . }}{{ end }}
{{- end }}
{{- range $kind, $refs := dict "secretRef" .Values.secrets "configMapRef" .Values.maps }}
{{- range $refs }}
- {{ $kind }}: {name: {{ .name }}}
{{- end }}
{{- end }}
{{- range .Values.hosts }}
- {{ tpl . $ | quote }}
{{- end }}
{{- end }}
`;

const chart: ChartSource = {
  name: "own",
  isLibrary: false,
  values: {},
  schema: undefined,
  templates: [template],
  dependencies: [],
  charts: [],
};
const above: ChartSource = { ...chart, name: "above", templates: [], charts: [chart] };

function found(values: Values, of = chart) {
  return findWrongItems("grafana", values, of).map(({ path, problem }) => `${path.join(".")}: ${problem}`);
}

describe("items of a list that must be mappings", () => {
  test("are named as texts, with the keys that the chart reads", () => {
    expect(found({ envFromSecrets: ["logins", { name: "right" }] })).toEqual([
      'envFromSecrets.0: "logins" is not a mapping: the chart reads name, optional of each item of envFromSecrets; expected e.g. {name: "logins"}',
    ]);
    expect(found({ server: { mounts: ["/x"] } })).toEqual([expect.stringContaining("server.mounts.0")]);
    expect(found({ secrets: ["a"], maps: [{ name: "a" }, "b"] })).toEqual([
      expect.stringContaining("secrets.0"),
      expect.stringContaining("maps.1"),
    ]);
    expect(found({ own: { envFromSecrets: ["logins"] } }, above)).toEqual([
      expect.stringContaining("own.envFromSecrets.0"),
    ]);
  });

  test("are right as mappings, and where the chart takes both", () => {
    expect(
      found({ envFromSecrets: [{ name: "a" }], pullSecrets: ["a", { name: "b" }], other: ["x", {}] }),
    ).toEqual([]);
    expect(found({ envFromSecrets: "x", server: { mounts: { a: { path: "x" } } } })).toEqual([]);
  });
});

test("a mapping is named where the chart prints the item as a text", () => {
  expect(found({ server: { flags: [{ "web.enable-lifecycle": true }, "a"] }, hosts: [["x"]] })).toEqual([
    "server.flags.0: this is a mapping: the chart prints each item of server.flags as a text",
    "hosts.0: this is a list: the chart prints each item of hosts as a text",
  ]);
});
