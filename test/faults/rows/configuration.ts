import { type Fault, nodeAddress, server } from "../fault.ts";

const rule = (expr: string) => `apps:
  prometheus:
    values:
      serverFiles:
        alerting_rules.yml:
          groups:
            - name: mine
              rules:
                - alert: HighPodMemory
                  expr: ${expr}
`;

export const configuration: readonly Fault[] = [
  {
    what: "a retention whose effect other values take away",
    config: `retention: 30d
apps:
  prometheus:
    values:
      server:
        defaultFlagsOverride: [--config.file=/etc/config/prometheus.yml, --storage.tsdb.path=/data, --web.enable-lifecycle]
`,
    exitCode: 1,
    cause: "retention-ignored",
    says: /retention\.time is .*30d, as the setting retention has it/s,
    at: "monstack.yaml:6",
    from: "verify",
  },
  {
    what: "a remote store that refuses samples",
    config: `remote-write: [{url: "http://${nodeAddress}:18080/api/v1/push"}]\n`,
    beside: server(18_080, 401, "who are you?", "text/plain"),
    exitCode: 1,
    cause: "remote-write-refused",
    says: /HTTP status 401/,
    at: "monstack.yaml:1",
    from: "verify",
    visibleAfter: 10,
  },
  {
    what: "a scrape configuration that Prometheus refuses",
    config: `apps:
  prometheus:
    values:
      scrapeConfigs:
        my-app: {enabled: true, scrape_interval: soon, static_configs: [{targets: ["localhost:9090"]}]}
`,
    exitCode: 2,
    cause: "prometheus-config-invalid",
    says: /not a valid duration string.*soon/,
    at: "monstack.yaml:5",
    from: "none",
    ci: "e2e",
  },
  {
    what: "a rule that is no PromQL",
    config: rule("sum(container_memory_usage_bytes by (pod) > 5"),
    exitCode: 2,
    cause: "rules-invalid",
    says: /HighPodMemory/,
    at: "monstack.yaml:10",
    from: "none",
    ci: "smoke",
  },
  {
    what: "an Alertmanager that routes to a receiver that isn't there",
    config: `apps:
  prometheus:
    values:
      alertmanager:
        config:
          route: {receiver: slack}
          receivers: [{name: email}]
alerting: {receivers: as-is}
`,
    exitCode: 2,
    cause: "rules-invalid",
    says: /slack/,
    from: "none",
  },
  {
    what: "two default datasources",
    config: `apps:
  grafana:
    values:
      datasources:
        datasources.yaml:
          apiVersion: 1
          datasources:
            - {name: One, type: prometheus, access: proxy, url: "http://prometheus-server.monitoring.svc", isDefault: true}
            - {name: Two, type: prometheus, access: proxy, url: "http://prometheus-server.monitoring.svc", isDefault: true}
`,
    exitCode: 2,
    cause: "datasource-two-defaults",
    says: /default/,
    at: "monstack.yaml:9",
    from: "none",
  },
  {
    what: "a datasource that leads nowhere",
    config: `apps:
  grafana:
    values:
      datasources:
        datasources.yaml:
          apiVersion: 1
          datasources:
            - name: Prometheus
              type: prometheus
              access: proxy
              url: http://prometheus.monitoring.svc.cluster.local
              isDefault: true
`,
    exitCode: 1,
    cause: "datasource-wrong-url",
    says: /prometheus\.monitoring\.svc/,
    at: "monstack.yaml:11",
    from: "verify",
  },
  {
    what: "a scrape interval too long for the windows",
    config: "apps:\n  prometheus:\n    values:\n      server:\n        global: {scrape_interval: 3m}\n",
    exitCode: 1,
    cause: "window-too-short",
    says: /3m/,
    at: "monstack.yaml:5",
    from: "verify",
  },
  {
    what: "a Prometheus that may not look at the cluster",
    config: "apps:\n  prometheus:\n    values:\n      rbac: {create: false}\n",
    exitCode: 1,
    cause: "rbac-denied",
    says: /prometheus-server.*(nodes|pods|endpoints)/s,
    at: "monstack.yaml:4",
    from: "verify",
  },
];
