import { expect, test } from "vitest";
import { stringify } from "yaml";
import { getValueAt } from "../../../src/lib/object.ts";
import { formatPlan } from "../../../src/plan/format.ts";
import { planOf, valuesOf } from "../configs.ts";

const inMemory = ["persistence", "inMemory", "enabled"];

async function readGrafana(values = {}, app = {}, more = {}): Promise<unknown> {
  const plan = await planOf(stringify({ apps: { grafana: { values, ...app } }, ...more }));
  return getValueAt(valuesOf(plan, "grafana"), inMemory);
}

async function readStack(grafana = {}): Promise<unknown> {
  const apps = { "kube-prometheus-stack": { values: { grafana } } };
  const plan = await planOf(stringify({ stack: "operator", apps }));
  return getValueAt(valuesOf(plan, "kube-prometheus-stack"), ["grafana", ...inMemory]);
}

test.each([
  ["nothing", {}],
  ["another section of grafana.ini", { "grafana.ini": { users: { default_theme: "light" } } }],
  ["another path", { "grafana.ini": { paths: { logs: "/var/log/grafana" } } }],
  ["another variable", { env: { GF_LOG_LEVEL: "debug" } }],
  ["a StatefulSet without a volume", { useStatefulSet: true }],
  ["requests", { resources: { requests: { memory: "128Mi" } } }],
])("Grafana's database is in memory with %s of the user's", async (_, values) => {
  expect(await readGrafana(values)).toBe(true);
  expect(await readStack(values)).toBe(true);
});

test.each([
  ["a volume", { persistence: { enabled: true } }],
  ["a claim of their own", { persistence: { existingClaim: "grafana" } }],
  ["memory switched off", { persistence: { inMemory: { sizeLimit: "1Gi" } } }],
  ["a database server", { "grafana.ini": { database: { type: "postgres", host: "db:5432" } } }],
  ["another data folder", { "grafana.ini": { paths: { data: "/data" } } }],
  ["a database server in the environment", { env: { GF_DATABASE_TYPE: "mysql" } }],
  ["another data folder in the environment", { env: { GF_PATHS_DATA: "/data" } }],
  ["a database's password from a Secret", { envValueFrom: { GF_DATABASE_PASSWORD: { secretKeyRef: {} } } }],
  ["a Secret that nobody has read", { envFromSecret: "grafana-environment" }],
  ["a plugin, which would be in memory too", { plugins: ["grafana-clock-panel"] }],
  ["a limit, which counts the memory", { resources: { limits: { memory: "256Mi" } } }],
])("but with %s it is where the chart puts it", async (_, values) => {
  expect(await readGrafana(values)).toBeUndefined();
  expect(await readStack(values)).toBeUndefined();
});

test.each([
  ["7.0.6", true],
  ["6.4.0", true],
  ["6.3.0", undefined],
  ["12.11.1", true],
])("version %s of the chart", async (version, expected) => {
  expect(await readGrafana({}, { version })).toBe(expected);
});

test("only in profile ci, and not for volumes that are kept", async () => {
  expect(await readGrafana({}, {}, { profile: "as-is" })).toBeUndefined();
  expect(await readGrafana({}, {}, { keep: { data: true } })).toBeUndefined();
});

test("the plan shows it with its reason", async () => {
  const text = formatPlan(await planOf(""));
  expect(text).toContain("persistence.inMemory.enabled: true");
  expect(text).toContain("memory is faster");
});
