import { describe, expect, it } from "vitest";
import { type Received, type Reply, serve } from "../../support/local-server.ts";
import { type Asking, resultOf } from "./asked.ts";

type Item = { metadata: Record<string, unknown> } & Record<string, unknown>;

const core = [
  { name: "pods/log", kind: "Pod", namespaced: true },
  { name: "pods", kind: "Pod", namespaced: true },
  { name: "nodes", kind: "Node", namespaced: false },
  { name: "secrets", kind: "Secret", namespaced: true },
];
const groups: Record<string, { name: string; kind: string; namespaced: boolean }[]> = {
  "apps/v1": [{ name: "deployments", kind: "Deployment", namespaced: true }],
  "shop.example/v1beta1": [{ name: "orders", kind: "Order", namespaced: true }],
};

function deployment(name: string, changes: { status?: object; metadata?: object } = {}): Item {
  return {
    metadata: { name, namespace: "monitoring", generation: 2, labels: { app: name }, ...changes.metadata },
    status: {
      observedGeneration: 2,
      readyReplicas: 2,
      conditions: [{ type: "Available", status: "True" }],
      ...changes.status,
    },
  };
}

/** An API server with discovery as servers since 1.27 have it, or without. */
function answerAs(objects: Record<string, readonly Item[]>, isOld = false) {
  return ({ path }: Received): Reply => {
    const { pathname } = new URL(path, "http://kube");
    const status = (code: number, message: string) => ({
      status: code,
      body: { kind: "Status", apiVersion: "v1", code, message },
    });
    if (pathname === "/api/v1") return { body: { kind: "APIResourceList", resources: core } };
    if (pathname === "/apis") return { body: isOld ? groupList : aggregated };
    if (pathname === "/apis/metrics.k8s.io/v1") return { status: 503, body: "service unavailable" };
    const group = groups[pathname.replace("/apis/", "")];
    if (group) return { body: { kind: "APIResourceList", resources: group } };
    const match = /^\/(?:api|apis\/[^/]+)\/v[^/]+(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?$/.exec(
      pathname,
    );
    const [, namespace, plural = "", name] = match ?? [];
    const all = objects[plural];
    if (all === undefined) return status(404, "the server could not find the requested resource");
    const inside = all.filter(
      ({ metadata }) => namespace === undefined || metadata["namespace"] === namespace,
    );
    if (name === undefined) return { body: { kind: "List", items: inside } };
    const one = inside.find(({ metadata }) => metadata["name"] === name);
    return one ? { body: one } : status(404, `${plural} "${name}" not found`);
  };
}

const groupList = {
  kind: "APIGroupList",
  groups: ["metrics.k8s.io/v1", ...Object.keys(groups)].map((groupVersion) => ({
    name: groupVersion.split("/")[0],
    preferredVersion: { groupVersion },
  })),
};
const aggregated = {
  kind: "APIGroupDiscoveryList",
  items: Object.entries(groups).map(([groupVersion, resources]) => ({
    metadata: { name: groupVersion.split("/")[0] },
    versions: [
      {
        version: groupVersion.split("/")[1],
        resources: resources.map(({ name, kind }) => ({
          resource: name,
          responseKind: { kind },
          scope: "Namespaced",
        })),
      },
    ],
  })),
};

async function ask(
  resource: Record<string, unknown>,
  objects: Record<string, readonly Item[]>,
  asking?: Asking & { isOld?: boolean },
) {
  await using kube = await serve(answerAs(objects, asking?.isOld));
  const result = await resultOf({ resource }, { kube: kube.url }, asking);
  return { result, paths: kube.received.map(({ path }) => path) };
}

const named = {
  kind: "Deployment",
  name: "app",
  condition: "Available",
  field: { "status.readyReplicas": ">= 2" },
};

describe("a resource with a name", () => {
  it.each([false, true])(
    "passes when it stands as it should (server without discovery at once: %s)",
    async (isOld) => {
      const { result, paths } = await ask(named, { deployments: [deployment("app")] }, { isOld });
      expect(result).toMatchObject({
        status: "pass",
        seen: "Deployment monitoring/app, Available, status.readyReplicas >= 2",
      });
      expect(paths.at(-1)).toBe("/apis/apps/v1/namespaces/monitoring/deployments/app");
    },
  );

  it.each<[string, Item[], string]>([
    ["it isn't there", [], "no Deployment app"],
    [
      "it is in another namespace",
      [deployment("app", { metadata: { namespace: "other" } })],
      "no Deployment app",
    ],
    [
      "it is going",
      [deployment("app", { metadata: { deletionTimestamp: "2026-11-23T14:00:00Z" } })],
      "no Deployment app, and monitoring/app being deleted",
    ],
    [
      "the condition isn't met",
      [
        deployment("app", {
          status: {
            conditions: [
              { type: "Available", status: "False", reason: "MinimumReplicasUnavailable", message: "no" },
            ],
          },
        }),
      ],
      "monitoring/app: Available is False (MinimumReplicasUnavailable: no)",
    ],
    [
      "it has other conditions",
      [deployment("app", { status: { conditions: [{ type: "Progressing", status: "True" }] } })],
      "monitoring/app: no condition Available among Progressing",
    ],
    [
      "it has none",
      [deployment("app", { status: { conditions: undefined } })],
      "monitoring/app: no condition Available",
    ],
    [
      "the condition is of an older version of it",
      [deployment("app", { status: { observedGeneration: 1 } })],
      "monitoring/app: Available is of generation 1, and the object is at 2",
    ],
    [
      "a field is another",
      [deployment("app", { status: { readyReplicas: 1 } })],
      "monitoring/app: status.readyReplicas is 1",
    ],
    [
      "a field isn't there",
      [deployment("app", { status: { readyReplicas: undefined } })],
      "monitoring/app: nothing at status.readyReplicas",
    ],
  ])("fails when %s", async (_, deployments, seen) => {
    const { result } = await ask(named, { deployments });
    expect(result).toMatchObject({
      status: "fail",
      expected: "Deployment app in monitoring with Available True, status.readyReplicas >= 2",
      seen,
    });
  });

  it("is itself, and not a part of it", async () => {
    const pod = { metadata: { name: "p", namespace: "monitoring" } };
    const { paths } = await ask({ kind: "Pod", name: "p" }, { pods: [pod] });
    expect(paths.at(-1)).toBe("/api/v1/namespaces/monitoring/pods/p");
  });

  it("is looked for where it is said to be, in no namespace when its kind has none", async () => {
    const node = {
      metadata: { name: "n", labels: {} },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    };
    const { result, paths } = await ask({ kind: "node", name: "n", condition: "Ready" }, { nodes: [node] });
    expect(result).toMatchObject({ status: "pass", seen: "Node n, Ready" });
    expect(paths.at(-1)).toBe("/api/v1/nodes/n");
    const order = { metadata: { name: "o", namespace: "shop" }, spec: { paid: true } };
    const custom = {
      kind: "Order",
      apiVersion: "shop.example/v1beta1",
      name: "o",
      namespace: "shop",
      field: { "$.spec.paid": true },
    };
    const asked = await ask(custom, { orders: [order] });
    expect(asked.result.status).toBe("pass");
    expect(asked.paths).toEqual([
      "/apis/shop.example/v1beta1",
      "/apis/shop.example/v1beta1/namespaces/shop/orders/o",
    ]);
  });

  it("may have to be gone", async () => {
    const gone = { kind: "Deployment", name: "app", exists: false };
    expect((await ask(gone, { deployments: [] })).result).toMatchObject({
      status: "pass",
      seen: "no Deployment app",
    });
    const going = deployment("app", { metadata: { deletionTimestamp: "x" } });
    for (const one of [deployment("app"), going])
      expect((await ask(gone, { deployments: [one] })).result).toMatchObject({
        status: "fail",
        seen: "there is monitoring/app",
      });
  });

  it("of a Secret is never shown", async () => {
    const secret = { metadata: { name: "s", namespace: "monitoring" }, data: { key: "aHVzaA==" } };
    const { result } = await ask(
      { kind: "Secret", name: "s", field: { "data.key": "~ x.*" } },
      { secrets: [secret] },
    );
    expect(result).toMatchObject({ status: "fail", seen: "monitoring/s: data.key is another (not shown)" });
  });
});

describe("resources by their labels", () => {
  const both = [deployment("a"), deployment("b")];
  const all = { kind: "Deployment", selector: "tier=web" };

  it("are asked for by the API server, in one namespace or all", async () => {
    const { result, paths } = await ask(all, { deployments: both });
    expect(result).toMatchObject({ status: "pass", seen: "2 of kind Deployment" });
    expect(paths.at(-1)).toBe("/apis/apps/v1/namespaces/monitoring/deployments?labelSelector=tier%3Dweb");
    const everywhere = await ask({ kind: "Deployment", namespace: "*" }, { deployments: both });
    expect(everywhere.paths.at(-1)).toBe("/apis/apps/v1/deployments");
  });

  it.each<[string, Record<string, unknown>, Item[], string]>([
    ["there is none", {}, [], "no Deployment with tier=web"],
    ["there is none, and some would have done", { count: "<= 3" }, [], "no Deployment with tier=web"],
    ["there are too few", { count: ">= 3" }, both, "2: monitoring/a, monitoring/b"],
    [
      "one is going",
      { count: 2 },
      [deployment("a"), deployment("b", { metadata: { deletionTimestamp: "x" } })],
      "1: monitoring/a, and monitoring/b being deleted",
    ],
    [
      "one of them isn't well",
      { condition: "Available" },
      [deployment("a"), deployment("b", { status: { conditions: [] } })],
      "monitoring/b: no condition Available",
    ],
    ["there is one, and none was wanted", { exists: false }, [deployment("a")], "there is monitoring/a"],
  ])("fail when %s", async (_, given, deployments, seen) => {
    expect((await ask({ ...all, ...given }, { deployments })).result).toMatchObject({ status: "fail", seen });
  });

  it("pass when none was wanted", async () => {
    for (const none of [{ count: 0 }, { exists: false }])
      expect((await ask({ ...all, ...none }, { deployments: [] })).result.status).toBe("pass");
  });
});

describe("a cluster that can't say", () => {
  it.each([false, true])(
    "fails for a kind that it doesn't have, and names the nearest (old: %s)",
    async (isOld) => {
      const { result } = await ask({ kind: "Oder", exists: false }, {}, { isOld });
      expect(result).toMatchObject({
        status: "fail",
        fault: "own-kind-unknown",
        seen: "the cluster has no kind Oder; did you mean Order?",
      });
      const other = await ask({ kind: "Order", apiVersion: "shop.example/v2" }, {}, { isOld });
      expect(other.result).toMatchObject({ seen: "the cluster has no API shop.example/v2" });
    },
  );

  it("fails at once for a selector that the API server doesn't understand", async () => {
    const message = "unable to parse requirement: found ',', expected: !, identifier";
    await using kube = await serve((request) => {
      if (!request.path.includes("labelSelector")) return answerAs({})(request);
      return { status: 400, body: { kind: "Status", message } };
    });
    const result = await resultOf(
      { resource: { kind: "Pod", selector: ",," } },
      { kube: kube.url },
      { pauseMs: 10 },
    );
    expect(result).toMatchObject({ status: "fail", attempts: 1, seen: `HTTP 400: ${message}` });
  });

  it("is an error: no answer, another page, a broken server, no rights; never that nothing is there", async () => {
    const gone = { resource: { kind: "Pod", name: "p", exists: false } };
    expect(await resultOf(gone, {})).toMatchObject({
      status: "error",
      error: expect.stringContaining("ECONNREFUSED"),
    });
    const replies: Reply[] = [
      { body: "<html>log in</html>", contentType: "text/html" },
      { status: 404, body: "<html>no such page</html>", contentType: "text/html" },
      { status: 500, body: { kind: "Status", message: "etcdserver: leader changed" } },
      { status: 403, body: { kind: "Status", message: "pods is forbidden" } },
    ];
    for (const reply of replies) {
      await using page = await serve(() => reply);
      expect(await resultOf(gone, { kube: page.url })).toMatchObject({ status: "error" });
      await using partly = await serve((request) =>
        request.path.includes("/pods") ? reply : answerAs({})(request),
      );
      expect(await resultOf(gone, { kube: partly.url })).toMatchObject({ status: "error" });
    }
  });
});
