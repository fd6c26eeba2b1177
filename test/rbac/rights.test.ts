import { describe, expect, it } from "vitest";
import type { OwnCheck } from "../../src/config/checks/own-checks.ts";
import type { LaterCommand, ResourceRight, Right } from "../../src/rbac/right.ts";
import { coversRight } from "../../src/rbac/right.ts";
import { about, appOf, deployment, prometheus, rights, shown } from "./apps.ts";

describe("what helm needs", () => {
  it("is each object by its name, but for its creation, where it lives", () => {
    const all = rights(`${deployment}---
apiVersion: v1
kind: Service
metadata: {name: dns, namespace: kube-system}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
`);
    expect(about(all, "deployments").filter((text) => !/ (list|watch) /.test(text))).toEqual([
      "monitoring create deployments.apps",
      "monitoring delete deployments.apps server",
      "monitoring get deployments.apps server",
      "monitoring patch deployments.apps server",
    ]);
    expect(about(all, "services")).toContain("kube-system delete services dns");
    expect(about(all, "storageclasses")).toContain("* patch storageclasses.storage.k8s.io fast");
  });

  it("is its own records, and no other Secret may be changed", () => {
    const secrets = about(rights(deployment), "secrets").filter((text) => !/\.v([2-9]|10)$/.test(text));
    expect(secrets).toEqual([
      "monitoring create secrets",
      "monitoring delete secrets sh.helm.release.v1.app.v1",
      "monitoring get secrets sh.helm.release.v1.app.v1",
      "monitoring list secrets",
      "monitoring update secrets sh.helm.release.v1.app.v1",
    ]);
  });

  it("is to wait for a hook's job", () => {
    const job =
      "apiVersion: batch/v1\nkind: Job\nmetadata: {name: init, annotations: {helm.sh/hook: pre-install}}\n";
    const watched = (all: readonly Right[]) => about(all, "jobs").filter((text) => text.includes(" watch "));
    expect(watched(rights(deployment, {}, job))).toEqual(["monitoring watch jobs.batch"]);
    expect(watched(rights(deployment))).toEqual([]);
  });

  it("is a definition, and to see whether anybody has objects of it", () => {
    const all = rights(`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: indices.example.com}
spec: {group: example.com, scope: Cluster, names: {kind: Index, plural: indices}}
---
apiVersion: example.com/v1
kind: Index
metadata: {name: one}
`);
    expect(about(all, "indices")).toEqual([
      "* create indices.example.com",
      "* delete indices.example.com one",
      "* get indices.example.com one",
      "* list indices.example.com",
      "* patch indices.example.com one",
    ]);
    expect(about(all, "customresourcedefinitions")).toContain(
      "* delete customresourcedefinitions.apiextensions.k8s.io indices.example.com",
    );
  });
});

describe("who makes roles must hold what they grant", () => {
  const role = (kind: string, rest: string) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata: {name: reader}\n${rest}\n`;

  it("rule by rule, in the namespace of a Role, everywhere of a ClusterRole", () => {
    const rule =
      'rules: [{apiGroups: [""], resources: [pods/exec], resourceNames: [one, two], verbs: [create, get]}]';
    expect(about(rights(role("Role", rule)), "pods/exec")).toEqual([
      "monitoring create pods/exec one",
      "monitoring create pods/exec two",
      "monitoring get pods/exec one",
      "monitoring get pods/exec two",
    ]);
    expect(about(rights(role("ClusterRole", rule)), "pods/exec")).toContain("* create pods/exec one");
    const paths = role("ClusterRole", "rules: [{nonResourceURLs: [/metrics], verbs: [get]}]");
    expect(rights(paths).map(shown)).toContain("* get /metrics");
  });

  it("may bind another one only by its name", () => {
    const binding = (to: string) => role("RoleBinding", `roleRef: {kind: ClusterRole, name: ${to}}`);
    const bound = (manifest: string) =>
      rights(manifest)
        .map(shown)
        .filter((text) => / (bind|escalate) /.test(text));
    expect(bound(binding("view"))).toEqual(["monitoring bind clusterroles.rbac.authorization.k8s.io view"]);
    expect(bound(`${binding("reader")}---\n${role("ClusterRole", "rules: []")}`)).toEqual([]);
    expect(bound(role("ClusterRole", "aggregationRule: {clusterRoleSelectors: []}"))).toEqual([
      "* bind clusterroles.rbac.authorization.k8s.io reader",
      "* escalate clusterroles.rbac.authorization.k8s.io reader",
    ]);
  });
});

describe("what monstack itself asks", () => {
  it("is less with checks left out, and without Prometheus", () => {
    const nodes = (checks: string[], manifest = `${deployment}${prometheus}`) =>
      rights(manifest, { checks: new Set(checks) }).filter(
        (right): right is ResourceRight => right.kind === "resource" && right.resource === "nodes",
      );
    const purposes = expect.arrayContaining(["checks: kube-node-info", "checks: targets-up"]);
    expect(nodes(["targets-up", "kube-node-info"]).sort((a, b) => (a.verb < b.verb ? -1 : 1))).toMatchObject([
      { verb: "list", need: "run", purposes },
      { verb: "watch", need: "diagnosis" },
    ]);
    const explaining = ["diagnosis", "diagnosis"];
    expect(nodes([]).map(({ need }) => need)).toEqual(explaining);
    // There is nothing to compare them with.
    expect(nodes(["targets-up"], deployment).map(({ need }) => need)).toEqual(explaining);
  });

  it("is to delete claims and look for volumes only where something claims some", () => {
    const claims = (manifest: string) => [
      ...about(rights(manifest), "persistentvolumeclaims"),
      ...about(rights(manifest), "persistentvolumes"),
    ];
    expect(claims(deployment).join()).not.toMatch(/delete|(get|watch|patch) persistentvolumes/);
    const nested =
      "apiVersion: x.io/v1\nkind: Db\nmetadata: {name: d}\nspec: {storage: {volumeClaimTemplate: {spec: {}}}}\n";
    expect(claims(nested)).toEqual(
      expect.arrayContaining(["monitoring delete persistentvolumeclaims", "* get persistentvolumes"]),
    );
    const keep = { metrics: false, data: true };
    const kept = rights(nested, { config: { checks: [], keep, namespace: "monitoring" } });
    expect(about(kept, "persistentvolumeclaims").join()).not.toContain("delete");
    expect(about(kept, "persistentvolumes")).toContain("* patch persistentvolumes");
  });

  it("is to watch StorageClasses only where something claims a volume", () => {
    const claim = "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n---\n";
    expect(about(rights(`${claim}${deployment}`), "storageclasses")).toContain(
      "* watch storageclasses.storage.k8s.io",
    );
    expect(about(rights(deployment), "storageclasses").join()).not.toContain("watch");
  });

  it("is to look into Prometheus' pod only where a backup is made or put back", () => {
    const exec = (metrics: boolean, ...also: LaterCommand[]) => {
      const config = { checks: [], keep: { metrics, data: false }, namespace: "monitoring" };
      return about(rights(prometheus, { config, also }), "pods/exec");
    };
    const looks = ["monitoring create pods/exec", "monitoring get pods/exec"];
    expect(exec(true)).toEqual(looks);
    expect(exec(false, "backup")).toEqual(looks);
    expect(exec(false, "restore")).toEqual(looks);
    expect(exec(false, "checklist")).toEqual([]);
    expect(exec(false)).toEqual([]);
  });

  it("is to add a container to Prometheus' pod only where its image has no shell", () => {
    const config = { checks: [], keep: { metrics: true, data: false }, namespace: "monitoring" };
    const added = (tag: string) => {
      const apps = [
        { ...appOf(prometheus), images: [`quay.io/prometheus/prometheus:${tag}`, "x/grafana:1"] },
      ];
      return about(rights("", { apps, config }), "pods/ephemeralcontainers");
    };
    expect(added("v3.14.0")).toEqual([]);
    expect(added("v3.14.0-distroless")).toEqual(["monitoring patch pods/ephemeralcontainers"]);
  });

  it("is what the user's own checks ask", () => {
    const own = (name: string, what: object) =>
      ({ name, title: undefined, severity: "error", withinMs: undefined, hint: undefined, what }) as OwnCheck;
    const resource = { kind: "Ingress", namespace: "*", selector: "a=b" };
    const target = { kind: "service", scheme: "https", namespace: "shop", name: "api", port: 8443 };
    const checks = [
      own("ingresses", { kind: "resource", resource }),
      own("post", { kind: "http", target, method: "POST" }),
      own("skipped", { kind: "resource", resource: { ...resource, kind: "Lease" } }),
    ];
    const all = rights(deployment, {
      config: { checks, keep: { metrics: false, data: false }, namespace: "monitoring" },
      checks: new Set(["own/ingresses", "own/post"]),
    });
    expect(about(all, "ingresses")).toEqual(["* list ingresses.networking.k8s.io"]);
    expect(about(all, "services/proxy")).toEqual(["shop create services/proxy https:api:8443"]);
    expect(about(all, "leases")).toEqual([]);
  });

  it("is to read all roles where the production checklist is judged", () => {
    const bindings = (checks: string[]) =>
      about(rights(deployment, { checks: new Set(checks) }), "clusterrolebindings");
    expect(bindings(["production-rbac"])).toEqual(["* list clusterrolebindings.rbac.authorization.k8s.io"]);
    expect(bindings([])).toEqual([]);
  });

  it("is to make and delete a namespace only where the run does", () => {
    expect(about(rights(deployment), "namespaces")).toEqual(["monitoring get namespaces monitoring"]);
    expect(about(rights(deployment, { createdNamespaces: ["monitoring"] }), "namespaces")).toEqual([
      "* create namespaces",
      "monitoring delete namespaces monitoring",
      "monitoring get namespaces monitoring",
    ]);
  });
});

describe("rights as a whole", () => {
  it("have a purpose each, and none is covered by another one", () => {
    const all = rights(`${deployment}${prometheus}`, {
      checks: new Set(["targets-up", "workloads-healthy"]),
    });
    for (const right of all) expect(right.purposes, shown(right)).not.toEqual([]);
    const needless = all.filter((right) => all.some((other) => other !== right && coversRight(other, right)));
    expect(needless.map(shown)).toEqual([]);
  });

  it("that only the diagnosis needs never stand in for the run's", () => {
    const wide = { kind: "resource", verb: "list", group: "", resource: "pods", purposes: ["d"] } as const;
    const narrow = { ...wide, namespace: "n", need: "run" } as const;
    expect(coversRight({ ...wide, need: "diagnosis" }, narrow)).toBe(false);
    expect(coversRight({ ...wide, need: "run" }, narrow)).toBe(true);
    expect(coversRight(narrow, { ...wide, need: "run" })).toBe(false);
  });
});
