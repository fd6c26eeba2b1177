import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseObjects } from "../../src/monitors/monitors.ts";
import { createObjectJudge, readSchemas, schemasFile } from "../../src/schemas/operator.ts";

const file = join(import.meta.dirname, "../../dist", schemasFile);
const judge = createObjectJudge(readSchemas(readFileSync(file)));

/** What is wrong with the objects of a file, each with its place. */
async function judged(text: string): Promise<string[]> {
  const each = parseObjects(text, "m.yaml").map(async ({ object, where }) =>
    (await judge.judge(object)).map(
      ({ path, on, problem }) => `${where(path, on)} ${path.join(".")}: ${problem}`,
    ),
  );
  return (await Promise.all(each)).flat();
}

const of = (kind: string, spec: string, more = "metadata: {name: a}") =>
  `apiVersion: monitoring.coreos.com/${kind.endsWith("Config") ? "v1alpha1" : "v1"}
kind: ${kind}
${more}
spec:
${spec}`;
const service = (spec: string) => of("ServiceMonitor", `  selector: {}\n${spec}`);

describe("an object of the operator's kinds, judged by the operator's own definitions", () => {
  it.each<[string, string, readonly string[]]>([
    [
      "a singular for a plural, with what is below it",
      service("  endpoint: [{port: 8080, interval: 30}]"),
      [
        "m.yaml:6:3 spec.endpoint: unknown key; did you mean endpoints?",
        "m.yaml:6:37 spec.endpoint.0.interval: 30 is not a text; expected a duration, for example 30s, 5m or 1h30m",
        "m.yaml:6:21 spec.endpoint.0.port: 8080 is not a text; expected the name of a port; its number belongs in targetPort",
      ],
    ],
    [
      "a mapping for a list",
      service("  endpoints: {port: http}"),
      ["m.yaml:6:14 spec.endpoints: a mapping is not a list"],
    ],
    [
      "a list for a mapping",
      of("PodMonitor", "  selector: [a]\n  podMetricsEndpoints: []"),
      ["m.yaml:5:13 spec.selector: a list is not a mapping"],
    ],
    [
      "a missing selector",
      of("ServiceMonitor", "  endpoints: []"),
      ["m.yaml:4:1 spec: the key selector is missing"],
    ],
    ["a missing spec", of("Probe", "").replace("spec:\n", ""), ["m.yaml:1:1 : the key spec is missing"]],
    [
      "labels that are no texts",
      service("  endpoints: []\n").replace("{name: a}", "{name: a, labels: {on: true, n: 1}}"),
      [
        "m.yaml:3:34 metadata.labels.on: true is not a text",
        "m.yaml:3:43 metadata.labels.n: 1 is not a text",
      ],
    ],
    [
      "a name in capitals",
      service("  endpoints: []").replace("name: a", "name: MyApp"),
      ['m.yaml:3:18 metadata.name: "MyApp" is not valid; expected lower-case letters, digits, - and .'],
    ],
    [
      "a key beside spec",
      service("  endpoints: []\nendpoints: []"),
      ["m.yaml:7:1 endpoints: unknown key; expected one of: apiVersion, kind, metadata, spec, status"],
    ],
    [
      "an unknown action of a relabeling",
      service("  endpoints: [{relabelings: [{action: relabel}]}]"),
      [
        'm.yaml:6:39 spec.endpoints.0.relabelings.0.action: "relabel" is not allowed; expected one of: replace, Replace, keep, Keep, drop, Drop, hashmod, HashMod, labelmap, LabelMap, labeldrop, LabelDrop, labelkeep, LabelKeep, lowercase, Lowercase, uppercase, Uppercase, keepequal, KeepEqual, dropequal, DropEqual',
      ],
    ],
    [
      "Prometheus' own names of fields",
      service("  endpoints: [{relabelings: [{source_labels: [a]}]}]"),
      ["m.yaml:6:31 spec.endpoints.0.relabelings.0.source_labels: unknown key; did you mean sourceLabels?"],
    ],
    [
      "a duration that is none",
      service("  endpoints: [{interval: 30 sec}]"),
      [
        'm.yaml:6:26 spec.endpoints.0.interval: "30 sec" is not valid; expected a duration, for example 30s, 5m or 1h30m',
      ],
    ],
    [
      "another version",
      service("  endpoints: []").replace("com/v1", "com/v1alpha1"),
      ["m.yaml:1:13 apiVersion: ServiceMonitor has no version v1alpha1; expected monitoring.coreos.com/v1"],
    ],
    [
      "another kind of the group",
      service("  endpoints: []").replace("kind: ServiceMonitor", "kind: ServiceMonitors"),
      ["m.yaml:2:7 kind: monitoring.coreos.com has no kind ServiceMonitors; did you mean ServiceMonitor?"],
    ],
    [
      "an operator of a selector",
      of("ServiceMonitor", "  selector: {matchExpressions: [{key: a, operator: in}]}\n  endpoints: []"),
      [
        'm.yaml:5:52 spec.selector.matchExpressions.0.operator: "in" is not allowed; expected one of: In, NotIn, Exists, DoesNotExist',
      ],
    ],
    [
      "a rule without an expression",
      of("PrometheusRule", "  groups: [{name: g, rules: [{alert: A}]}]"),
      ["m.yaml:5:30 spec.groups.0.rules.0: the key expr is missing"],
    ],
    [
      "rules without a group",
      of("PrometheusRule", "  rules: []"),
      ["m.yaml:5:3 spec.rules: unknown key; expected one of: groups"],
    ],
    [
      "two groups of the same name",
      of("PrometheusRule", "  groups: [{name: g}, {name: g}]"),
      ["m.yaml:5:30 spec.groups.1.name: two items of the list have the same name"],
    ],
    [
      "a Probe without the prober's url",
      of("Probe", "  prober: {path: /probe}"),
      ["m.yaml:5:3 spec.prober: the key url is missing"],
    ],
    [
      "a ScrapeConfig's interval",
      of("ScrapeConfig", "  scrapeInterval: 30"),
      [
        "m.yaml:5:19 spec.scrapeInterval: 30 is not a text; expected a duration, for example 30s, 5m or 1h30m",
      ],
    ],
    [
      "two ways to log in (a rule in CEL)",
      of("ScrapeConfig", "  authorization: {}\n  basicAuth: {}"),
      ["m.yaml:4:1 spec: only one of these keys may be set: basicAuth, authorization, oauth2"],
    ],
    [
      "a receiver of Alertmanager's own format",
      of("AlertmanagerConfig", "  route: {receiver: a}\n  receivers: [{name: a, slack_configs: []}]"),
      ["m.yaml:6:25 spec.receivers.0.slack_configs: unknown key; did you mean slackConfigs?"],
    ],
    [
      "a second document and a list in it",
      `${service("  endpoints: []")}\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: monitoring.coreos.com/v1\n  kind: PodMonitor\n  metadata: {name: b}\n  spec: {selector: {}, podMetricsEndpoint: []}\n`,
      [
        "m.yaml:14:24 items.podMetricsEndpoint".replace("items", "spec") +
          ": unknown key; did you mean podMetricsEndpoints?",
      ],
    ],
  ])("refuses %s, at its place", async (_, text, expected) => {
    expect(await judged(text)).toEqual(expected);
  });

  it("takes what the API server takes", async () => {
    const labels =
      "labels: {release: kps, app.kubernetes.io/name: a, empty: ''}, annotations: {x: 'y'}, creationTimestamp: null";
    const spec = `  namespaceSelector: {any: true}
  jobLabel: null
  endpoints:
    - {targetPort: 8080, interval: 30s, scheme: https, tlsConfig: {insecureSkipVerify: true}}
    - {port: http, params: {module: [x]}, relabelings: [{action: Replace, sourceLabels: [a], targetLabel: b, regex: (.*)}]}`;
    expect(await judged(service(spec).replace("{name: a}", `{name: a, ${labels}}`))).toEqual([]);
    const rules =
      "  groups: [{name: g, interval: 1m, partial_response_strategy: warn, rules: [{record: a, expr: 1}, {alert: B, expr: up, for: 5m}]}]";
    expect(await judged(of("PrometheusRule", rules))).toEqual([]);
    const routes =
      "  route: {receiver: a, routes: [{receiver: b, anything: [1]}]}\n  receivers: [{name: a, webhookConfigs: [{urlSecret: {name: s, key: k}}]}]";
    expect(await judged(of("AlertmanagerConfig", routes))).toEqual([]);
  });

  it("leaves objects of other groups alone", async () => {
    expect(await judged("apiVersion: v1\nkind: Service\nmetadata: {name: A}\nspec: {prots: []}")).toEqual([]);
  });
});

describe("the definitions of the operator that is deployed", () => {
  const definition = {
    kind: "CustomResourceDefinition",
    spec: {
      group: "monitoring.coreos.com",
      names: { kind: "ServiceMonitor" },
      versions: [
        {
          name: "v1",
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: { spec: { type: "object", properties: { newer: { type: "string" } } } },
            },
          },
        },
      ],
    },
  };
  const object = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: { name: "a" },
    spec: { newer: "x" },
  };
  const problems = async (release: string) => {
    const own = createObjectJudge(readSchemas(readFileSync(file)), [
      { kind: "ServiceMonitor", release, read: () => definition },
    ]);
    return (await own.judge(object)).length;
  };

  it("decide where they are of another release", async () => {
    expect(await problems("v9.0.0")).toBe(0);
    expect(await problems(judge.operator)).toBeGreaterThan(0);
  });
});
