import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type DiagnosticsInput, writeDiagnostics } from "../../src/app/explain.ts";
import type { Evidence } from "../../src/diagnose/evidence.ts";
import { createHost } from "../../src/host/create.ts";
import type { KubeObject } from "../../src/kube/manifest.ts";
import { createRedactor } from "../../src/lib/redact/redactor.ts";
import type { Cause } from "../../src/report/results-schema.ts";
import { emptyCluster, evidence, logOf, pod, prometheusWith } from "../diagnose/rules/evidence.ts";
import { app } from "../verify/rendered-stack.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-diagnostics-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Each file's text by its path. */
async function written(input: Partial<DiagnosticsInput> = {}): Promise<Record<string, string>> {
  const { files } = await createHost();
  const dir = join(folder, "diagnostics");
  const given = { evidence: evidence(), rendered: [], causes: [], redactor: createRedactor() };
  await writeDiagnostics({ host: { files }, dir, ...given, ...input });
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const found: Record<string, string> = {};
  for (const one of names.filter((entry) => entry.isFile())) {
    const path = join(one.parentPath, one.name);
    found[path.slice(dir.length + 1)] = await readFile(path, "utf8");
  }
  return found;
}

const run = "the-runs-own-s3cret";
const planted = [
  run,
  "planted-env",
  "planted-data",
  "planted-smtp",
  "T00/B00/planted",
  "planted-url",
  "planted-token",
];

const secret: KubeObject = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "grafana", namespace: "monitoring" },
  data: { "admin-password": Buffer.from(run).toString("base64"), other: "planted-data" },
  stringData: { more: "planted-data" },
};
const workload: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "grafana", namespace: "monitoring" },
  spec: { template: { spec: { containers: [{ env: [{ name: "DB_PASSWORD", value: "planted-env" }] }] } } },
};
const alertmanagerYml = `global:
  slack_api_url: https://hooks.slack.com/services/T00/B00/planted
  smtp_auth_password: 'planted-smtp'
receivers:
  - name: hook
    webhook_configs: [{url: "http://ann:planted-url@hooks/x"}]
`;
const configMap: KubeObject = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "alertmanager", namespace: "monitoring" },
  data: { "alertmanager.yml": alertmanagerYml },
};

const words = `a line with ${run}, then http://ann:planted-url@host/ and token=planted-token`;

function everywhere(): Evidence {
  const event = { metadata: { name: "e" }, involvedObject: { kind: "Pod", name: "p" }, message: words };
  return evidence({
    failure: { message: words, workloads: [] },
    cluster: {
      ...emptyCluster,
      pods: [pod("monitoring", `pod-${run}`, true)],
      events: [event],
      workloads: [workload],
      claims: [{ metadata: { name: "c", annotations: { x: words } } }],
      logs: [logOf("grafana", words), logOf("grafana", words, { previous: true })],
      access: [{ user: "u", verb: "get", resource: "pods", allowed: false, reason: words }],
    },
    prometheus: prometheusWith({
      config: alertmanagerYml,
      flags: { "web.password": "planted-token", x: words },
    }),
    alertmanager: { version: "1", config: alertmanagerYml },
    grafana: {
      health: undefined,
      loginRefused: false,
      datasources: [
        { name: "p", type: "prometheus", url: "http://a:planted-url@x", uid: "u", isDefault: true },
      ],
      proxy: { status: 500, body: words },
    },
    host: { k3sLog: words, disk: undefined },
    unread: [{ what: "x", why: words }],
  });
}

const cause: Cause = {
  id: "image-not-found",
  what: "grafana's image is not there",
  how: [words],
  fix: "name one that exists",
  sureness: "certain",
  explains: [],
  at: { file: "monstack.yaml", line: 3, column: 5 },
};

describe("the folder diagnostics", () => {
  test("has every part of the evidence, and a table of contents that names them", async () => {
    const files = await written({
      evidence: everywhere(),
      rendered: [app("grafana", [secret])],
      causes: [cause],
    });
    expect(Object.keys(files).sort()).toEqual(
      [
        "alertmanager/config.yml",
        ...["access", "claims", "crds", "endpoint-slices", "namespaces", "nodes", "quotas", "releases"].map(
          inCluster,
        ),
        ...["services", "storage-classes", "workloads"].map(inCluster),
        "events.txt",
        "grafana/datasources.json",
        "grafana/proxy.json",
        "index.md",
        "k3s.log",
        "logs/monitoring_grafana-1_grafana.log",
        "logs/monitoring_grafana-1_grafana.previous.log",
        "manifests/grafana.yaml",
        "pods.txt",
        ...["config.yml", "flags.json", "targets.json"].map((name) => `prometheus/${name}`),
        "unread.txt",
      ].sort(),
    );
    const index = files["index.md"] ?? "";
    for (const path of Object.keys(files).filter((one) => one !== "index.md"))
      expect(index.replaceAll("\\", "")).toContain(`| ${path} |`);
    expect(index.indexOf("grafana's image is not there")).toBeLessThan(
      index.indexOf("What is in which file"),
    );
    expect(index).toContain("where: monstack.yaml:3:5");
  });

  test("holds none of the planted secrets, in no file", async () => {
    const rendered = [app("grafana", [secret, workload, configMap])];
    const files = await written({
      evidence: everywhere(),
      rendered,
      causes: [cause],
      redactor: createRedactor([run]),
    });
    expect(Object.keys(files).length).toBeGreaterThan(20);
    const found = Object.entries(files).flatMap(([path, text]) =>
      [...planted, Buffer.from(run).toString("base64")]
        .filter((one) => text.includes(one) || path.includes(one))
        .map((one) => `${one} in ${path}`),
    );
    expect(found).toEqual([]);
    expect(files["manifests/grafana.yaml"]).toContain("admin-password: <removed>");
    expect(files["manifests/grafana.yaml"]).toContain("name: DB_PASSWORD");
    expect(files["alertmanager/config.yml"]).toContain("- name: hook");
  });

  test("says what could not be read, and that no cause is known", async () => {
    const unread = [{ what: "Prometheus' targets", why: "connect ECONNREFUSED" }];
    const files = await written({ evidence: evidence({ unread }) });
    expect(Object.keys(files).sort()).toEqual(["index.md", "unread.txt"]);
    expect(files["unread.txt"]).toBe("Prometheus' targets: connect ECONNREFUSED\n");
    expect(files["index.md"]).toContain("No cause that monstack knows was found.");
  });

  test("replaces that of an earlier run", async () => {
    await written({ evidence: everywhere() });
    expect(Object.keys(await written())).toEqual(["index.md"]);
  });

  test("is bounded: the end of each log, and no more than 20 MB, with what was left out", async () => {
    const line = `${"x".repeat(99)}\n`;
    const logs = Array.from({ length: 45 }, (_, i) =>
      logOf("grafana", `first\n${line.repeat(6_000)}last`, { pod: `p${i}` }),
    );
    const k3sLog = `first\n${line.repeat(30_000)}last`;
    const files = await written({
      evidence: evidence({ cluster: { ...emptyCluster, logs }, host: { k3sLog, disk: undefined } }),
    });
    const sizes = Object.values(files).map((text) => Buffer.byteLength(text));
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(20_100_000);
    expect(files["logs/monitoring_p0_grafana.log"]).toMatch(/^x[x\n]*last$/);
    expect(files["logs/monitoring_p44_grafana.log"]).toBe(undefined);
    expect(files["index.md"]).toMatch(/logs\/monitoring\\_p44\\_grafana.log: left out/);
  });

  test("a name in the evidence never becomes a path out of it", async () => {
    const logs = [logOf("x", "text", { namespace: "../..", pod: "/etc", container: "../passwd" })];
    const files = await written({ evidence: evidence({ cluster: { ...emptyCluster, logs } }) });
    expect(Object.keys(files).filter((path) => path.startsWith("logs/"))).toEqual([
      "logs/--.._-etc_--passwd.log",
    ]);
  });
});

function inCluster(name: string): string {
  return `cluster/${name}.json`;
}
