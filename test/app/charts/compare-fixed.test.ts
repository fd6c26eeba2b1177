import { mkdir, mkdtempDisposable, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSession } from "../../../src/app/session/open.ts";
import { planCommand } from "../../../src/cli/commands/plan.ts";
import { createHost } from "../../../src/host/create.ts";
import { genuineHelms } from "../../deploy/helms.ts";
import { upstreamProgram } from "../../support/judge.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";
import { runCommand } from "../../support/run-command.ts";

const configMap = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

const chart = {
  "chart/Chart.yaml": "apiVersion: v2\nname: shop\nversion: 1.0.0\n",
  "chart/values.yaml": `nameOverride: ""
server: {retention: 15d, replicas: 1}
alert-manager: {enabled: true, port: 9093}
collector: {mode: all, ports: [1]}
`,
  "chart/templates/a.yaml": `${configMap('{{ .Values.nameOverride | default "shop" }}')}data: {a: {{ .Values.server.retention | quote }}}
{{ if index .Values "alert-manager" "enabled" }}
---
${configMap("alertmanager")}{{ end }}
{{ if eq .Values.collector.mode "all" }}
---
${configMap("collector")}{{ end }}
{{ if not (kindIs "slice" .Values.collector.ports) }}{{ fail "ports must be a list" }}{{ end }}
`,
};

/** What `plan --fix` says, and what it makes of v.yaml; undefined when it writes nothing. */
async function fixed(values: string, helm: string, more: Readonly<Record<string, string>> = {}) {
  await using folder = await mkdtempDisposable(join(tmpdir(), "monstack-compare-"));
  const files = {
    ...chart,
    ...more,
    "monstack.yaml": `helm: {path: ${helm}}\napps: {shop: {chart: ./chart, values: [v.yaml]}}\n`,
    "v.yaml": values,
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder.path, name)), { recursive: true });
    await writeFile(join(folder.path, name), text);
  }
  const host = await createHost({ HOME: folder.path });
  const context = { host, log: createRecordingLogger(), signal: new AbortController().signal };
  const flags = { apps: "shop" };
  const session = await openSession(context, {
    cwd: folder.path,
    flags,
    forwardScript: "/nowhere",
    upstreamProgram,
  });
  const said: string[] = [];
  // Values that the chart's schema refuses end the plan, after the correction.
  await runCommand(planCommand, session, { fix: true, offline: true }, (text) => said.push(text)).catch(
    (error: Error) => said.push(error.message),
  );
  const text = await readFile(join(folder.path, "v.fixed.yaml"), "utf8").catch(() => undefined);
  return { said: said.join(""), text: text?.slice(text.indexOf("\n") + 1) };
}

describe.skipIf(genuineHelms().length === 0)("after plan --fix no object is missing", () => {
  const helm = genuineHelms()[0]?.tool.path ?? "";

  it("and a fix after which one would be is left out and named, the others are written", async () => {
    const { said, text } = await fixed(
      "alertmanger: {enabled: false}\nserver: {retentoin: 3d}\ncollector: {mode: all}\n",
      helm,
    );
    expect(text).toBe("alertmanger: {enabled: false}\nserver: {retention: 3d}\ncollector: {mode: all}\n");
    expect(said).toContain(
      "shop: alertmanger is left as it is: with its fix these objects would be missing: ConfigMap monitoring/alertmanager",
    );
  });

  it.each([
    ["an object that gets another name", "nameOveride: mine\n", "ConfigMap monitoring/shop"],
    ["a mode that takes one away", "collectr: {mode: none}\n", "ConfigMap monitoring/collector"],
    ["a chart that is not rendered any more", "collectr: {ports: null}\n", ""],
  ])("%s: nothing is written", async (_, values, missing) => {
    const { said, text } = await fixed(values, helm);
    expect(text).toBe(undefined);
    expect(said).toContain(missing);
  });

  it("but what the user's own words switch off, in the words of the chart or below a wrapper", async () => {
    const same = "alertManager: {enabled: false}\n";
    expect((await fixed(same, helm)).text).toBe("alert-manager: {enabled: false}\n");
    const wrapped = "shop:\n  alert-manager: {enabled: false}\n  server: {retention: 3d}\n";
    expect((await fixed(wrapped, helm)).text).toBe(
      "alert-manager: {enabled: false}\nserver: {retention: 3d}\n",
    );
  });

  it("and where the chart can't be rendered for another reason, this is said once, and no fix is to blame", async () => {
    const { said, text } = await fixed("collector: {ports: x}\nserver: {retentoin: 3d}\n", helm);
    expect(text).toBe("collector: {ports: x}\nserver: {retention: 3d}\n");
    expect(said).toMatch(/shop: nothing was compared, because .* ports must be a list/);
    expect(said).not.toContain("with its fix");
  });

  it("and where the values were refused as they are, what is right is written", async () => {
    const schema = {
      "chart/values.schema.json":
        '{"additionalProperties": false, "properties": {"server": {}, "collector": {}, "nameOverride": {}, "alert-manager": {}, "global": {}}}',
    };
    expect((await fixed("serverr: {retention: 3d}\n", helm, schema)).text).toBe("server: {retention: 3d}\n");
  });
});

it("without helm a fix that could switch something off is left out, and the output says that nothing was compared", async () => {
  const values = "alertmanger: {enabled: false}\nserver: {retentoin: 3d}\n";
  await using folder = await mkdtempDisposable(join(tmpdir(), "monstack-compare-"));
  const { said, text } = await fixed(values, join(folder.path, "helm"));
  expect(text).toBe("alertmanger: {enabled: false}\nserver: {retention: 3d}\n");
  expect(said).toContain("nothing was compared, because helm is not available: ");
  expect(said).toContain("shop: alertmanger is left as it is: its fix could switch something off");
});
