import { describe, expect, test } from "vitest";
import { kubeConfigFor } from "../../support/fake-kube-api.ts";
import { closedUrl, serve } from "../../support/local-server.ts";
import { serviceObject, slice } from "../../verify/healthy-world.ts";
import { evidenceIn, object } from "./world.ts";

describe("the cluster", () => {
  test("of a healthy one everything is read", async () => {
    const { evidence } = await evidenceIn();
    expect(evidence.unread).toEqual([]);
    expect(evidence.cluster?.namespaces).toEqual(["monitoring"]);
    expect(evidence.cluster?.pods).toHaveLength(5);
    expect(evidence.cluster?.nodes).toHaveLength(1);
    expect(evidence.cluster?.claims).toHaveLength(1);
  });

  test("objects come as they are sent, of the stack's namespaces", async () => {
    const status = { replicas: 1, conditions: [{ type: "Progressing", status: "False", reason: "Why" }] };
    const terminating = {
      ...object("monitoring", {
        spec: { finalizers: ["kubernetes"] },
        status: { phase: "Terminating", conditions: [{ type: "NamespaceContentRemaining", status: "True" }] },
      }),
    };
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.more = {
        namespaces: [terminating],
        deployments: [object("grafana", { status }), object("other", {}, { namespace: "elsewhere" })],
        resourcequotas: [object("compute", { status: { hard: { pods: "3" } } })],
        storageclasses: [object("local-path", { provisioner: "rancher.io/local-path" })],
      };
      kube.events = [
        object("one", { involvedObject: { kind: "Pod", name: "x" }, reason: "Failed" }),
        object("two", { involvedObject: { kind: "Pod", name: "y" } }, { namespace: "kube-system" }),
        object("three", { involvedObject: { kind: "Pod", name: "z" } }, { namespace: "elsewhere" }),
      ];
    });
    const { cluster } = evidence;
    expect(cluster?.namespaceObjects).toEqual([terminating]);
    expect(cluster?.workloads).toEqual([
      { apiVersion: "v1", kind: "Deployment", ...object("grafana", { status }) },
    ]);
    expect(cluster?.quotas[0]?.status?.hard).toEqual({ pods: "3" });
    expect(cluster?.storageClasses[0]?.provisioner).toBe("rancher.io/local-path");
    expect(cluster?.events.map(({ metadata }) => metadata.name)).toEqual(["one", "two"]);
  });

  test("a release stands as its newest revision, and no Secret's content is requested for", async () => {
    const secret = (version: string, status: string, owner = "helm") =>
      object(
        `sh.helm.release.v1.grafana.v${version}`,
        { data: { release: "c2VjcmV0" } },
        { labels: { owner, name: "grafana", version, status } },
      );
    const { evidence, servers } = await evidenceIn(({ kube }) => {
      kube.more = {
        secrets: [secret("10", "pending-upgrade"), secret("9", "deployed"), secret("11", "x", "somebody")],
        customresourcedefinitions: [
          object("servicemonitors.monitoring.coreos.com", { spec: { long: true } }),
        ],
      };
    });
    expect(evidence.cluster?.releases).toEqual([
      { name: "grafana", namespace: "monitoring", revision: 10, status: "pending-upgrade" },
    ]);
    expect(evidence.cluster?.crds).toEqual(["servicemonitors.monitoring.coreos.com"]);
    const requested = servers.kube.received.filter(({ path }) => path.includes("/secrets"));
    expect(requested).toHaveLength(1);
    expect(requested[0]?.accept).toContain("as=PartialObjectMetadataList");
  });

  test("services: those of the stack and those that want to be scraped, with their slices", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.services.push(
        serviceObject("kube-system", "kube-dns", "dns", { "prometheus.io/scrape": "true" }),
        serviceObject("elsewhere", "quiet", "http", {}),
      );
      kube.endpointSlices.push(
        slice("kube-system", "kube-dns", "10.42.0.2"),
        slice("elsewhere", "quiet", "10.1.1.1"),
      );
    });
    const names = (items: readonly { metadata: { name: string } }[] = []) =>
      items.map(({ metadata }) => metadata.name);
    expect(names(evidence.cluster?.services)).toContain("prometheus-server");
    expect(names(evidence.cluster?.services)).toContain("kube-dns");
    expect(names(evidence.cluster?.services)).not.toContain("quiet");
    expect(names(evidence.cluster?.endpointSlices)).toContain("kube-dns-abc");
    expect(names(evidence.cluster?.endpointSlices)).not.toContain("quiet-abc");
  });

  test("pods behind a service of somebody else's that wants to be scraped", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.services.push(serviceObject("my-app", "web", "http", { "prometheus.io/scrape": "true" }));
      kube.pods.push(
        object("web-1", { status: {} }, { namespace: "my-app" }),
        object("x-1", { status: {} }, { namespace: "elsewhere" }),
      );
    });
    const names = evidence.cluster?.pods.map(({ metadata }) => metadata.name);
    expect(names).toContain("web-1");
    expect(names).not.toContain("x-1");
    expect(evidence.cluster?.namespaces).toEqual(["monitoring"]);
  });

  test("who may see only the stack's namespaces sees those, and what is missing is named", async () => {
    const { evidence } = await evidenceIn(({ kube }) => {
      kube.forbidden = ["services", "endpointslices", "nodes", "kube-system/pods"];
    });
    expect(evidence.cluster?.services.map(({ metadata }) => metadata.namespace)).toEqual(
      Array(3).fill("monitoring"),
    );
    expect(evidence.cluster?.endpointSlices).toHaveLength(2);
    expect(evidence.cluster?.pods).toHaveLength(5);
    const unread = Object.fromEntries(evidence.unread.map(({ what, why }) => [what, why]));
    expect(Object.keys(unread).sort()).toEqual([
      "endpointslices of all namespaces",
      "nodes",
      "pods of kube-system",
      "services of all namespaces",
    ]);
    expect(unread["nodes"]).toBe("/api/v1/nodes: HTTP 403: nodes is forbidden");
  });

  test("a proxy's page is no list", async () => {
    await using page = await serve(() => ({ contentType: "text/html", body: "<html>please log in</html>" }));
    const { evidence } = await evidenceIn(undefined, (input) => ({
      ...input,
      kube: kubeConfigFor(page.url),
    }));
    expect(evidence.cluster).toBeUndefined();
    expect(evidence.unread).toEqual([{ what: "the API server", why: expect.stringContaining("JSON") }]);
  });

  test("one that is gone is told once, and the others are read", async () => {
    const url = await closedUrl();
    const { evidence } = await evidenceIn(undefined, (input) => ({ ...input, kube: kubeConfigFor(url) }));
    expect(evidence.cluster).toBeUndefined();
    expect(evidence.unread).toEqual([
      { what: "the API server", why: expect.stringContaining("ECONNREFUSED") },
    ]);
    expect(evidence.prometheus?.targets).toHaveLength(6);
  });
});
