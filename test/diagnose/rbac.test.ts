import { describe, expect, it } from "vitest";
import type { AccessReview, Evidence } from "../../src/diagnose/evidence.ts";
import { findCauses } from "../../src/diagnose/rule.ts";
import { rbacDenied } from "../../src/diagnose/rules/rbac.ts";
import { failing, inCluster, logOf, one, prometheusWith } from "./rules/evidence.ts";

const user = "system:serviceaccount:monitoring:prometheus-server";
const checks = [failing("targets-up"), failing("prometheus-ready")];

function answers(denied: readonly string[]): AccessReview[] {
  const resources = ["nodes", "services", "endpoints", "endpointslices.discovery.k8s.io", "pods"];
  return [
    ...resources.flatMap((one) => [`list ${one}`, `watch ${one}`]),
    "get nodes/metrics",
    "get /metrics",
  ].map((question) => {
    const [verb = "", resource = ""] = question.split(" ");
    return { user, verb, resource, allowed: !denied.includes(question), reason: "" };
  });
}

function jobs(...discoveries: string[]): string {
  return `scrape_configs:\n${discoveries.map((sd, index) => `  - job_name: j${index}\n    kubernetes_sd_configs:\n      - ${sd}\n`).join("")}`;
}

function denying(denied: readonly string[], more: Partial<Evidence> = {}): Evidence {
  return inCluster({ access: answers(denied) }, { checks, ...more });
}

const withConfig = (config: string) => ({ prometheus: prometheusWith({ config }) });
/** In the words of Prometheus 3.5 and client-go 0.33. */
const forbidden = (who: string, resource: string) =>
  `time=2026-11-23T20:00:05.123Z level=ERROR source=reflector.go:166 msg="Failed to watch" component=k8s_client_runtime logger=UnhandledError reflector=pkg/mod/k8s.io/client-go@v0.33.1/tools/cache/reflector.go:285 type=*v1.Node err="failed to list *v1.Node: ${resource} is forbidden: User \\"${who}\\" cannot list resource \\"${resource}\\" in API group \\"\\" at the cluster scope"`;

describe("Prometheus' rights", () => {
  it("are missing: who may not do what, and who says so", () => {
    const log = [logOf("prometheus", forbidden(user, "nodes"))];
    const found = one(
      rbacDenied,
      inCluster(
        { access: answers(["list nodes", "watch nodes"]), logs: log },
        { checks, ...withConfig(jobs("role: node")) },
      ),
    );
    expect(found.what).toBe(`RBAC: ${user} may not list nodes, watch nodes`);
    expect(found.how).toEqual([
      expect.stringMatching(/^the API server \(SubjectAccessReview\): /),
      expect.stringMatching(/^the log of container prometheus-server .*nodes is forbidden/),
    ]);
    expect(found).toMatchObject({ sureness: "certain", explains: ["targets-up"] });
    expect(found.blame?.keys).toContain("rbac.create");
  });

  it("are likely what is missing when its configuration can't be read", () => {
    expect(one(rbacDenied, denying(["list pods"]))).toMatchObject({ sureness: "likely" });
  });

  it.each([
    [
      "endpoint slices, and a chart that discovers by endpoints",
      ["list endpointslices.discovery.k8s.io"],
      "role: endpoints",
    ],
    [
      "nodes of a Prometheus that is kept to its namespaces",
      ["list pods"],
      "{role: pod, namespaces: {names: [monitoring]}}",
    ],
    ["metrics of nodes that are scraped through the API server", ["get nodes/metrics"], "role: node"],
  ])("near miss: %s", (_, denied, discovery) => {
    expect(findCauses(rbacDenied, denying(denied, withConfig(jobs(discovery))))).toEqual([]);
  });

  it("near miss: endpoints or endpoint slices, where it is not known which of them are requested for", () => {
    expect(findCauses(rbacDenied, denying(["list endpointslices.discovery.k8s.io"]))).toEqual([]);
  });

  it("to read a node's metrics are missing when a target says so", () => {
    const targets = [
      {
        job: "kubernetes-nodes",
        url: "https://198.51.100.10:10250/metrics",
        health: "down",
        lastError: "server returned HTTP status 403 Forbidden",
        labels: {},
        discovered: {},
      },
    ];
    const config = jobs("role: node");
    expect(
      one(rbacDenied, denying(["get nodes/metrics"], { prometheus: prometheusWith({ config, targets }) }))
        .what,
    ).toMatch(/may not get nodes\/metrics$/);
  });

  it("near miss: it was faster than its rights when it started", () => {
    const logs = [logOf("prometheus", forbidden(user, "nodes"))];
    expect(findCauses(rbacDenied, inCluster({ access: answers([]), logs }))).toEqual([]);
  });
});

describe("the rights of another part of the stack", () => {
  const other = "system:serviceaccount:monitoring:prometheus-kube-state-metrics";

  it("are told by its log", () => {
    const text = `E1123 20:00:05.123456       1 reflector.go:200] "Failed to watch" err="failed to list *v1.Secret: secrets is forbidden: User \\"${other}\\" cannot list resource \\"secrets\\" in API group \\"\\" at the cluster scope"`;
    const found = one(
      rbacDenied,
      inCluster({ access: answers([]), logs: [logOf("kube-state-metrics", text)] }),
    );
    expect(found).toMatchObject({ what: `RBAC: ${other} may not list secrets`, sureness: "likely" });
  });
});
