import { describe, expect, test } from "vitest";
import { configOf } from "../../plan/configs.ts";

async function mistake(yaml: string, flags: Record<string, string> = {}): Promise<string> {
  return configOf(yaml, flags).then(
    () => "no mistake",
    (error: Error) => error.message,
  );
}

describe("storage", () => {
  test("a size is Prometheus'; a mapping, or pairs in a flag, name the others", async () => {
    expect((await configOf("storage: 50Gi")).storage.sizes).toEqual({ prometheus: "50Gi" });
    expect((await configOf("storage: {grafana: 5Gi}")).storage.sizes).toEqual({ grafana: "5Gi" });
    const flags = { storage: "prometheus=50Gi, alertmanager=1Gi", "storage-class": "fast" };
    expect((await configOf("", flags)).storage).toEqual({
      sizes: { prometheus: "50Gi", alertmanager: "1Gi" },
      storageClass: "fast",
    });
  });

  test("what is wrong is named with its place", async () => {
    expect(await mistake("storage:\n  prometeus: 5Gi")).toBe(
      "monstack.yaml:2:3: storage.prometeus: unknown key; did you mean prometheus?",
    );
    expect(await mistake("", { storage: "prometheus=5GB" })).toBe(
      '--storage: prometheus: "5GB" is not a Kubernetes quantity; did you mean 5Gi?',
    );
  });
});

describe("settings that are right each for itself only", () => {
  test("a timeout longer than the interval", async () => {
    expect(await mistake("scrape-interval: 10s\nscrape-timeout: 15s")).toBe(
      "monstack.yaml:2:17: scrape-timeout: 15s is longer than the scrape interval 10s, which Prometheus refuses; expected at most 10s",
    );
    const fromFlag = await mistake("scrape-interval: 10s", { "scrape-timeout": "15s" });
    expect(fromFlag).toMatch(/^--scrape-timeout: 15s is longer/);
  });

  test("a retention size that fills the volume", async () => {
    expect(await mistake("storage: 50Gi\nretention-size: 50GB")).toBe(
      "monstack.yaml:2:17: retention-size: 50GB is not less than the volume of 50Gi, which would be full before Prometheus deletes anything; expected at most 40GB (80 %)",
    );
    expect(await mistake("storage: 50Gi\nretention-size: 40GB")).toBe("no mistake");
  });
});

describe("resources", () => {
  test("by component, with YAML's numbers", async () => {
    const yaml = "resources: {prometheus: {requests: {cpu: 1, memory: 2Gi}, limits: {cpu: 2000m}}}";
    expect((await configOf(yaml)).resources).toEqual({
      prometheus: { requests: { cpu: "1", memory: "2Gi" }, limits: { cpu: "2000m" } },
    });
  });

  test.each([
    [
      "resources:\n  grafana: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}",
      "monstack.yaml:2:32: resources.grafana.requests.memory: 2Gi is more than its limit 1Gi",
    ],
    ["resources:\n  node_exporter: {}", "resources.node_exporter: unknown key; did you mean node-exporter?"],
    ["resources:\n  grafana: {}", "resources.grafana: empty; expected for example"],
    ["resources:\n  grafana: {requests: {memory: 512m}}", 'memory: "512m" is only 0.512 bytes'],
  ])("%s", async (yaml, problem) => {
    expect(await mistake(yaml)).toContain(problem);
  });
});

describe("federate", () => {
  const source = (more: string) =>
    `federate:\n  - targets: ["a:9090"]\n    match: ['{job="x"}']\n    ${more}`;

  test("as the guide has it", async () => {
    expect((await configOf(source("interval: 15s"))).federate).toEqual([
      {
        name: "federate",
        targets: ["a:9090"],
        match: ['{job="x"}'],
        interval: "15s",
        scheme: "http",
        path: "/federate",
        login: undefined,
      },
    ]);
  });

  test.each([
    ['federate: [{match: ["up"]}]', "federate[0].targets: missing; expected a list of host:port"],
    ["federate: [{targets: ['a:1']}]", "federate[0].match: missing; expected a list of selectors"],
    ["federate: [{targets: ['http://a:1/x'], match: [up]}]", "is a URL; expected a:1, with scheme"],
    [
      "federate: [{targets: ['a'], match: [up]}]",
      'federate[0].targets[0]: "a" is not a target; expected host:port',
    ],
    [
      "federate:\n  - {targets: ['a:1'], match: [up]}\n  - {targets: ['b:1'], match: [up]}",
      "monstack.yaml:3:5: federate[1].name: another one is named federate; expected a name of its own",
    ],
    [
      source("basic-auth: {username: ann}"),
      "basic-auth.password-env: missing; expected the name of an environment variable",
    ],
    [
      source("bearer-token-env: 'abc def'"),
      "invalid value (not shown): expected the name of an environment variable",
    ],
  ])("%s", async (yaml, problem) => {
    expect(await mistake(yaml)).toContain(problem);
  });
});

describe("remote-write", () => {
  test("with a login from the environment, a tenant and a queue", async () => {
    const yaml = `remote-write:
  - url: http://mimir:9009/api/v1/push
    headers: {X-Scope-OrgID: team-a}
    basic-auth: {username: ann, password-env: STORE_PASSWORD}
    queue: {max-shards: 10, batch-send-deadline: 5s}`;
    expect((await configOf(yaml)).remoteWrite).toEqual([
      {
        name: "store",
        url: "http://mimir:9009/api/v1/push",
        headers: { "X-Scope-OrgID": "team-a" },
        login: { kind: "basic", username: "ann", passwordEnv: "STORE_PASSWORD" },
        queue: { maxShards: 10, capacity: undefined, maxSamplesPerSend: undefined, batchSendDeadline: "5s" },
      },
    ]);
  });

  test.each([
    ["remoteWrite: []", "remoteWrite: unknown key; did you mean remote-write?"],
    ["remote-write: [{name: a}]", "remote-write[0].url: missing; expected the URL"],
    [
      "remote-write: [{url: mimir}]",
      '"mimir" is not a URL; expected the URL where the store takes remote write',
    ],
    ["remote-write: [{url: 'http://ann:pw@mimir'}]", "can't hold a password"],
    ["remote-write: [{url: 'http://m', headers: {Authorization: Bearer x}}]", "this header is a secret"],
    [`remote-write: [{url: 'http://m', headers: {X-A: '$\{TOKEN}'}}]`, "no variable is filled in here"],
    ["remote-write: [{url: 'http://m', queue: {max-shards: 0}}]", "0 is not a whole number from 1"],
    [
      "remote-write: [{url: 'http://m', bearer-token-env: A, basic-auth: {username: a, password-env: B}}]",
      "both basic-auth and bearer-token-env",
    ],
  ])("%s", async (yaml, problem) => {
    const said = await mistake(yaml);
    expect(said).toContain(problem);
    expect(said).not.toContain("pw");
  });
});
