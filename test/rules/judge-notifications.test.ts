import { expect, it, test } from "vitest";
import { judgeNotifications } from "../../src/rules/alertmanager.ts";
import { readYaml } from "../../src/yaml/read.ts";
import { sharedJudge } from "../support/judge.ts";

const judge = await sharedJudge();
const folder = "/etc/alertmanager";

interface Given {
  readonly fields: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly templates?: string;
  readonly isComplete?: boolean;
}

async function faultsIn({ fields, files = {}, templates = "['*.tmpl']", isComplete = true }: Given) {
  const yaml = `route: {receiver: a}
templates: ${templates}
receivers:
  - name: a
    slack_configs:
      - api_url: https://x.example/
        ${fields}
`;
  const known = Object.entries(files).map(([name, text]) => ({ name: `${folder}/${name}`, text }));
  const found = await judgeNotifications(judge, readYaml(yaml).data, { files: known, isComplete });
  return found.map(({ path, file, line, problem, isUncertain }) => {
    const place = file === undefined ? (path ?? []).slice(4).join(".") : `${file}:${line}`;
    return `${isUncertain ? "(uncertain) " : ""}${place}: ${problem}`;
  });
}

const title = '{{ define "crew.title" }}{{ .CommonLabels.alertname }}{{ end }}';

it.each([
  ["text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}'"],
  [`title: '{{ template "slack.default.title" . }}'`],
  [
    'text: \'{{ .CommonAnnotations.summary | toUpper | reReplaceAll "a" "b" }}{{ (index .Alerts 0).StartsAt | tz "Europe/Berlin" | date "15:04" }}\'',
  ],
  [
    "text: '{{ if eq .Status \"resolved\" }}{{ len .Alerts.Resolved }}{{ else }}{{ .Alerts.Firing | len }}{{ end }}'",
  ],
  [`text: '{{ define "own" }}{{ .Status }}{{ end }}{{ template "own" . }}'`],
  ["text: 'no template at all'"],
])("what can be filled in is right: %s", async (fields) => {
  expect(await faultsIn({ fields })).toEqual([]);
});

test("templates of files that are loaded are known, also those that they call", async () => {
  const files = {
    "a.tmpl": title,
    "b.tmpl": `{{ define "both" }}{{ template "crew.title" . }}{{ template "slack.default.text" . }}{{ end }}`,
  };
  expect(await faultsIn({ fields: `title: '{{ template "both" . }}'`, files })).toEqual([]);
});

test("a template that is not defined is named with what it could be", async () => {
  const fields = `title: '{{ template "crew.titel" . }}'`;
  const effect = "the notification would not be sent, or without its text";
  expect(await faultsIn({ fields, files: { "a.tmpl": title } })).toEqual([
    `title: the template crew.titel is not defined: ${effect}; did you mean crew.title?`,
  ]);
  expect(await faultsIn({ fields })).toEqual([
    `title: the template crew.titel is not defined: ${effect}; no template file defines any`,
  ]);
  expect(await faultsIn({ fields, isComplete: false })).toEqual([
    expect.stringContaining("(uncertain) title: "),
  ]);
});

test("also in a branch that the samples don't take, and in what a template calls", async () => {
  const files = { "a.tmpl": `\n{{ define "outer" }}\n{{ template "inner" . }}{{ end }}` };
  expect(
    await faultsIn({ fields: `text: '{{ if eq .Status "odd" }}{{ template "x.y" . }}{{ end }}'` }),
  ).toEqual([expect.stringContaining("text: the template x.y is not defined")]);
  expect(await faultsIn({ fields: `text: '{{ template "outer" . }}'`, files })).toEqual([
    expect.stringContaining("/etc/alertmanager/a.tmpl:3: the template inner is not defined"),
  ]);
});

test.each([["[]"], ["['/etc/alertmanager/templates/*.tmpl']"]])(
  "a file that no pattern loads is named: %s",
  async (templates) => {
    expect(
      await faultsIn({
        fields: `title: '{{ template "crew.title" . }}'`,
        files: { "a.tmpl": title },
        templates,
      }),
    ).toEqual([
      "title: the template crew.title is defined in /etc/alertmanager/a.tmpl, which no pattern of `templates` loads: the notification would not be sent, or without its text; expected templates: ['/etc/alertmanager/*.tmpl']",
    ]);
  },
);

test.each([["crew.title"], ["slack.default.title"]])(
  "a call without the dot gets no alerts: %s",
  async (name) => {
    expect(
      await faultsIn({ fields: `title: '{{ template "${name}" }}'`, files: { "a.tmpl": title } }),
    ).toEqual([
      `title: the template ${name} is called without the dot, so that it gets no alerts; expected {{ template "${name}" . }}`,
    ]);
  },
);

test("a call without the dot of what needs none is right", async () => {
  const files = { "a.tmpl": '{{ define "logo" }}https://x.example/logo.png{{ end }}' };
  expect(await faultsIn({ fields: `icon_url: '{{ template "logo" }}'`, files })).toEqual([]);
});

test.each([
  ["text: '{{ .CommonLabel.alertname }}'", "can't evaluate field CommonLabel in type *template.Data"],
  ["text: '{{ .Status | toUper }}'", 'function "toUper" not defined'],
  [
    "text: '{{ range .Alerts }}{{ .Summary }}{{ end }}'",
    "can't evaluate field Summary in type template.Alert",
  ],
  ["text: '{{ .CommonLabels | toUpper }}'", "wrong type for value; expected string; got template.KV"],
  ["text: '{{ range .Alerts }}'", "unexpected EOF"],
  ["fields: [{title: x, value: '{{ .Nothing }}'}]", "can't evaluate field Nothing"],
])("what upstream can't fill in is refused: %s", async (fields, words) => {
  const [found = "", ...more] = await faultsIn({ fields });
  expect(found).toContain("Alertmanager 0.34.0 can't send notifications with it: ");
  expect(found).toContain(words);
  expect(found).not.toContain("(uncertain)");
  expect(more).toEqual([]);
});

test("what depends on the alerts is only uncertain", async () => {
  expect(await faultsIn({ fields: "text: '{{ (index .Alerts 1).Status }}'" })).toEqual([
    expect.stringMatching(/^\(uncertain\) text: .*index out of range/),
  ]);
});

test("a template file that can't be parsed keeps Alertmanager from starting", async () => {
  const files = { "a.tmpl": '{{ define "x" }}\n{{ .Status | nope }}{{ end }}' };
  expect(await faultsIn({ fields: "text: x", files })).toEqual([
    '/etc/alertmanager/a.tmpl:2: Alertmanager 0.34.0 does not start with it: function "nope" not defined',
  ]);
});
