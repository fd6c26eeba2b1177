import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { openSession } from "../../src/app/session/open.ts";
import { planCommand } from "../../src/cli/commands/plan.ts";
import { createHost } from "../../src/host/create.ts";
import { chartTgz } from "../sources/archives.ts";
import { createUpstream, sha256 } from "../sources/upstream.ts";
import { upstreamProgram } from "../support/judge.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { runCommand } from "../support/run-command.ts";

const lab = resolve(import.meta.dirname, "../../lab/charts");

/** Those of plans that end in an error too. */
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** The output of `plan` in a folder with these files, and the folder while it lasts. */
async function planned(files: Record<string, string>, flags = {}, settings: Record<string, string> = {}) {
  const cwd = await mkdtemp(join(tmpdir(), "monstack-plan-"));
  folders.push(cwd);
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
  const log = createRecordingLogger();
  const host = await createHost({ HOME: cwd });
  const context = { host, log, signal: new AbortController().signal };
  const session = await openSession(context, {
    cwd,
    flags: settings,
    forwardScript: "/nowhere",
    upstreamProgram,
  });
  let stdout = "";
  const run = (more = {}) =>
    runCommand(planCommand, session, { ...flags, ...more }, (text) => {
      stdout += text;
    });
  const code = await run();
  return {
    cwd,
    code,
    log,
    run,
    stdout: () => stdout,
    [Symbol.asyncDispose]: () => rm(cwd, { recursive: true }),
  };
}

const own = {
  "monstack.yaml": `apps:
  prometheus:
    chart: ${lab}/prometheus
    values: [prometheus-values.yaml, {pushgateway: {enabled: false}}]
  grafana: {enabled: false}
`,
  "prometheus-values.yaml":
    "server:\n  enabled: true\n  retention: 3d\nnodeExporter: {enabled: true} # agents\n",
};

describe("monstack plan", () => {
  it("names the keys that change nothing, where they stand, with what was meant", async () => {
    await using done = await planned(own);
    expect(done.code).toBe(0);
    expect(done.stdout()).toContain(`Values that change nothing:
  prometheus-values.yaml:2:3  prometheus: nothing in the chart reads server.enabled, so it changes nothing
  prometheus-values.yaml:4:1  prometheus: nothing in the chart reads nodeExporter, so it changes nothing; did you mean prometheus-node-exporter?
  monstack.yaml:4:39  prometheus: nothing in the chart reads pushgateway, so it changes nothing; did you mean prometheus-pushgateway?
`);
    expect(await done.run({ strict: true })).toBe(2);
  });

  it("tells of scrape_configs that the chart takes a text, and of federation what monstack has for it", async () => {
    const federation = `scrape_configs:
  - {job_name: federate, metrics_path: /federate, params: {'match[]': ['{job="a"}']}}
`;
    await using done = await planned({ ...own, "prometheus-values.yaml": federation }, { fix: true });
    expect(done.stdout()).toContain(
      "prometheus-values.yaml:1:1  prometheus: nothing in the chart reads scrape_configs, so it changes nothing; did you mean " +
        "extraScrapeConfigs, which takes the jobs as one text (extraScrapeConfigs: |)? For federation there is `federate:` in monstack.yaml",
    );
    expect(await readFile(join(done.cwd, "prometheus-values.fixed.yaml"), "utf8")).toContain(
      "extraScrapeConfigs: |\n  - {job_name: federate,",
    );
  });

  it("--fix writes files without them beside, in which nothing is left to correct", async () => {
    await using done = await planned(own, { fix: true });
    const read = (name: string) => readFile(join(done.cwd, name), "utf8");
    expect(await read("prometheus-values.yaml")).toBe(own["prometheus-values.yaml"]);
    const fixed = await read("prometheus-values.fixed.yaml");
    expect(
      fixed,
    ).toBe(`# Made by \`monstack plan --fix\`, which writes it anew each time, from prometheus-values.yaml.
server:
  # server.enabled: true was here: nothing in chart prometheus 29.27.0 reads it
  retention: 3d
prometheus-node-exporter: {enabled: true} # agents
`);
    expect(await read("monstack.fixed.yaml")).toContain("{prometheus-pushgateway: {enabled: false}}");
    expect(done.stdout()).toContain(`
prometheus-values.fixed.yaml is prometheus-values.yaml with these changes:

  server:
-   enabled: true
+   # server.enabled: true was here: nothing in chart prometheus 29.27.0 reads it
    retention: 3d
- nodeExporter: {enabled: true} # agents
+ prometheus-node-exporter: {enabled: true} # agents
`);
    await using again = await planned(
      { ...own, "monstack.yaml": await read("monstack.fixed.yaml"), "prometheus-values.yaml": fixed },
      { fix: true, strict: true },
    );
    expect(again.code).toBe(0);
    expect(again.stdout()).not.toContain("change nothing");
    expect(again.stdout()).toContain("There is nothing to correct.");
  });

  it("places what a setting replaces, and what is set over all values", async () => {
    const yaml = `retention: 30d
apps:
  prometheus:
    chart: ${lab}/prometheus
    values: prometheus-values.yaml
    set: {pushgateway.enabled: false}
  grafana: {enabled: false}
`;
    await using done = await planned({ ...own, "monstack.yaml": yaml });
    expect(done.log.lines).toContainEqual({
      level: "warn",
      message: "retention: 30d takes the place of prometheus's own value server.retention: 3d",
      about: expect.objectContaining({ file: "prometheus-values.yaml", line: 3, column: 14 }),
    });
    expect(done.stdout()).toContain("monstack.yaml:6:11  prometheus: nothing in the chart reads pushgateway");
  });

  it("--fix doesn't write over a file that is not its own", async () => {
    await using done = await planned({ ...own, "prometheus-values.fixed.yaml": "mine: 1\n" });
    await expect(done.run({ fix: true })).rejects.toThrow(
      "prometheus-values.fixed.yaml is in the way of the corrected prometheus-values.yaml",
    );
    expect(await readFile(join(done.cwd, "prometheus-values.fixed.yaml"), "utf8")).toBe("mine: 1\n");
  });

  it("names the values that the chart's schema refuses, each at its own line, as helm would in the run", async () => {
    const values = `extraScrapeConfigs: [{job_name: es, static_configs: [{targets: ["a:9108"]}]}]
server:
  resources: "100m"
  persistentVolume: {enabled: "yes"}
`;
    const refused = planned({ ...own, "prometheus-values.yaml": values });
    await expect(refused).rejects.toThrow(`3 mistakes in the configuration:
  prometheus-values.yaml:1:21: extraScrapeConfigs: a list is not a text (values.schema.json of the chart prometheus)
  prometheus-values.yaml:3:14: server.resources: "100m" is not a mapping (values.schema.json of the chart prometheus)
  prometheus-values.yaml:4:31: server.persistentVolume.enabled: "yes" is not true or false (values.schema.json of the chart prometheus)`);
  });

  it.each([
    [
      "names that the release makes too long",
      `apps:\n  prometheus:\n    chart: ${lab}/prometheus\n    release: observability-of-the-payments-platform-stage\n`,
      /monstack\.yaml:4:14: apps\.prometheus\.release: .*Service .*-headless has 66 characters, at most 63/,
    ],
    [
      "texts where the chart reads keys",
      `apps: {prometheus: {enabled: false}}\n`.replace(
        "}}",
        `}, grafana: {depends_on: [], chart: ${lab}/grafana, values: {envFromSecrets: [logins]}}}`,
      ),
      /monstack\.yaml:1:\d+: envFromSecrets\[0\]: "logins" is not a mapping: the chart reads name/,
    ],
    [
      "a path that the chart's probes do not ask",
      "apps:\n  prometheus:\n    values:\n      - server:\n          baseURL: https://x.example/prom\n",
      /monstack\.yaml:5:11: server\.baseURL: Prometheus serves below \/prom/,
    ],
    [
      "two default data sources",
      "stack: operator\napps:\n  kube-prometheus-stack:\n    values:\n      - grafana:\n          additionalDataSources:\n            - {name: Loki, type: loki, isDefault: true}\n",
      /monstack\.yaml:7:40: grafana\.additionalDataSources\[0\]\.isDefault: Loki is the default/,
    ],
  ])("refuses %s, with the line", async (_, yaml, message) => {
    await expect(planned({ "monstack.yaml": yaml }, { offline: true })).rejects.toThrow(message);
  });

  it("refuses a name in a manifest that is too long for its kind", async () => {
    const job = `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: ${"n".repeat(53)}}\nspec: {}\n`;
    const yaml = "apps: {jobs: {manifests: [jobs.yaml]}}\n";
    await expect(planned({ "monstack.yaml": yaml, "jobs.yaml": job }, { offline: true })).rejects.toThrow(
      /^jobs\.yaml:1:1: the name is too long: CronJob n+ has 53 characters, at most 52 are allowed/,
    );
  });

  it("names the line where a depends_on takes the place of the default one, and a ConfigMap that no sidecar collects", async () => {
    const board =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: boards, labels: {grafana_dashboard: 'true'}}\ndata: {}\n";
    const yaml = `apps:
  boards: {manifests: [boards.yaml]}
  grafana:
    depends_on: [boards]
    values: {sidecar: {dashboards: {enabled: true, labelValue: "1"}}}
`;
    await using done = await planned({ "monstack.yaml": yaml, "boards.yaml": board }, { offline: true });
    expect(done.code).toBe(0);
    const warnings = done.log.lines.filter(({ level }) => level === "warn");
    expect(warnings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          message: expect.stringContaining("no longer waits for prometheus"),
          about: expect.objectContaining({ file: "monstack.yaml", line: 4 }),
        }),
        expect.objectContaining({
          message: expect.stringMatching(
            /^boards\.yaml:1:1: Grafana never gets the dashboards .*"true".*"1"/,
          ),
        }),
      ]),
    );
  });

  it("fetches the charts that values were written for, and says when they can't be had", async () => {
    await using upstream = await createUpstream();
    const repo = "https://prometheus-community.github.io/helm-charts";
    const tgz = chartTgz("prometheus", "29.27.0");
    const entry = {
      name: "prometheus",
      version: "29.27.0",
      digest: sha256(tgz),
      urls: ["prometheus-29.27.0.tgz"],
    };
    upstream.serve(`${repo}/index.yaml`, stringify({ apiVersion: "v1", entries: { prometheus: [entry] } }));
    upstream.serve(`${repo}/prometheus-29.27.0.tgz`, tgz);
    const files = { "monstack.yaml": "apps: {prometheus: {values: {nodeExporter: {enabled: true}}}}\n" };
    const mirrors = { mirrors: `https://=${upstream.origin}` };
    await using found = await planned(files, {}, mirrors);
    expect(found.stdout()).toContain(
      "monstack.yaml:1:30  prometheus: nothing in the chart reads nodeExporter",
    );
    expect(upstream.requests.some((url) => url.includes("grafana"))).toBe(false);

    await using offline = await planned(files, { offline: true }, mirrors);
    expect(offline.stdout()).toContain(
      "Whether these values have an effect is not known:\n  prometheus: its chart is not fetched offline\n",
    );
  });

  describe("of a chart that isn't there", () => {
    const repo = "https://prometheus-community.github.io/helm-charts";
    const entries = ["25.3.1", "25.4.0"].map((version) => ({ name: "prometheus", version, urls: ["x.tgz"] }));
    const index = stringify({ apiVersion: "v1", entries: { prometheus: entries } });
    const served = async () => {
      const upstream = await createUpstream();
      upstream.serve(`${repo}/index.yaml`, index);
      return upstream;
    };
    const inOnlyApp = (app: string) => ({
      "monstack.yaml": `apps:\n  grafana: {enabled: false}\n  prometheus:\n    ${app}\n`,
    });
    const failing = async (files: Record<string, string>, settings: Record<string, string>) =>
      await planned(files, {}, settings).then(
        () => ({ exitCode: 0, message: "", fix: "" }),
        (error: { exitCode: number; message: string; fix: string }) => error,
      );

    it("says at its version which ones there are", async () => {
      await using upstream = await served();
      const error = await failing(inOnlyApp("version: 25.3.99"), { mirrors: `https://=${upstream.origin}` });
      expect(error).toMatchObject({ exitCode: 2, fix: "name one of these versions" });
      expect(error.message).toMatch(
        /^monstack\.yaml:4:14: apps\.prometheus\.version: chart prometheus-community\/prometheus has no version 25\.3\.99; the nearest are 25\.3\.1, 25\.4\.0; the newest is 25\.4\.0 \(/,
      );
    });

    it("says at its name that the repository doesn't have it", async () => {
      await using upstream = await served();
      const files = inOnlyApp("chart: prometheus-community/promethos");
      const error = await failing(files, { mirrors: `https://=${upstream.origin}` });
      expect(error.exitCode).toBe(2);
      expect(error.message).toMatch(
        /^monstack\.yaml:4:12: apps\.prometheus\.chart: chart promethos not found in the repository/,
      );
    });

    it("says so of a folder too", async () => {
      const error = await failing(inOnlyApp("chart: ./nowhere"), {});
      expect(error.exitCode).toBe(2);
      expect(error.message).toMatch(
        /^monstack\.yaml:4:12: apps\.prometheus\.chart: chart .*nowhere: no such/,
      );
    });

    it("says what to do about one that lacks a subchart, whether or not it is switched on", async () => {
      const chart = {
        "Chart.yaml":
          "apiVersion: v2\nname: exporter\nversion: 1.0.0\ndependencies: [{name: kafka, version: 1.0.0, condition: kafka.enabled}]\n",
        "values.yaml": "kafka: {enabled: false}\n",
      };
      const files = { ...inOnlyApp("values: {kafka: {image: {tag: a}}}\n    chart: ./"), ...chart };
      const error = await failing(files, {});
      expect(error).toMatchObject({
        exitCode: 2,
        message: expect.stringContaining(
          "monstack.yaml:5:12: apps.prometheus.chart: chart exporter depends on kafka, which is not in its folder charts/",
        ),
        fix: expect.stringContaining("helm dependency build"),
      });
    });

    it("only notes what can't be asked", async () => {
      await using upstream = await createUpstream();
      const mirrors = { mirrors: `https://=${upstream.origin}` };
      await using done = await planned(inOnlyApp("version: 25.3.99"), {}, mirrors);
      expect(done.code).toBe(0);
      expect(done.stdout()).toContain(
        "Whether these charts are there is not known:\n  prometheus: chart prometheus-community/prometheus 25.3.99: ",
      );
    });
  });

  describe("looks at what is on this machine as a run does", () => {
    const withDashboards = (text: string) => ({
      "monstack.yaml": "dashboards: [own.json]\n",
      "own.json": text,
    });
    const loki = JSON.stringify({
      title: "Logs",
      __inputs: [{ name: "DS_LOKI", type: "datasource", pluginId: "loki" }],
      panels: [{ id: 1, type: "logs", datasource: `\${DS_LOKI}`, targets: [{ expr: '{a="b"}' }] }],
    });

    it.each([
      ['{"a":1}', /^monstack\.yaml:1:14: dashboard own\.json \(own\.json\): it has no title/],
      ["[]", /^monstack\.yaml:1:14: own\.json is not a dashboard: it is JSON, but not an object/],
      [loki, /^monstack\.yaml:1:14: dashboard Logs \(own\.json\): .*loki/],
    ])("and refuses a dashboard that can't be shown: %s", async (text, message) => {
      await expect(planned(withDashboards(text), { offline: true })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(message),
      });
    });

    it.each([
      ["k3s: {images: [./images.tar]}", /^k3s\.images: there is no .*\/images\.tar/],
      [
        "registries: {registry.example: {ca: ./ca.pem}}",
        /^registries\.registry\.example\.ca: file not found: .*\/ca\.pem/,
      ],
    ])("and refuses what k3s would not find: %s", async (text, message) => {
      await expect(planned({ "monstack.yaml": text }, { offline: true })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(message),
      });
    });

    it("and shows the path of one that can be as it is written", async () => {
      const text = JSON.stringify({
        title: "Up",
        panels: [{ id: 1, type: "stat", targets: [{ expr: "up" }] }],
      });
      await using done = await planned(withDashboards(text), { offline: true });
      expect(done.stdout()).toContain("Dashboards:\n  own.json\n");
    });

    const monitor = `apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: shop}
spec: {selector: {}, endpoints: [{port: http}]}
`;
    const shop = { "shop.yaml": monitor, "monstack.yaml": "apps: {shop: {manifests: [shop.yaml]}}\n" };

    it("and refuses a monitor among an app's manifests that nothing in the stack would read", async () => {
      await expect(planned(shop, { offline: true })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringContaining("shop.yaml:5:1: ServiceMonitor monitoring/shop"),
      });
      await using done = await planned(shop, { offline: true }, { stack: "operator" });
      expect(done.code).toBe(0);
    });

    it("and refuses a manifest that is none", async () => {
      const none = { ...shop, "shop.yaml": "replicas: 3\n" };
      await expect(planned(none, { offline: true })).rejects.toThrow(/shop\.yaml:1:1: .* it has no kind/);
    });
  });

  it("says of charts that moved where they are now, and goes on with the old pin", async () => {
    const yaml = "apps:\n  grafana:\n    chart: grafana/grafana\n    version: 7.0.6\n";
    await using done = await planned({ "monstack.yaml": yaml }, { offline: true });
    expect(done.code).toBe(0);
    expect(done.stdout()).toContain("grafana/grafana 7.0.6");
    expect(done.log.lines).toContainEqual({
      level: "warn",
      message:
        "apps.grafana: chart grafana/grafana 7.0.6 still works, but the Grafana chart moved on 2026-01-30, and its old repository " +
        "ends at 10.5.15; it goes on as grafana-community/grafana (https://grafana-community.github.io/helm-charts), newest known 12.11.1",
      about: expect.objectContaining({ file: "monstack.yaml", line: 3 }),
    });
  });
});
