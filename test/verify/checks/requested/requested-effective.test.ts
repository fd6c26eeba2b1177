// biome-ignore-all lint/suspicious/noTemplateCurlyInString: what Grafana fills in is written so.
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../../src/kube/manifest.ts";
import type { Check } from "../../../../src/stack/check.ts";
import type { Stack } from "../../../../src/stack/stack.ts";
import { dashboardsWhole } from "../../../../src/verify/checks/grafana/dashboards.ts";
import { grafanaDatasource } from "../../../../src/verify/checks/grafana/datasources.ts";
import { grafanaPlugins } from "../../../../src/verify/checks/grafana/plugins.ts";
import { alertmanagerConfigEffective } from "../../../../src/verify/checks/requested/alertmanager-config.ts";
import { environmentEffective } from "../../../../src/verify/checks/requested/containers.ts";
import { grafanaAlertingEffective } from "../../../../src/verify/checks/requested/grafana-alerting.ts";
import { grafanaSettingsEffective } from "../../../../src/verify/checks/requested/grafana-settings.ts";
import { prometheusSettingsEffective } from "../../../../src/verify/checks/requested/prometheus-settings.ts";
import { statusWith } from "../../../support/fake-alertmanager.ts";
import { podNames, type World } from "../../healthy-world.ts";
import { verdictIn } from "../../open-stack.ts";
import { app, configMap, datasourcesYml, labelsOf, renderedStack, workload } from "../../rendered-stack.ts";

const unchanged = (_: World) => {};

async function failing(check: Check, change: (world: World) => void, changeStack?: (stack: Stack) => Stack) {
  const verdict = await verdictIn(check, change, changeStack);
  if (verdict.status !== "fail") throw new Error(`expected a failure: ${JSON.stringify(verdict)}`);
  return verdict;
}

/** A Grafana of these variables and this grafana.ini, instead of the usual one. */
function grafanaWith(env: Record<string, string>, ini = "", files: Record<string, string> = {}) {
  const object = workload("Deployment", "grafana", labelsOf("grafana")) as unknown as {
    spec: { template: { spec: { containers: Record<string, unknown>[] } } };
  };
  for (const container of object.spec.template.spec.containers)
    container["env"] = Object.entries(env).map(([name, value]) => ({ name, value }));
  const map = configMap("grafana", { "grafana.ini": ini, "datasources.yaml": datasourcesYml, ...files });
  return withGrafana(map, object as unknown as KubeObject);
}

function withGrafana(...objects: KubeObject[]): (stack: Stack) => Stack {
  return (stack) => ({ ...stack, rendered: [...renderedStack().slice(0, 1), app("grafana", objects)] });
}

/** Prometheus' app with these values. */
function prometheusWith(values: Record<string, unknown>, chart = "prometheus"): (stack: Stack) => Stack {
  return (stack) => ({
    ...stack,
    rendered: stack.rendered.map((one) =>
      one.app.name === "prometheus"
        ? { ...one, app: { ...one.app, chart: { kind: "path", path: `/charts/${chart}` }, values } }
        : one,
    ),
  });
}

describe("grafana-plugins: a plugin that is requested is there", () => {
  test.each([
    ["GF_PLUGINS_PREINSTALL_SYNC", { GF_PLUGINS_PREINSTALL_SYNC: "grafana-clock-panel@2.1.8@https://x" }, ""],
    ["GF_INSTALL_PLUGINS", { GF_INSTALL_PLUGINS: "grafana-clock-panel 2.1.8" }, ""],
    ["an archive", { GF_INSTALL_PLUGINS: "https://x/y.zip;grafana-clock-panel" }, ""],
    ["grafana.ini", {}, "[plugins]\npreinstall = grafana-clock-panel\n"],
  ])("by %s", async (_, env, ini) => {
    expect(await verdictIn(grafanaPlugins, unchanged, grafanaWith(env, ini))).toEqual({
      status: "pass",
      seen: "grafana-clock-panel 2.1.8",
    });
    const gone = (world: World) => world.grafana.plugins.pop();
    expect(await failing(grafanaPlugins, gone, grafanaWith(env, ini))).toMatchObject({
      seen: expect.stringMatching(/^grafana-clock-panel(@2\.1\.8)? is not installed$/),
      fault: { id: "grafana-plugin-missing", graceMs: 60_000 },
    });
  });

  test("in the version that is requested", async () => {
    const failure = await failing(grafanaPlugins, ({ grafana }) => {
      grafana.plugins = [{ id: "grafana-clock-panel", version: "1.0.0" }];
    });
    expect(failure.seen).toBe("grafana-clock-panel has version 1.0.0, not 2.1.8");
  });

  test("with the cause from Grafana's log, which ends the wait", async () => {
    const failure = await failing(grafanaPlugins, ({ grafana, kube }) => {
      grafana.plugins = [];
      kube.logs = {
        [`monitoring/${podNames.grafana}/grafana`]: [
          'level=error msg="Error downloading plugin manifest keys" error="no such host"',
          'logger=plugin.backgroundinstaller level=info msg="Installing plugin" pluginId=grafana-clock-panel',
          'level=error msg="Failed to install plugin" pluginId=grafana-clock-panel error="404: \\"Plugin not found\\""',
        ].join("\n"),
      };
    });
    expect(failure).toMatchObject({
      cause: 'Grafana\'s log: 404: "Plugin not found"',
      fault: { graceMs: 0 },
    });
  });

  test("and what turned it off is the cause", async () => {
    const off = await failing(grafanaPlugins, ({ grafana }) => {
      grafana.plugins = [];
      grafana.settings = { plugins: { preinstall_disabled: "true" } };
    });
    expect(off.cause).toContain("preinstall_disabled is true");
    const overridden = await failing(
      grafanaPlugins,
      ({ grafana }) => {
        grafana.settings = { plugins: { preinstall_sync: "grafana-clock-panel" } };
      },
      grafanaWith(
        { GF_PLUGINS_PREINSTALL_SYNC: "grafana-clock-panel" },
        "[plugins]\npreinstall_sync = other-panel\n",
      ),
    );
    expect(overridden.cause).toContain("a variable overrides plugins.preinstall_sync of grafana.ini");
  });

  test("without a request it is skipped", async () => {
    expect(await verdictIn(grafanaPlugins, unchanged, grafanaWith({}))).toMatchObject({ status: "skipped" });
  });
});

describe("grafana-settings-effective: what is requested is in force", () => {
  const settings = (changes: Record<string, Record<string, string>>) => (world: World) => {
    world.grafana.settings = changes;
  };

  test.each([
    ["a key", "[server]\nroot_url = http://a\n", {}, "[server] root_url is http://b, not http://a"],
    ["a comment", "[server]\nroot_url = http://b#x\n", {}, "[server] root_url is http://b, not http://b#x"],
    ["a missing key", "[smtp]\nhost = mail\n", {}, "[smtp] host is not there, not mail"],
    ["a variable", "", { GF_SERVER_ROOT_URL: "http://a" }, "GF_SERVER_ROOT_URL is http://b, not http://a"],
    [
      "a variable with a slip",
      "",
      { GF_SERVER_ROOT_ULR: "http://b" },
      "GF_SERVER_ROOT_ULR: Grafana has no such setting; did you mean GF_SERVER_ROOT_URL?",
    ],
  ])("%s", async (_, ini, env, seen) => {
    const live = settings({ server: { root_url: "http://b" } });
    expect(await failing(grafanaSettingsEffective, live, grafanaWith(env, ini))).toMatchObject({ seen });
  });

  test("a variable overrides grafana.ini, quotes go, and secrets and what Grafana fills in are left out", async () => {
    const ini = [
      "[server]",
      "root_url = %(protocol)s://x",
      "domain = ''",
      "[auth.basic]",
      "enabled = true",
      "[security]",
      "admin_password = one",
      "[smtp]",
      "user = ${USER}",
    ];
    const live = settings({
      server: { root_url: "https://x", domain: "" },
      "auth.basic": { enabled: "false" },
      security: { admin_password: "*********" },
      smtp: { user: "ann" },
    });
    const env = { GF_AUTH_BASIC_ENABLED: "false", GF_UNKNOWN_THING_OF_A_FORK: "x" };
    expect(await verdictIn(grafanaSettingsEffective, live, grafanaWith(env, ini.join("\n")))).toMatchObject({
      status: "pass",
    });
  });

  test("nobody but a server administrator can ask", async () => {
    const refused = (world: World) => {
      world.grafana.settings = undefined;
    };
    expect(await verdictIn(grafanaSettingsEffective, refused)).toMatchObject({ status: "skipped" });
  });
});

describe("grafana-datasource: the others are those that were requested", () => {
  const more = `${datasourcesYml}  - {name: Broken, type: prometheus, uid: broken, url: "http://10.0.0.9:9090"}\n`;
  const own = grafanaWith({}, "", { "datasources.yaml": more });

  test.each([
    [
      { url: "http://elsewhere" },
      "Broken has url http://elsewhere, not http://10.0.0.9:9090",
      "datasource-differs",
    ],
    [{ name: "Renamed" }, "Broken is not in Grafana", "datasource-not-provisioned"],
  ])("%j", async (changes, seen, id) => {
    const change = ({ grafana }: World) => {
      const usual = grafana.datasource;
      grafana.datasource = (one) =>
        one["isDefault"] === true
          ? usual(one)
          : { ...one, name: "Broken", uid: "broken", url: "http://10.0.0.9:9090", ...changes };
    };
    expect(await failing(grafanaDatasource, change, own)).toMatchObject({ seen, fault: { id } });
  });
});

describe("grafana-alerting-effective: each kind that is requested is there", () => {
  test.each([
    ["contact-points", [{ name: "ops", type: "email" }], "contact point ops (webhook) is missing"],
    [
      "policies",
      { receiver: "grafana-default-email" },
      "the default receiver is grafana-default-email, not ops",
    ],
    ["templates", [], "template short is missing"],
    ["mute-timings", [], "mute timing nights is missing"],
    ["alert-rules", [{ ruleGroup: "lab", title: "Up" }], "alert rule lab/Down is missing"],
  ])("%s", async (kind, answer, seen) => {
    const change = (world: World) => {
      world.grafana.alerting[kind] = answer;
    };
    expect(await failing(grafanaAlertingEffective, change)).toMatchObject({ seen });
  });

  test("a Grafana whose alerting is off has none of it", async () => {
    const failure = await failing(grafanaAlertingEffective, (world) => {
      world.grafana.alerting = {};
    });
    expect(failure.seen).toContain("Grafana has no list of contact points");
  });
});

describe("prometheus-settings-effective: jobs and flags that are requested are in force", () => {
  const job = "- job_name: mine\n  static_configs: [{targets: ['shop:80']}]\n";
  test.each([
    ["extraScrapeConfigs", { extraScrapeConfigs: job }],
    ["extraScrapeConfigs", { extraScrapeConfigs: "- job_name: mine\n  metrics_path: {{ .Values.path }}\n" }],
    ["scrapeConfigs.mine", { scrapeConfigs: { mine: { static_configs: [] } } }],
    [
      "serverFiles.prometheus.yml.scrape_configs",
      { serverFiles: { "prometheus.yml": { scrape_configs: [{ job_name: "mine" }] } } },
    ],
  ])("a job of %s", async (by, values) => {
    const failure = await failing(prometheusSettingsEffective, unchanged, prometheusWith(values));
    expect(failure).toMatchObject({
      seen: `job mine of ${by} is not in Prometheus' configuration`,
      fault: { id: "scrape-job-missing" },
    });
    const there = ({ prometheus }: World) => {
      prometheus.config += `  - job_name: mine\n    static_configs: [{targets: ["shop:80"]}]\n`;
    };
    expect(await verdictIn(prometheusSettingsEffective, there, prometheusWith(values))).toMatchObject({
      status: "pass",
    });
  });

  test("a job of the operator's, with its targets", async () => {
    const spec = {
      additionalScrapeConfigs: [{ job_name: "prometheus", static_configs: [{ targets: ["b:1"] }] }],
    };
    const values = { prometheus: { prometheusSpec: spec } };
    const stack = prometheusWith(values, "kube-prometheus-stack");
    expect(await failing(prometheusSettingsEffective, unchanged, stack)).toMatchObject({
      seen: "job prometheus of prometheus.prometheusSpec.additionalScrapeConfigs lacks the targets b:1",
    });
  });

  test.each([
    [
      { server: { extraFlags: ["web.enable-lifecycle"] } },
      "web.enable-lifecycle (server.extraFlags) is not among its flags",
    ],
    [{ server: { extraArgs: { "log.level": "debug" } } }, "log.level is info, not debug (server.extraArgs)"],
    [{ server: { extraArgs: { "query.timeout": "120s" } } }, undefined],
    [{ server: { extraArgs: { "no-scrape.adjust": null } } }, undefined],
  ])("the flags of %j", async (values, seen) => {
    const change = ({ prometheus }: World) =>
      Object.assign(prometheus.flags, {
        "log.level": "info",
        "query.timeout": "2m",
        "scrape.adjust": "false",
      });
    const verdict = await verdictIn(prometheusSettingsEffective, change, prometheusWith(values));
    expect(verdict).toMatchObject(seen === undefined ? { status: "pass" } : { status: "fail", seen });
  });
});

function containerOf(kube: World["kube"], name: string, index: number): object {
  const pod = kube.pods.find(({ metadata }) => metadata.name === name) as unknown as
    | { spec: { containers: object[] } }
    | undefined;
  const container = pod?.spec.containers[index];
  if (container === undefined) throw new Error(`pod ${name} has no container ${index}`);
  return container;
}

describe("environment-effective: containers run as the charts render them", () => {
  test.each([
    [
      "an argument",
      { args: ["--storage.tsdb.path=/data"] },
      "runs without --storage.tsdb.retention.time=15d",
    ],
    [
      "one more",
      { args: ["--storage.tsdb.retention.time=15d", "--storage.tsdb.path=/data", "--x"] },
      "runs with --x",
    ],
  ])("%s", async (_, changes, seen) => {
    const failure = await failing(environmentEffective, ({ kube }) => {
      Object.assign(containerOf(kube, podNames.prometheus, 0), changes);
    });
    expect(failure.seen).toContain(seen);
  });

  test("a variable, whose value is not shown", async () => {
    const failure = await failing(environmentEffective, ({ kube }) => {
      Object.assign(containerOf(kube, podNames.grafana, 1), {
        env: [{ name: "GF_AUTH_DISABLE_LOGIN_FORM", value: "hidden" }],
      });
    });
    expect(failure.seen).toBe(
      `${podNames.grafana}/grafana has no variable GF_PLUGINS_PREINSTALL_SYNC, ${podNames.grafana}/grafana has another value of GF_AUTH_DISABLE_LOGIN_FORM`,
    );
  });
});

describe("alertmanager-config-effective: what is requested is in force", () => {
  const requested = `route: {receiver: a, routes: [{receiver: b, matchers: [x="1"]}]}
receivers: [{name: a}, {name: b, webhook_configs: [{url: "http://x"}]}]
templates: ["*.tmpl"]`;
  const own = (stack: Stack) => ({
    ...stack,
    rendered: [app("prometheus", [configMap("am", { "alertmanager.yml": requested })])],
  });
  const live = (text: string) => (world: World) => {
    world.alertmanager.status = statusWith(text);
  };

  test("the same in Alertmanager's own form", async () => {
    const same = requested
      .replace('"*.tmpl"', '"/etc/alertmanager/*.tmpl"')
      .replace("receiver: b,", "receiver: b, continue: false,");
    expect(await verdictIn(alertmanagerConfigEffective, live(same), own)).toMatchObject({ status: "pass" });
  });

  test.each([
    ["the default receiver", ["receiver: a,", "receiver: b,"], "the default receiver is b, not a"],
    ["a receiver", ["{name: b,", "{name: c,"], "receiver b is missing"],
    ["an integration", ["webhook_configs", "email_configs"], "receiver b has 1 email, not 1 webhook"],
    ["a route", ["receiver: b,", "receiver: a,"], 'the route {"receiver":"b","continue":false} is missing'],
    ["templates", ["*.tmpl", "other.tmpl"], "the template path *.tmpl is missing"],
  ])("%s", async (_, [from = "", to = ""], seen) => {
    expect(await failing(alertmanagerConfigEffective, live(requested.replace(from, to)), own)).toMatchObject({
      seen,
    });
  });
});

describe("dashboards-whole: what a chart downloads is there", () => {
  const script =
    'curl -skf \\\n  "https://grafana.com/api/dashboards/1860/revisions/27/download" \\\n  > "/var/lib/grafana/dashboards/default/node.json"\n';
  const provider = (folder: string) =>
    `apiVersion: 1\nproviders: [{name: default, folder: ${JSON.stringify(folder)}, options: {path: /var/lib/grafana/dashboards/default}}]\n`;
  const own = (folder: string | undefined) => {
    const files = folder === undefined ? {} : { "dashboardproviders.yaml": provider(folder) };
    return grafanaWith({}, "", { "download_dashboards.sh": script, ...files });
  };
  const model = { title: "Node", panels: [{ id: 1, type: "text", title: "T" }] };
  const shown = (more: object) => (world: World) => {
    world.grafana.dashboards = [{ uid: "n", title: "Node", file: "node.json", model, ...more }];
  };

  test("in the folder of its provider, with panels", async () => {
    expect(await verdictIn(dashboardsWhole, shown({ folder: "Team" }), own("Team"))).toMatchObject({
      status: "pass",
    });
    expect(await failing(dashboardsWhole, shown({}), own("Team"))).toMatchObject({
      seen: "Node is in no folder, and its provider default puts it into the folder Team",
      fault: { id: "dashboard-misplaced" },
    });
    const empty = { model: { title: "Node", panels: [] } };
    expect((await failing(dashboardsWhole, shown(empty), own(""))).seen).toBe("Node has no panels");
  });

  test("and a download that brought nothing is reported, as is a folder that nobody reads", async () => {
    const gone = (world: World) => {
      world.grafana.dashboards = [];
    };
    const { seen } = await failing(dashboardsWhole, gone, own(""));
    expect(seen).toMatch(
      /^node\.json is not in Grafana: the download from https:\/\/grafana\.com\/api\/dashboards\/1860/,
    );
    expect((await failing(dashboardsWhole, gone, own(undefined))).seen).toContain(
      "no provider in dashboardProviders reads its folder",
    );
  });
});
