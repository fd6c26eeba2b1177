import { type Fault, nodeAddress, server } from "../fault.ts";

const bad = { exitCode: 1, from: "verify" } as const;

/** A ConfigMap with a dashboard, for a sidecar of Grafana's. */
const board = `apiVersion: v1
kind: ConfigMap
metadata: {name: boats, labels: {grafana_dashboard: "1"}}
data:
  boats.json: '{"uid":"boats","title":"Boats","panels":[{"id":1,"type":"stat","title":"Up","targets":[{"expr":"up"}]}]}'
`;

/** Everything runs, nothing reports an error, and yet a part of the stack is useless. */
export const silent: readonly Fault[] = [
  {
    ...bad,
    what: "relabelling that drops every sample of a target that is up",
    config: `apps:
  prometheus:
    values:
      - extraScrapeConfigs: |
          - job_name: shop
            static_configs: [{targets: ["${nodeAddress}:18082"]}]
            metric_relabel_configs: [{action: keep, source_labels: [__name__], regex: 'store_.*'}]
`,
    beside: server(18_082, 200, "# TYPE shop_open gauge\nshop_open 1\n", "text/plain; version=0.0.4"),
    cause: "samples-dropped",
    says: /job shop.*expose shop_open/s,
    at: "monstack.yaml:7",
    visibleAfter: 6,
  },
  {
    ...bad,
    what: "an alert whose annotation's template fails",
    config: "rules: [rules.yaml]\nverify: {expect-alerts: [NodeAway, Watchdog, InfoInhibitor]}\n",
    files: {
      "rules.yaml": `groups:
  - name: crew
    rules:
      - alert: NodeAway
        expr: up >= 0
        labels: {severity: warning}
        annotations: {summary: '{{ query "no_such_series" | first | value }} left'}
`,
    },
    cause: "rule-template-failing",
    says: /NodeAway: the template of annotation summary fails/,
    at: "rules.yaml:7",
    visibleAfter: 10,
  },
  {
    ...bad,
    what: "a kube-state-metrics that may not expose what the checks need",
    config:
      "apps:\n  prometheus:\n    values:\n      kube-state-metrics: {metricAllowlist: [kube_deployment_.*]}\n",
    cause: "metric-not-exposed",
    says: /runs with --metric-allowlist=kube_deployment_/,
    at: "monstack.yaml:4",
    visibleAfter: 6,
  },
  {
    ...bad,
    what: "a PrometheusRule that no Prometheus selects",
    config: `stack: operator
monitors: [rule.yaml]
apps:
  kube-prometheus-stack:
    values:
      prometheus: {prometheusSpec: {ruleSelector: {matchLabels: {release: kube-prometheus-stack}}}}
`,
    files: {
      "rule.yaml": `apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: {name: boats, namespace: monitoring, labels: {team: crew}}
spec: {groups: [{name: boats, rules: [{alert: BoatAway, expr: absent(boat), for: 10m}]}]}
`,
    },
    cause: "rules-not-selected",
    says: /takes in only PrometheusRules with release=kube-prometheus-stack; this one has .*team=crew/,
    at: "monstack.yaml:6",
  },
  {
    ...bad,
    what: "a dashboard where Grafana's sidecar does not look",
    config: `apps:
  boats: {manifests: [boats.yaml], namespace: harbour}
  grafana: {values: {sidecar: {dashboards: {enabled: true}}}}
`,
    files: { "boats.yaml": board },
    cause: "dashboard-not-collected",
    says: /ConfigMap harbour\/boats: Grafana's sidecar looks only in namespace monitoring/,
    at: "boats.yaml:3",
  },
  {
    what: "a k3s without flannel, and without another pod network",
    config: "k3s: {args: [--flannel-backend=none]}\n",
    exitCode: 3,
    cause: "pod-network-missing",
    says: /cni plugin not initialized/,
    at: "monstack.yaml:1",
    from: "deploy",
    visibleAfter: 5,
  },
];
