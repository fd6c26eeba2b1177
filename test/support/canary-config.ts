/**
 * What monstack.yaml can hold with a secret in every place that can hold one, by its top-level keys. Where a secret may
 * not be written, the file names the variable CANARY.
 * @param nowhere host and port of who is asked for everything, and has nothing
 */
export function canarySections(secret: string, nowhere = "127.0.0.1:9"): Readonly<Record<string, unknown>> {
  const inQuery = (host: string) => `http://${host}/x?a=1&token=${secret}`;
  const inLogin = (host: string) => `http://ann:${secret}@${host}/x`;
  const named = `$\{CANARY}`;
  return {
    ...withoutSecrets,
    mirrors: { "https://": inLogin(nowhere), "docker.io": inLogin(nowhere) },
    repos: {
      mine: { url: inQuery(nowhere), username: "ann", password: named },
      other: `http://${secret}@${nowhere}/charts`,
    },
    registries: { "registry.example": { username: "ann", password: named } },
    grafana: { user: "ann", password: secret },
    k3s: {
      args: [
        `--token=${secret}`,
        "--agent-token",
        secret,
        `--datastore-endpoint=mysql://ann:${secret}@tcp(h:1)/k3s`,
      ],
    },
    apps: {
      prometheus: {
        values: {
          server: { env: [{ name: "STORE_TOKEN", value: secret }], remoteRead: [{ url: inLogin("reader") }] },
          extraScrapeConfigs: `- job_name: a\n  basic_auth: {username: ann, password: ${secret}}\n`,
        },
        set: [`server.extraSecretEnv.password=${secret}`],
      },
      grafana: {
        values: {
          "grafana.ini": { smtp: { password: secret }, database: { url: `mysql://ann:${secret}@h/g` } },
          datasources: {
            x: { datasources: [{ name: "x", secureJsonData: { httpHeaderValue1: `Bearer ${secret}` } }] },
          },
        },
      },
      mine: { chart: "mine/thing", values: { auth: { apiKey: secret } } },
      pulled: { chart: `oci://ann:${secret}@${nowhere}/charts/x` },
    },
    checks: [
      {
        name: "shop",
        http: {
          url: inQuery(nowhere),
          headers: { authorization: `Bearer ${secret}`, "x-shop": secret, cookie: `s=${named}` },
          body: { password: secret },
        },
      },
    ],
    "remote-write": [{ url: inQuery("store"), "bearer-token-env": "CANARY" }],
    federate: [
      { targets: ["h:1"], match: ["up"], "basic-auth": { username: "ann", "password-env": "CANARY" } },
    ],
    dashboards: [inQuery(nowhere), { url: inLogin(nowhere), inputs: { API_TOKEN: secret } }],
    alerting: {
      config: {
        route: { receiver: "a" },
        receivers: [
          {
            name: "a",
            slack_configs: [{ api_url: `https://hooks.slack.com/services/${secret}`, channel: "#a" }],
            webhook_configs: [
              { url: inLogin("hook"), http_config: { authorization: { credentials: secret } } },
            ],
            pagerduty_configs: [{ routing_key: secret }],
            email_configs: [{ to: "a@b", from: "c@d", smarthost: "h:1", auth_password: secret }],
          },
        ],
      },
    },
  };
}

/** The other keys: nothing in them can be a secret. A new key of the file belongs here or above. */
const withoutSecrets = {
  profile: undefined,
  "app-dir": undefined,
  namespace: undefined,
  cluster: undefined,
  stack: undefined,
  monitors: undefined,
  retention: undefined,
  "retention-size": undefined,
  storage: undefined,
  "storage-class": undefined,
  "scrape-interval": undefined,
  "scrape-timeout": undefined,
  "evaluation-interval": undefined,
  helm: undefined,
  kubectl: undefined,
  "lock-file": undefined,
  bundle: undefined,
  cache: undefined,
  "verify-signatures": undefined,
  verify: undefined,
  rules: undefined,
  "take-over-dashboards": undefined,
  compare: undefined,
  keep: undefined,
  ports: undefined,
  timeouts: undefined,
  resources: undefined,
  "report-dir": undefined,
  reporters: undefined,
};
