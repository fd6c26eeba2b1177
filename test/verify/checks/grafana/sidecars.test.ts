import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../src/kube/manifest.ts";
import type { Stack } from "../../../../src/stack/stack.ts";
import { dashboardsWhole } from "../../../../src/verify/checks/grafana/dashboards.ts";
import { grafanaDatasource } from "../../../../src/verify/checks/grafana/datasources.ts";
import type { World } from "../../healthy-world.ts";
import { faultOf, verdictIn } from "../../open-stack.ts";
import { app, configMap, labelsOf, upDashboard, workload } from "../../rendered-stack.ts";

type Env = Record<string, string>;

/** Grafana as its chart renders it, with a sidecar that has these variables. */
function grafana(kind: "dashboard" | "datasources", env: Env | undefined): KubeObject {
  const object = structuredClone(workload("Deployment", "grafana", labelsOf("grafana"))) as unknown as {
    spec: { template: { spec: { containers: unknown[] } } };
  };
  const variables = Object.entries(env ?? {}).map(([name, value]) => ({ name, value }));
  if (env) object.spec.template.spec.containers.push({ name: `grafana-sc-${kind}`, env: variables });
  return object as unknown as KubeObject;
}

function boards(labels: Env, namespace = "harbour"): KubeObject {
  const object = configMap(
    "boats",
    { "boats.json": upDashboard.replaceAll("Up", "Boats").replace('"up"', '"boats"') },
    labels,
  );
  return { ...object, metadata: { ...object.metadata, namespace } };
}

const withObjects =
  (...objects: KubeObject[]) =>
  (stack: Stack): Stack => ({ ...stack, rendered: [app("grafana", objects)] });
const usual: Env = { LABEL: "grafana_dashboard", LABEL_VALUE: "1", FOLDER: "/tmp/dashboards" };
const empty = ({ grafana: { dashboards } }: World) => dashboards.splice(0);

describe("a dashboard in a ConfigMap that Grafana's sidecar does not collect", () => {
  it.each([
    [
      "another namespace",
      usual,
      { grafana_dashboard: "1" },
      "Grafana's sidecar looks only in namespace monitoring",
      "sidecar.dashboards.searchNamespace: ALL",
    ],
    [
      "a namespace beside those that are named",
      { ...usual, NAMESPACE: "shop,monitoring" },
      { grafana_dashboard: "1" },
      "Grafana's sidecar looks only in namespace shop, monitoring",
      "name harbour too",
    ],
    [
      "another value",
      { ...usual, NAMESPACE: "ALL" },
      { grafana_dashboard: "true" },
      "Grafana's sidecar collects only what has the label grafana_dashboard=1; this one has grafana_dashboard=true",
      'grafana_dashboard: "1"',
    ],
    [
      "another label",
      { ...usual, LABEL: "board", NAMESPACE: "ALL" },
      { grafana_dashboard: "1" },
      "collects only what has the label board=1; this one has grafana_dashboard=1",
      'board: "1"',
    ],
    [
      "a label with a hyphen",
      { ...usual, LABEL_VALUE: "", NAMESPACE: "ALL" },
      { "grafana-dashboard": "1" },
      "collects only what has the label grafana_dashboard; this one has grafana-dashboard=1",
      "grafana_dashboard",
    ],
    [
      "no sidecar",
      undefined,
      { grafana_dashboard: "1" },
      "Grafana has no sidecar that collects dashboards",
      "sidecar.dashboards.enabled",
    ],
  ])("is reported at once, with the comparison: %s", async (_, env, labels, cause, fix) => {
    const verdict = await verdictIn(
      dashboardsWhole,
      empty,
      withObjects(grafana("dashboard", env as Env), boards(labels as Env)),
    );
    expect(verdict).toMatchObject({
      seen: "Boats is not in Grafana, though ConfigMap harbour/boats, boats.json holds it",
      cause: expect.stringContaining(`ConfigMap harbour/boats: `),
      fix: expect.stringContaining(fix),
    });
    expect(verdict).toMatchObject({ cause: expect.stringContaining(cause) });
    expect(faultOf(verdict)).toEqual({ id: "dashboard-not-collected", graceMs: 0 });
  });

  it("is waited for where the sidecar collects it", async () => {
    const stack = withObjects(
      grafana("dashboard", { ...usual, NAMESPACE: "ALL" }),
      boards({ grafana_dashboard: "1" }),
    );
    expect(faultOf(await verdictIn(dashboardsWhole, empty, stack))).toEqual({
      id: "dashboard-missing",
      graceMs: 12_000,
    });
  });

  it("is no matter where Grafana has it all the same", async () => {
    const stack = withObjects(grafana("dashboard", usual), boards({ grafana_dashboard: "1" }));
    const there = ({ grafana: { dashboards } }: World) => {
      dashboards[0] = { uid: "boats", title: "Boats", model: JSON.parse(upDashboard) };
    };
    expect(await verdictIn(dashboardsWhole, there, stack)).toMatchObject({ status: "pass" });
  });

  it("is not looked for in what only has a similar label", async () => {
    const other = configMap("other", { "x.json": '{"rules": []}' }, { dashboard: "kiosk" });
    const stack = withObjects(grafana("dashboard", usual), other);
    expect(await verdictIn(dashboardsWhole, () => {}, stack)).toMatchObject({ status: "pass" });
  });
});

describe("a data source in a ConfigMap that Grafana's sidecar does not collect", () => {
  const logs = "apiVersion: 1\ndatasources: [{ name: Logs, type: loki, url: http://loki:3100 }]\n";
  const sources = (labels: Env, namespace: string) => {
    const object = configMap("logs", { "logs.yaml": logs }, labels);
    return { ...object, metadata: { ...object.metadata, namespace } };
  };
  const env = { LABEL: "grafana_datasource", LABEL_VALUE: "1" };
  const beside =
    (object: KubeObject) =>
    (stack: Stack): Stack => ({
      ...stack,
      rendered: [...stack.rendered, app("logs", [grafana("datasources", env), object])],
    });

  it("is reported at once, with the comparison", async () => {
    const verdict = await verdictIn(
      grafanaDatasource,
      () => {},
      beside(sources({ grafana_datasource: "1" }, "harbour")),
    );
    expect(verdict).toMatchObject({
      seen: "Logs is not in Grafana",
      cause: "ConfigMap harbour/logs: Grafana's sidecar looks only in namespace monitoring",
    });
    expect(faultOf(verdict)).toEqual({ id: "datasource-not-collected", graceMs: 0 });
  });

  it("is waited for where the sidecar collects it", async () => {
    const verdict = await verdictIn(
      grafanaDatasource,
      () => {},
      beside(sources({ grafana_datasource: "1" }, "monitoring")),
    );
    expect(faultOf(verdict)?.id).toBe("datasource-not-provisioned");
  });
});
