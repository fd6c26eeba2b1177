import { describe, expect, it } from "vitest";
import { findEndpoints } from "../../src/stack/discover.ts";
import { app, labelsOf, renderedStack, service, workload } from "./rendered-stack.ts";

const namespace = "monitoring";

describe("findEndpoints", () => {
  it("finds the services of the charts, and not the headless one that comes first", () => {
    expect(findEndpoints(renderedStack())).toEqual({
      prometheus: { namespace, name: "prometheus-server", port: 80 },
      alertmanager: { namespace, name: "prometheus-alertmanager", port: 9093 },
      grafana: { namespace, name: "grafana", port: 80 },
    });
  });

  it("leaves out what isn't deployed", () => {
    expect(findEndpoints([])).toEqual({});
  });

  it("takes a headless service when there is no other", () => {
    const labels = labelsOf("alertmanager");
    const headless = service("am", labels, 9093, { clusterIP: "None" });
    const rendered = [app("am", [workload("StatefulSet", "am", labels), headless])];
    expect(findEndpoints(rendered).alertmanager?.name).toBe("am");
  });

  it("takes the web port of several", () => {
    const labels = labelsOf("grafana");
    const ports = [
      { name: "gossip", port: 9094 },
      { name: "service", port: 80 },
    ];
    const rendered = [app("g", [workload("Deployment", "g", labels), service("g", labels, 1, { ports })])];
    expect(findEndpoints(rendered).grafana?.port).toBe(80);
  });

  it("ignores a service that selects other pods", () => {
    const others = { ...labelsOf("prometheus", "server"), "app.kubernetes.io/instance": "other" };
    const own = workload("Deployment", "prometheus-server", labelsOf("prometheus", "server"));
    expect(findEndpoints([app("p", [own, service("other", others, 80)])])).toEqual({});
  });

  it("knows an operator's Prometheus by its service, since the workload comes later", () => {
    const selector = { "app.kubernetes.io/name": "prometheus", "operator.prometheus.io/name": "stack" };
    expect(findEndpoints([app("kps", [service("stack-prometheus", selector, 9090)])]).prometheus).toEqual({
      namespace,
      name: "stack-prometheus",
      port: 9090,
    });
  });

  it("takes the operator's Prometheus for the stack's, though an app brings another one with its workload", () => {
    const selector = { "app.kubernetes.io/name": "prometheus", "operator.prometheus.io/name": "stack" };
    const own = app("kube-prometheus-stack", [service("stack-prometheus", selector, 9090)]);
    const labels = labelsOf("prometheus", "server");
    const other = app("source", [workload("Deployment", "source", labels), service("source", labels, 80)]);
    expect(findEndpoints([other, own]).prometheus?.name).toBe("stack-prometheus");
    expect(findEndpoints([own, other]).prometheus?.name).toBe("stack-prometheus");
  });

  it("takes what is switched on for the stack's, not what its operator's stack leaves out", () => {
    const kps = app("kube-prometheus-stack", []);
    const off = { ...kps, app: { ...kps.app, values: { alertmanager: { enabled: false } } } };
    const labels = labelsOf("alertmanager");
    const own = app("prometheus", [workload("StatefulSet", "am", labels), service("am", labels, 9093)]);
    expect(findEndpoints([off, own]).alertmanager?.name).toBe("am");
    expect(findEndpoints([kps, own]).alertmanager).toBeUndefined();
  });

  it("finds a service that another app brings than the workload", () => {
    const labels = labelsOf("grafana");
    const apart = [app("g", [workload("Deployment", "g", labels)]), app("s", [service("g", labels, 80)])];
    expect(findEndpoints(apart).grafana?.name).toBe("g");
  });
});
