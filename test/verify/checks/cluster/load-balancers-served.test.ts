import { describe, expect, it } from "vitest";
import type { Stack } from "../../../../src/stack/stack.ts";
import { loadBalancersServed } from "../../../../src/verify/checks/cluster/load-balancers.ts";
import { pod, serviceObject, type World } from "../../healthy-world.ts";
import { checkIn, faultOf, verdictIn } from "../../open-stack.ts";
import { app, service } from "../../rendered-stack.ts";

const id = "load-balancers-served";
const asked = (stack: Stack): Stack => ({
  ...stack,
  rendered: [...stack.rendered, app("shop", [service("shop", {}, 80, { type: "LoadBalancer" })])],
});
const onK3s = (args: string[]) => (stack: Stack) => {
  const one = asked(stack);
  const config = { ...one.plan.config, cluster: { kind: "k3s" }, k3s: { args } };
  return { ...one, plan: { ...one.plan, config } } as unknown as Stack;
};
const live = (more: Record<string, unknown>) => (world: World) => {
  world.kube.services.push({ ...serviceObject("monitoring", "shop", "http", {}), ...more });
};
const pending = live({ status: { loadBalancer: {} } });

describe("a Service of type LoadBalancer that nobody serves", () => {
  it("is a warning that names k3s' own load balancer where it is off", async () => {
    const verdict = await verdictIn(loadBalancersServed, pending, onK3s([]));
    expect(verdict).toMatchObject({
      seen: "none for monitoring/shop",
      cause: expect.stringContaining("--disable=servicelb"),
      fix: expect.stringContaining('k3s.args: ["--disable=traefik,metrics-server"]'),
    });
    expect(faultOf(verdict)).toEqual({ id: "load-balancer-unserved", graceMs: 5_000 });
    expect(await checkIn(id, pending, onK3s(["--disable=traefik,servicelb"]))).toMatchObject({
      status: "warn",
    });
  });

  it("has the reason that a controller gives", async () => {
    const verdict = await verdictIn(
      loadBalancersServed,
      (world) => {
        pending(world);
        world.kube.events.push({
          metadata: { name: "e", namespace: "monitoring" },
          involvedObject: { kind: "Service", name: "shop", namespace: "monitoring" },
          type: "Warning",
          reason: "AllocationFailed",
          message: "no available IPs",
        });
      },
      onK3s([]),
    );
    expect(verdict).toMatchObject({ cause: "Service monitoring/shop: AllocationFailed: no available IPs" });
  });

  it("has the reason why k3s' own has no pod", async () => {
    const labels = {
      "svccontroller.k3s.cattle.io/svcname": "shop",
      "svccontroller.k3s.cattle.io/svcnamespace": "monitoring",
    };
    const verdict = await verdictIn(
      loadBalancersServed,
      (world) => {
        pending(world);
        const message =
          "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";
        const conditions = [{ type: "PodScheduled", status: "False", message }];
        world.kube.pods.push({ ...pod("svclb-shop", labels), status: { phase: "Pending", conditions } });
      },
      onK3s(["--disable=traefik"]),
    );
    expect(verdict).toMatchObject({ cause: expect.stringContaining("didn't have free ports") });
  });
});

describe("no warning", () => {
  it("without such a Service", async () => {
    expect(await checkIn(id)).toMatchObject({ status: "skipped" });
  });

  it.each([
    ["an address", { status: { loadBalancer: { ingress: [{ ip: "198.51.100.10" }] } } }],
    ["a host name", { status: { loadBalancer: { ingress: [{ hostname: "lb.example.com" }] } } }],
    ["addresses of the user's", { spec: { ports: [], externalIPs: ["198.51.100.10"] } }],
  ])("with %s", async (_, more) => {
    expect(await checkIn(id, live(more), onK3s([]))).toMatchObject({ status: "pass" });
  });
});
