import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { ChartSource } from "../../../src/model/chart.ts";
import { listUnknownValues } from "../../../src/plan/values/unknown-values.ts";

function chart(changes: Partial<ChartSource> & { yaml?: string } = {}): ChartSource {
  const { yaml = "{}", ...rest } = changes;
  return {
    name: "x",
    isLibrary: false,
    values: parse(yaml),
    schema: undefined,
    templates: [],
    dependencies: [],
    charts: [],
    ...rest,
  };
}

/** `path -> meant` for each unknown key. */
function unknown(values: string, of: ChartSource): string[] {
  return listUnknownValues("app", parse(values), of).map(
    ({ path, meant }) => `${path.join(".")}${meant === undefined ? "" : ` -> ${meant}`}`,
  );
}

const on = { conditions: [] as string[], tags: [], importValues: [], alias: undefined };

/** As upstream's Prometheus chart is made. */
const prometheus = chart({
  yaml: `
    server:
      image: {repository: prom, tag: ""}
      global: {scrape_interval: 1m}
      persistentVolume: {enabled: true, size: 8Gi}
      retention: 15d
      podLabels: {}
    alertmanager: {enabled: true, persistence: {size: 2Gi}}
    kube-state-metrics: {enabled: true}
    serverFiles: {alerting_rules.yml: {}, prometheus.yml: {}}
  `,
  templates: [
    "{{ .Values.server.image.repository }}{{ toYaml .Values.server.global }}{{ .Values.server.persistentVolume.storageClass }}",
    "{{ range $key, $value := .Values.serverFiles }}{{ end }}{{ if .Values.server }}{{ end }}",
  ],
  dependencies: [
    { ...on, name: "alertmanager", conditions: ["alertmanager.enabled"] },
    { ...on, name: "kube-state-metrics", conditions: ["kube-state-metrics.enabled"] },
    {
      ...on,
      name: "prometheus-node-exporter",
      conditions: ["prometheus-node-exporter.enabled"],
      tags: ["nodes"],
    },
    { ...on, name: "prometheus-pushgateway", conditions: ["prometheus-pushgateway.enabled"] },
  ],
  charts: [
    chart({
      name: "alertmanager",
      yaml: "{persistence: {enabled: true, size: 50Mi}, config: {route: {}}}",
      templates: ["{{ toYaml .Values.config }}"],
    }),
    chart({ name: "kube-state-metrics", yaml: "{image: {tag: ''}, collectors: []}" }),
    chart({ name: "prometheus-node-exporter", yaml: "{service: {port: 9100}}" }),
    chart({ name: "prometheus-pushgateway", yaml: "{service: {port: 9091}}" }),
  ],
});

describe("the keys that people get wrong", () => {
  test.each([
    ["nodeExporter: {enabled: true}", "nodeExporter -> prometheus-node-exporter"],
    ["kubeStateMetrics: {enabled: true}", "kubeStateMetrics -> kube-state-metrics"],
    ["pushgateway: {enabled: false}", "pushgateway -> prometheus-pushgateway"],
    ["server: {enabled: true}", "server.enabled"],
    ["server: {retension: 1d}", "server.retension -> server.retention"],
    ["server: {persistence: {size: 1Gi}}", "server.persistence -> server.persistentVolume"],
    ["retention: 30d", "retention -> server.retention"],
    ["server: {kube-state-metrics: {enabled: false}}", "server.kube-state-metrics -> kube-state-metrics"],
    [
      "alertmanager: {persistentVolume: {enabled: false}}",
      "alertmanager.persistentVolume -> alertmanager.persistence",
    ],
    [
      "prometheus-node-exporter: {service: {prot: 1}}",
      "prometheus-node-exporter.service.prot -> prometheus-node-exporter.service.port",
    ],
    ["prometheusSpec: {retention: 1d}", "prometheusSpec"],
  ])("%s", (values, expected) => {
    expect(unknown(values, prometheus)).toEqual([expected]);
  });

  test("storageClass, where the chart has storageClassName", () => {
    const grafana = chart({ yaml: "persistence: {enabled: false, storageClassName: null, size: 10Gi}" });
    expect(unknown("persistence: {storageClass: fast}", grafana)).toEqual([
      "persistence.storageClass -> persistence.storageClassName",
    ]);
  });

  test("a key with a dot is written as helm's --set has it", () => {
    const grafana = chart({ yaml: "{grafana.ini: {paths: {}}}" });
    expect(unknown("grafana_ini: {paths: {}}", grafana)).toEqual(["grafana_ini -> grafana\\.ini"]);
  });

  test("each of several, the highest of each branch, in the user's order", () => {
    expect(unknown("a: {b: {c: 1}}\nserver: {retention: 1d, d: {e: 1}, f: 2}", prometheus)).toEqual([
      "a",
      "server.d",
      "server.f",
    ]);
  });
});

describe("a fix is certain only where the target has what is moved", () => {
  const stack = chart({
    name: "kube-prometheus-stack",
    yaml: "{prometheus: {enabled: true, enablePanelSyntax: true, replicaCount: 1, service: {replica: 1}, prometheusSpec: {retention: 10d}}, prometheusOperator: {image: {tag: a}}, kubeStateMetrics: {enabled: true}}",
    templates: [
      "{{ .Values.prometheus.enabled }}{{ .Values.prometheus.prometheusSpec.retention }}{{ .Values.prometheusOperator.image.tag }}",
    ],
    dependencies: [{ ...on, name: "kube-state-metrics", conditions: ["kubeStateMetrics.enabled"] }],
    charts: [
      chart({ name: "kube-state-metrics", yaml: "{replicas: 1}", templates: ["{{ .Values.replicas }}"] }),
    ],
  });
  test.each([
    ["prometheus_operator: {image: {tag: b}}", { meant: "prometheusOperator", isCertain: true }],
    ["prometheus_operator: {tags: {x: b}}", { meant: "prometheusOperator", isCertain: undefined }],
    [
      "prometheus-operator: {prometheus: {prometheusSpec: {retention: 1d}}}",
      { isWrapper: true, isCertain: true },
    ],
    ["prometheus: {replica: 2}", { meant: "prometheus.replicaCount", isCertain: undefined }],
    ["prometheus: {enable: false}", { meant: "prometheus.enabled", isCertain: undefined }],
    ["kube-state-metrics: {enabled: false}", { meant: "kubeStateMetrics.enabled", isCertain: undefined }],
  ])("%s", (values, expected) => {
    const [found, ...others] = listUnknownValues("x", parse(values), stack);
    expect(others).toEqual([]);
    expect({ meant: found?.meant, isCertain: found?.isCertain, isWrapper: found?.isWrapper }).toEqual({
      meant: undefined,
      isWrapper: undefined,
      ...expected,
    });
  });
});

describe("never called unknown", () => {
  test.each([
    ["what stands in the default values", "server: {image: {tag: v1}, persistentVolume: {enabled: false}}"],
    ["what only a template names", "server: {persistentVolume: {storageClass: fast}}"],
    ["anything below what a template takes whole", "server: {global: {external_labels: {a: b}}}"],
    ["anything below what a template goes through", "serverFiles: {my_rules.yml: {groups: []}}"],
    ["anything below an empty default", "server: {podLabels: {a: {b: c}}}"],
    ["a subchart's values", "alertmanager: {persistence: {enabled: false}, config: {receivers: []}}"],
    ["a list in a subchart", "kube-state-metrics: {collectors: [pods], image: {tag: v2}}"],
    ["the switches of subcharts", "prometheus-node-exporter: {enabled: false}\ntags: {nodes: false}"],
    ["global, also of a subchart", "global: {imageRegistry: x}\nalertmanager: {global: {y: 1}}"],
    ["a home of anchors", "x-resources: &r {cpu: 1}\n.y: 1\n_z: 1"],
    ["a key that a template among the values uses", 'mine: {a: 1}\nserverFiles: {x: "{{ .Values.mine.a }}"}'],
    ["nothing at all", "{}"],
  ])("%s", (_, values) => {
    expect(unknown(values, prometheus)).toEqual([]);
  });

  test("an alert's own template words make nothing known", () => {
    const values =
      'mine: 1\nserverFiles: {x: "{{ $labels.mine }} {{ .CommonLabels.Values }} {{ range .Values }}"}';
    expect(unknown(values, prometheus)).toEqual(["mine"]);
  });

  test("a chart that gives all its values to a helper", () => {
    const open = chart({ yaml: "a: 1", templates: ["{{ toYaml .Values }}"] });
    expect(unknown("b: 1", open)).toEqual([]);
  });
});

describe("subcharts", () => {
  const cache = chart({
    name: "cache",
    yaml: "{size: 1, exports: {data: {cacheSize: 1}}, deep: {er: {a: 1}}}",
  });

  test("under an alias, not under their name", () => {
    const parent = chart({
      yaml: "a: 1",
      dependencies: [
        { ...on, name: "cache", alias: "reads" },
        { ...on, name: "cache", alias: "writes" },
      ],
      charts: [cache],
    });
    expect(unknown("reads: {size: 1}\nwrites: {sizes: 1}\ncache: {size: 1}", parent)).toEqual([
      "writes.sizes -> writes.size",
      "cache",
    ]);
  });

  test("whose values are imported", () => {
    const importValues = ["data", { child: "deep.er", parent: "own" }];
    const parent = chart({
      yaml: "b: 1",
      dependencies: [{ ...on, name: "cache", importValues }],
      charts: [cache],
    });
    expect(unknown("cacheSize: 2\nown: {a: 1, b: 2}", parent)).toEqual(["own.b -> b"]);
  });

  test("in subcharts, and such as aren't listed", () => {
    const middle = chart({ name: "middle", yaml: "c: 1", charts: [cache] });
    const parent = chart({ yaml: "a: 1", charts: [middle] });
    expect(unknown("middle: {c: 1, cache: {size: 1, sise: 1}}", parent)).toEqual([
      "middle.cache.sise -> middle.cache.size",
    ]);
  });

  test("a library's helpers see the values of the chart", () => {
    const library = chart({ name: "common", isLibrary: true, templates: ["{{ .Values.fromHelper.x }}"] });
    const parent = chart({ yaml: "a: 1", charts: [library] });
    expect(unknown("fromHelper: {x: 1}\nb: 1", parent)).toEqual(["b"]);
    expect(
      unknown("fromHelper: 1", chart({ yaml: "a: 1", charts: [{ ...library, isLibrary: false }] })),
    ).toEqual(["fromHelper"]);
  });

  test("what the parent sets for one doesn't hide what the subchart knows", () => {
    const parent = chart({ yaml: "cache: {deep: {extra: {x: 1}}}", charts: [cache] });
    expect(unknown("cache: {deep: {er: {a: 2}, extra: {x: 2}, more: 1}}", parent)).toEqual([
      "cache.deep.more",
    ]);
  });
});

describe("a schema", () => {
  const schema = (text: string) => chart({ yaml: "a: {b: 1}", schema: parse(text) });

  test.each([
    ["names keys", "properties: {a: {properties: {c: {type: string}}}}", ["a.d"]],
    ["names patterns", "properties: {a: {patternProperties: {'^d': {}}}}", []],
    ["says what other keys hold", "properties: {a: {additionalProperties: {type: string}}}", []],
    [
      "allows other keys, which nobody reads",
      "properties: {a: {properties: {c: {}}, additionalProperties: true}}",
      ["a.d"],
    ],
    ["says nothing of what is below", "properties: {a: {type: object}}", []],
    [
      "leads elsewhere",
      "properties: {a: {$ref: '#/$defs/one'}}\n$defs: {one: {properties: {c: {}}}}",
      ["a.d"],
    ],
    ["leads out of itself", "properties: {a: {$ref: 'https://elsewhere/x.json'}}", []],
    ["has alternatives", "properties: {a: {anyOf: [{properties: {c: {}}}, {properties: {d: {}}}]}}", []],
    [
      "holds itself",
      "properties: {a: {$ref: '#/$defs/one'}}\n$defs: {one: {properties: {c: {}, e: {$ref: '#/$defs/one'}}}}",
      ["a.d"],
    ],
    [
      "holds nothing but itself",
      "properties: {a: {$ref: '#/$defs/one'}}\n$defs: {one: {$ref: '#/$defs/one'}}",
      [],
    ],
  ])("%s", (_, text, expected) => {
    expect(unknown("a: {b: 1, c: 1, d: 1}", schema(text)).map((one) => one.replace(/ ->.*/, ""))).toEqual(
      expected,
    );
  });

  test("of the parent about a subchart leaves it to the subchart", () => {
    const parent = chart({
      yaml: "z: 1",
      schema: { properties: { cache: { type: "object" } } },
      charts: [chart({ name: "cache", yaml: "size: 1" })],
    });
    expect(unknown("cache: {length: 1}", parent)).toEqual(["cache.length"]);
  });
});

test("Prometheus' own scrape_configs are meant for where a chart takes jobs, at any depth", () => {
  const operator = chart({
    yaml: "prometheus: {prometheusSpec: {additionalScrapeConfigs: [], retention: 10d}}",
  });
  const values = "{scrape_configs: [{job_name: a}]}";
  expect(unknown(values, operator)).toEqual([
    "scrape_configs -> prometheus.prometheusSpec.additionalScrapeConfigs",
  ]);
  const plain = chart({ yaml: "{extraScrapeConfigs: '', scrapeConfigs: {a: {}}, server: {a: 1}}" });
  expect(unknown(values, plain)).toEqual(["scrape_configs -> extraScrapeConfigs"]);
  expect(unknown(`server: ${values}`, plain)).toEqual(["server.scrape_configs -> extraScrapeConfigs"]);
});

describe("a mapping that a helper gets", () => {
  const helper =
    '{{ define "x.probe" }}path: {{ .probe.path }}{{ with .probe.extra }}{{ toYaml . }}{{ end }}{{ end }}';
  const call = '{{ include "x.probe" (dict "probe" .Values.probe "root" $) }}';

  test.each([
    ["of the chart", chart({ yaml: "a: 1", templates: [helper, call] })],
    [
      "of a library",
      chart({
        yaml: "a: 1",
        templates: [call],
        charts: [chart({ name: "lib", isLibrary: true, templates: [helper] })],
      }),
    ],
    [
      "of a subchart",
      chart({
        yaml: "a: 1",
        templates: [call],
        charts: [chart({ name: "sub", yaml: "s: 1", templates: [helper] })],
      }),
    ],
    [
      "in a default value",
      chart({ yaml: `{a: 1, config: '${call.replaceAll("'", "''")}'}`, templates: [helper] }),
    ],
  ])("%s: what it reads is known, the rest is not", (_, of) => {
    expect(unknown("probe: {path: /, extra: {any: 1}, timeout: 3}", of)).toEqual(["probe.timeout"]);
  });

  test("a parent's named template replaces a subchart's", () => {
    const sub = chart({
      name: "sub",
      yaml: "s: 1",
      templates: ['{{ define "h" }}{{ .Values.b }}{{ end }}{{ include "h" . }}'],
    });
    const parent = chart({
      yaml: "a: 1",
      templates: ['{{ define "h" }}{{ .Values.c }}{{ end }}'],
      charts: [sub],
    });
    expect(unknown("sub: {b: 1, c: 1}", parent)).toEqual(["sub.b"]);
  });
});

/** As kube-prometheus-stack is made. */
const stack = chart({
  name: "kube-prometheus-stack",
  yaml: `
    alertmanager: {enabled: true, alertmanagerSpec: {retention: 120h, replicas: 1, storage: {}}}
    prometheus:
      enabled: true
      prometheusSpec: {retention: 10d, enableRemoteWriteReceiver: false, replicas: 1, externalLabels: {}, shards: 1}
    kubelet: {enabled: true, serviceMonitor: {interval: "", cAdvisor: true}}
    defaultRules: {create: true, rules: {etcd: true, kubelet: true}}
    grafana: {enabled: true, sidecar: {dashboards: {enabled: true}}}
    nodeExporter: {enabled: true}
  `,
  charts: [chart({ name: "grafana", yaml: "{adminUser: admin, persistence: {enabled: false, size: 1Gi}}" })],
});

/** `path => meant` where it is certain, `path -> meant` where it is a suggestion. */
function meant(values: string, of: ChartSource = stack): string[] {
  return listUnknownValues("app", parse(values), of).map(({ path, meant, isCertain, isWrapper }) => {
    const to = isWrapper ? "(up)" : meant;
    return `${path.join(".")}${to === undefined ? "" : ` ${isCertain ? "=>" : "->"} ${to}`}`;
  });
}

describe("what was meant", () => {
  test.each([
    [
      "prometheus: {enableRemoteWriteReceiver: false}",
      "prometheus.enableRemoteWriteReceiver => prometheus.prometheusSpec.enableRemoteWriteReceiver",
    ],
    [
      "enableRemoteWriteReceiver: true",
      "enableRemoteWriteReceiver => prometheus.prometheusSpec.enableRemoteWriteReceiver",
    ],
    ["prometheus: {retention: 30d}", "prometheus.retention => prometheus.prometheusSpec.retention"],
    ["prometheusSpec: {retention: 1d}", "prometheusSpec => prometheus.prometheusSpec"],
    ["adminUser: ops", "adminUser => grafana.adminUser"],
    ["grafana: {sidecar: {adminUser: ops}}", "grafana.sidecar.adminUser => grafana.adminUser"],
  ])("the same name on another level comes before a similar one: %s", (values, expected) => {
    expect(meant(values)).toEqual([expected]);
  });

  test.each([
    [
      "a switch for a name that begins like it",
      "alertmanager: {enableAdminAPI: false}",
      "alertmanager.enableAdminAPI",
    ],
    ["a switch for one letter", "kubelet: {enable: false}", "kubelet.enable -> kubelet.enabled"],
    ["a switch for another case", "kubelet: {Enabled: false}", "kubelet.Enabled -> kubelet.enabled"],
    ["a switch", "prometheus: {enabeld: false}", "prometheus.enabeld -> prometheus.enabled"],
    [
      "a component's values elsewhere",
      "grafana: {alertmanager: {enabled: false}}",
      "grafana.alertmanager -> alertmanager",
    ],
    ["one of several", "retention: 30d", "retention"],
    [
      "null, which takes a default away",
      "prometheus: {prometheusSpec: {retension: null}}",
      "prometheus.prometheusSpec.retension -> prometheus.prometheusSpec.retention",
    ],
    [
      "a short word",
      "kubelet: {serviceMonitor: {cAdvisors: true}}",
      "kubelet.serviceMonitor.cAdvisors => kubelet.serviceMonitor.cAdvisor",
    ],
  ])("is never certainly %s", (_, values, expected) => {
    expect(meant(values)).toEqual([expected]);
  });

  test.each([
    ["prometheus: {prometheusSpec: {retentoin: [1]}}", "prometheus.prometheusSpec.retentoin"],
    ["prometheus: {prometheusSpec: {replica: {a: 1}}}", "prometheus.prometheusSpec.replica"],
    ["prometheus: {prometheusSpec: {externalLabel: x}}", "prometheus.prometheusSpec.externalLabel"],
    ["prometheus: {prometheusSpec: {shard: many}}", "prometheus.prometheusSpec.shard"],
    [
      "prometheus: {prometheusSpec: {enableRemoteWriteReceivers: 1}}",
      "prometheus.prometheusSpec.enableRemoteWriteReceivers",
    ],
  ])("has the type of the chart's default: %s", (values, expected) => {
    expect(meant(values)).toEqual([expected]);
  });

  test("or of its schema", () => {
    const typed = chart({
      yaml: "{a: 1, retention: null}",
      schema: parse("properties: {retention: {type: [string, 'null']}}"),
    });
    expect(meant("retension: 3d", typed)).toEqual(["retension => retention"]);
    expect(meant("retension: {a: 1}", typed)).toEqual(["retension"]);
  });

  const alertmanager = chart({
    name: "alertmanager",
    yaml: `
      service: {type: ClusterIP, clusterPort: 9094}
      podSecurityContext: {fsGroup: 1}
      configmapReload: {enabled: false}
      dnsConfig: {}
    `,
  });
  test.each([
    ["service: {clusterIP: 10.43.0.50}", "service.clusterIP"],
    ["podSecurityPolicy: {enabled: false}", "podSecurityPolicy"],
    ["config: {server: {a: 1}}", "config"],
    ["configFileName: a.yml", "configFileName"],
  ])("is not a wrong neighbour: %s", (values, expected) => {
    expect(meant(values, alertmanager)).toEqual([expected]);
  });

  test("is where a newer chart has it", () => {
    const parent = chart({ yaml: "configmapReload: {reloadUrl: ''}", charts: [alertmanager] });
    expect(meant("configmapReload: {alertmanager: {enabled: false}}", parent)).toEqual([
      "configmapReload.alertmanager => alertmanager.configmapReload",
    ]);
  });

  test.each([
    ["the chart", "kube-prometheus-stack: {prometheus: {}, grafana: {}}", ["kube-prometheus-stack => (up)"]],
    ["it in other letters", "kubePrometheusStack: {prometheus: {}}", ["kubePrometheusStack => (up)"]],
    ["the app", "app: {prometheus: {}, foo: 1}", ["app => (up)"]],
    ["the key above it", "grafana: {grafana: {adminUser: x}}", ["grafana.grafana => (up)"]],
    ["a real key of the chart, which is none", "grafana: {adminUser: x}\nprometheus: {enabled: true}", []],
    [
      "the chart, with what it does not have in it",
      "kube-prometheus-stack: {a: 1, b: 2}",
      ["kube-prometheus-stack"],
    ],
  ])("is one level up below a wrapper with the name of %s", (_, values, expected) => {
    expect(meant(values)).toEqual(expected);
  });

  test("is not above an alias of a subchart's", () => {
    const dependencies = [{ ...on, name: "cache", alias: "reads" }];
    const parent = chart({
      yaml: "a: 1",
      dependencies,
      charts: [chart({ name: "cache", yaml: "{size: 1}" })],
    });
    expect(meant("cache: {size: 1}\nreads: {size: 2}", parent)).toEqual(["cache"]);
  });
});
