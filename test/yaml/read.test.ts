import { expect, test } from "vitest";
import { readYaml } from "../../src/yaml/read.ts";

test("values mean what helm (3.22 and 4.2) takes them for", () => {
  const yaml =
    'm: 0644\na: yes\nb: off\nc: y\nd: "0644"\ne: 1_000\nf: 0o17\ng: 0x1F\nh: 12:30\ni: N\nj: "no"\nk: -017\n';
  expect(readYaml(yaml).data).toEqual({
    ...{ m: 0o644, a: true, b: false, c: true, d: "0644", e: 1000, f: 15, g: 31 },
    ...{ h: "12:30", i: false, j: "no", k: -15 },
  });
});

test("anchors and merge keys are followed, positions too", () => {
  const yaml = readYaml("base: &base\n  a: 1\nother:\n  <<: *base\n  b: [x, z]\nalias: *base\n");
  expect(yaml.data).toMatchObject({ other: { a: 1, b: ["x", "z"] }, alias: { a: 1 } });
  expect(yaml.valueAt(["other", "b", 1])).toBe("5:10");
  expect(yaml.keyAt(["other", "b"])).toBe("5:3");
  expect(yaml.valueAt(["alias", "a"])).toBe("2:6");
  expect(yaml.valueAt(["other", "gone"])).toBe("4:3");
});

test("a second document is an error", () => {
  expect(readYaml("a: 1\n---\nb: 2\n").errors).toEqual([
    {
      position: "2:1",
      problem: "a second document starts here (---); expected one document in the file",
    },
  ]);
});

test.each([
  ["server:\n  retention: {{ retention }}\n", "2:14", "{{ retention }}"],
  ["a: {{ x }}-suffix\n", "1:4", "{{ x }}"],
  ["a: 1\nb:\n  - {{ x | default('y') }}\n", "3:5", "{{ x | default('y') }}"],
  ["{{ x }}: 1\n", "1:1", "{{ x }}"],
  ['a: {{ include "x" . | nindent 4 }}\n', "1:4", '{{ include "x" . | nindent 4 }}'],
  ["{{- range .x }}\na: 1\n{{- end }}\n", "1:1", "{{- range .x }}"],
  ["image: {{ repo }}:{{ tag }}\n", "1:8", "{{ repo }}"],
  ["ports: [{{ a }}, {{ b }}]\n", "1:9", "{{ a }}"],
  ["a: 1\n{% if x %}\nb: 2\n{% endif %}\n", "2:1", "{% if x %}"],
  ["<% if x %>\na: 1\n", "1:1", "<% if x %>"],
  ["a: 1\nb: <%= x %>\n", "2:4", "<%= x %>"],
  ["a: {b: 'x', c: {{ $labels.x }} down}\n", "1:16", "{{ $labels.x }}"],
  [`image: {tag: \${TAG}}\n`, "1:14", `\${TAG}`],
  [`a: {b: don't, c: [\${X}, \${Y}]}\n`, "1:19", `\${X}`],
])("a template without quotes is named where it stands: %j", (text, position, template) => {
  const { errors } = readYaml(text);
  expect(errors).toEqual([expect.objectContaining({ position })]);
  expect(errors[0]?.problem).toContain(`${template} is a template without quotes`);
});

test.each([
  ["a: '{{ x }}'\nb: |\n  {{ y }}\n", []],
  ["a: text {{ x }}\n", []],
  [`a: \${X}\nb: text <%= x %>\n`, []],
  [`a: '{{ y }} \${X}' # {{ z }}\nb: {c: '{{ y }}', d: [\n`, ["bad YAML", "bad YAML"]],
  ["a: {b: {c: 1}}\n", []],
  ["b: |\n  {{ y }}\nc: [\n", ["bad YAML"]],
])("a text with a template in it is a text: %j", (text, problems) => {
  const { errors } = readYaml(text);
  expect(errors.map(({ problem }) => problem.slice(0, 8))).toEqual(problems);
});

test("a key that is there twice is an error, or the last counts where helm reads the file", () => {
  const text = "a:\n  b: 1\n  c: 2\na: {b: 3}\n";
  expect(readYaml(text).errors).toEqual([
    { position: "4:1", problem: "the key a is there twice; keep one of them" },
  ]);
  const yaml = readYaml(text, { keysMayRepeat: true });
  expect(yaml).toMatchObject({
    data: { a: { b: 3 } },
    errors: [],
    repeated: [{ position: "4:1", key: "a" }],
  });
  expect(yaml.entries().map(({ path }) => path.join("."))).toEqual(["a", "a.b"]);
  expect(readYaml("a: 1\nb: {a: 1}\nc: [{a: 1}, {a: 1}]\n", { keysMayRepeat: true }).repeated).toEqual([]);
});
