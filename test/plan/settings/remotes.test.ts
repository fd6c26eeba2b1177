import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { formatPlan } from "../../../src/plan/format.ts";
import { planOf, valuesOf } from "../configs.ts";

const sources = `federate:
  - targets: [prometheus-1.example.com:9090, prometheus-2.example.com:9090]
    match: ['{job="kubernetes-pods"}', '{__name__=~"job:.*"}']
    interval: 15s
  - name: secured
    targets: ["[fd00::1]:9090"]
    match: [up]
    scheme: https
    basic-auth: {username: ann, password-env: SOURCE_PASSWORD}
`;
const stores = `remote-write:
  - url: http://mimir.example.com/api/v1/push
    headers: {X-Scope-OrgID: team-a}
    queue: {max-shards: 10}
  - name: vm
    url: http://vm.example.com/api/v1/write
    bearer-token-env: VM_TOKEN
`;
const operator = `apps:
  prometheus: {enabled: false}
  grafana: {enabled: false}
  kps: {chart: prometheus-community/kube-prometheus-stack, version: 88.5.3}
`;
const env = { SOURCE_PASSWORD: "hush-hush", VM_TOKEN: "psst-psst" };

const guide = {
  job_name: "federate",
  scrape_interval: "15s",
  honor_labels: true,
  metrics_path: "/federate",
  params: { "match[]": ['{job="kubernetes-pods"}', '{__name__=~"job:.*"}'] },
  static_configs: [{ targets: ["prometheus-1.example.com:9090", "prometheus-2.example.com:9090"] }],
};

describe("federate", () => {
  test("becomes the guide's scrape config, after the user's own", async () => {
    const own = "apps: {prometheus: {values: {extraScrapeConfigs: '- job_name: mine'}}}";
    const plan = await planOf(`${sources}${own}`, { env });
    const jobs = parse(valuesOf(plan, "prometheus")["extraScrapeConfigs"] as string) as unknown[];
    expect(jobs).toEqual([
      { job_name: "mine" },
      guide,
      {
        job_name: "secured",
        honor_labels: true,
        metrics_path: "/federate",
        scheme: "https",
        params: { "match[]": ["up"] },
        basic_auth: { username: "ann", password_file: "/etc/monstack-credentials/federate-secured" },
        static_configs: [{ targets: ["[fd00::1]:9090"] }],
      },
    ]);
    expect(plan.notices).toEqual([]);
  });

  test("what looks like a template is none", async () => {
    const plan = await planOf(`federate: [{targets: ["a:1"], match: ['{a=~"{{.*}}"}']}]`);
    expect(valuesOf(plan, "prometheus")["extraScrapeConfigs"]).toContain('{a=~"{{ `{{` }}.*}}"}');
    const listed = await planOf(`federate: [{targets: ["a:1"], match: ['{a=~"{{.*}}"}']}]\n${operator}`);
    expect(JSON.stringify(valuesOf(listed, "kps"))).toContain("{{ `{{` }}");
  });

  test("is a list for the operator", async () => {
    const plan = await planOf(`${sources}${operator}`, { env });
    const { prometheusSpec } = valuesOf(plan, "kps")["prometheus"] as {
      prometheusSpec: Record<string, unknown>;
    };
    expect(prometheusSpec["additionalScrapeConfigs"]).toMatchObject([
      guide,
      { basic_auth: { password_file: "/etc/prometheus/secrets/monstack-credentials/federate-secured" } },
    ]);
    expect(prometheusSpec["secrets"]).toEqual(["monstack-credentials"]);
  });
});

describe("remote-write", () => {
  test("on the Prometheus chart", async () => {
    const plan = await planOf(stores, { env });
    expect(valuesOf(plan, "prometheus")["server"]).toMatchObject({
      remoteWrite: [
        {
          url: "http://mimir.example.com/api/v1/push",
          name: "store",
          headers: { "X-Scope-OrgID": "team-a" },
          queue_config: { max_shards: 10 },
        },
        {
          url: "http://vm.example.com/api/v1/write",
          name: "vm",
          authorization: {
            type: "Bearer",
            credentials_file: "/etc/monstack-credentials/remote-write-vm",
          },
        },
      ],
      extraVolumes: [{ name: "monstack-credentials", secret: { secretName: "monstack-credentials" } }],
      extraVolumeMounts: [
        { name: "monstack-credentials", mountPath: "/etc/monstack-credentials", readOnly: true },
      ],
    });
  });

  test("on kube-prometheus-stack, in the operator's words", async () => {
    const basic = stores.replace(
      /bearer-token-env: .*/,
      "basic-auth: {username: ann, password-env: VM_TOKEN}",
    );
    const plan = await planOf(`${basic}${operator}`, { env });
    const from = (key: string) => ({ name: "monstack-credentials", key });
    expect(valuesOf(plan, "kps")).toMatchObject({
      prometheus: {
        prometheusSpec: {
          remoteWrite: [
            { name: "store", queueConfig: { maxShards: 10 } },
            {
              name: "vm",
              basicAuth: { username: from("remote-write-vm-username"), password: from("remote-write-vm") },
            },
          ],
        },
      },
    });
  });
});

describe("secrets", () => {
  test("go into a Secret that is there before Prometheus, and nowhere else", async () => {
    const plan = await planOf(`${sources}${stores}`, { env });
    const [credentials, prometheus] = ["monstack-credentials", "prometheus"].map((name) =>
      plan.apps.find((app) => app.name === name),
    );
    expect(credentials).toMatchObject({
      namespace: "monitoring",
      chart: {
        kind: "objects",
        objects: [
          {
            kind: "Secret",
            metadata: { name: "monstack-credentials", namespace: "monitoring" },
            stringData: {
              "federate-secured": "hush-hush",
              "federate-secured-username": "ann",
              "remote-write-vm": "psst-psst",
            },
          },
        ],
      },
    });
    expect(prometheus?.dependsOn).toEqual([{ app: "monstack-credentials", until: "applied" }]);
    const others = JSON.stringify(plan.apps.filter((app) => app !== credentials));
    for (const text of [others, JSON.stringify(plan.askedValues), formatPlan(plan)])
      expect(text).not.toMatch(/hush-hush|psst-psst/);
  });

  test("one that isn't set is a mistake with its place", async () => {
    const texts = { "/work/monstack.yaml": stores };
    await expect(planOf(stores, { env: {}, texts })).rejects.toThrow(
      "monstack.yaml:7:23: remote-write[1].bearer-token-env: the environment variable VM_TOKEN is not set; set it to the token",
    );
  });

  test("all that aren't set are named, in the order of the file", async () => {
    const yaml = `${sources}${stores}`;
    await expect(planOf(yaml, { env: {}, texts: { "/work/monstack.yaml": yaml } })).rejects.toThrow(
      /^2 mistakes in the configuration:\n {2}monstack\.yaml:\d+:\d+: federate.*set it to the password\n {2}monstack\.yaml:\d+:\d+: remote-write.*VM_TOKEN is not set; set it to the token$/,
    );
  });

  test("without Prometheus nothing is asked of them", async () => {
    const plan = await planOf(`${stores}apps: {prometheus: {enabled: false}, grafana: {depends_on: []}}`);
    expect(plan.apps.map(({ name }) => name)).toEqual(["grafana"]);
    expect(plan.notices.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^remote-write has no effect/),
    ]);
  });
});
