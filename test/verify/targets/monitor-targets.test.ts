import type { V1EndpointSlice, V1Pod, V1Service } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { parseMonitors } from "../../../src/monitors/monitors.ts";
import { type DiscoverableObjects, explainNoTarget } from "../../../src/verify/targets/monitor-targets.ts";

type Labels = Record<string, string>;

function monitor(kind = "ServiceMonitor", spec: Record<string, unknown> = {}) {
  const endpoints = kind === "ServiceMonitor" ? "endpoints" : "podMetricsEndpoints";
  const [one] = parseMonitors([
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind,
      metadata: { name: "m", namespace: "monitoring" },
      spec: { selector: { matchLabels: { app: "my-app" } }, [endpoints]: [{ port: "metrics" }], ...spec },
    },
  ]);
  if (one === undefined) throw new Error("no monitor");
  return one;
}

function service(
  name: string,
  labels: Labels,
  port: string | undefined = "metrics",
  namespace = "monitoring",
): V1Service {
  const spec = { selector: { app: name }, ports: [{ ...(port ? { name: port } : {}), port: 9091 }] };
  return { metadata: { name, namespace, labels }, spec };
}

function pod(name: string, labels: Labels, ports: { name: string; containerPort: number }[] = []): V1Pod {
  return {
    metadata: { name, namespace: "monitoring", labels },
    spec: { containers: [{ name: "c", ports }] },
  };
}

function slice(name: string, ready: boolean): V1EndpointSlice {
  return {
    addressType: "IPv4",
    metadata: { name: `${name}-x`, namespace: "monitoring", labels: { "kubernetes.io/service-name": name } },
    endpoints: [{ addresses: ["10.42.0.9"], conditions: { ready } }],
  };
}

function why(around: Partial<DiscoverableObjects>, one = monitor()) {
  const all = { services: [], endpointSlices: [], pods: [], ...around };
  return explainNoTarget(one, one.endpoints[0] ?? {}, all);
}

describe("a ServiceMonitor without a target", () => {
  test("nothing has its labels: the nearest are named", () => {
    const services = [service("shop", { app: "shop" }), service("other", { tier: "x" })];
    expect(why({ services })).toEqual({
      id: "monitor-selects-nothing",
      cause:
        "no service in namespace monitoring has the labels app=my-app; service monitoring/shop has app=shop",
      fix: "correct its selector, or the labels of the service",
    });
    expect(why({}).cause).toBe("no service in namespace monitoring has the labels app=my-app");
  });

  test("the service is in another namespace", () => {
    const { id, cause, fix } = why({
      services: [service("my-app", { app: "my-app" }, "metrics", "default")],
    });
    expect(id).toBe("monitor-selects-nothing");
    expect(cause).toContain(
      "but service default/my-app has: a monitor without a namespaceSelector looks only in",
    );
    expect(fix).toBe("add namespaceSelector: {matchNames: [default]} to its spec");
  });

  test("only the service's pods have the labels", () => {
    const { cause, fix } = why({ services: [service("my-app", {})] });
    expect(cause).toContain("service monitoring/my-app selects pods with them");
    expect(fix).toBe("put app=my-app among the Service's own metadata.labels");
  });

  test.each([
    ["http", "service monitoring/my-app has the ports http (9091), none of them called metrics"],
    [undefined, "service monitoring/my-app has the ports 9091 without a name, none of them called metrics"],
  ])("its port is called %s", (port, cause) => {
    const found = service("my-app", { app: "my-app" }, port);
    if (port === undefined) delete found.spec?.ports?.[0]?.name;
    expect(why({ services: [found] })).toMatchObject({ id: "monitor-port-unknown", cause });
  });

  test("no pod is behind the service, or none that is ready", () => {
    const services = [service("my-app", { app: "my-app" })];
    expect(why({ services })).toMatchObject({
      id: "monitor-no-endpoints",
      cause:
        "service monitoring/my-app has no endpoint that is ready: its selector app=my-app matches no pod",
    });
    const pods = [pod("my-app-1", { app: "my-app" })];
    expect(why({ services, pods, endpointSlices: [slice("my-app", false)] }).cause).toContain(
      "its pods monitoring/my-app-1 are not ready",
    );
  });

  test("all is there: it may still come", () => {
    const services = [service("my-app", { app: "my-app" })];
    expect(why({ services, endpointSlices: [slice("my-app", true)] }).id).toBe("monitor-targets-missing");
  });
});

describe("a PodMonitor without a target", () => {
  test("nothing has its labels, or the port is called otherwise", () => {
    const one = monitor("PodMonitor");
    expect(why({ pods: [pod("p", { app: "shop" })] }, one).cause).toBe(
      "no pod in namespace monitoring has the labels app=my-app; pod monitoring/p has app=shop",
    );
    const ports = [{ name: "http", containerPort: 80 }];
    expect(why({ pods: [pod("p", { app: "my-app" }, ports)] }, one)).toMatchObject({
      id: "monitor-port-unknown",
      cause: "pod monitoring/p has the ports http (80), none of them called metrics",
    });
    expect(why({ pods: [pod("p", { app: "my-app" })] }, one).cause).toContain(
      "pod monitoring/p has no ports",
    );
  });

  test("a number that no pod declares may be listened on all the same", () => {
    const one = monitor("PodMonitor", { podMetricsEndpoints: [{ portNumber: 9000 }] });
    expect(why({ pods: [pod("p", { app: "my-app" })] }, one).id).toBe("monitor-targets-missing");
  });
});
