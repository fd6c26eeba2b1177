import { parseManifest } from "../../src/kube/manifest.ts";
import type { RenderedApp } from "../../src/model/rendered.ts";
import type { Right, RightsInput } from "../../src/rbac/right.ts";
import { listRights } from "../../src/rbac/rights.ts";

/** An app as it comes from its chart, with these objects in it. */
export function appOf(manifest: string, hooks = "", name = "app"): RenderedApp {
  const chart = { path: "/c", name, version: "1.0.0", appVersion: "", sha256: undefined, origin: "here" };
  const app = {
    name,
    release: name,
    namespace: "monitoring",
    chart: { kind: "path", path: "/c" },
    values: {},
    dependsOn: [],
    timeoutMs: 1_000,
  } as const;
  const objects = (text: string) => parseManifest(text, "monitoring");
  return { app, chart, objects: objects(manifest), hooks: objects(hooks), images: [] };
}

export const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: server}
spec: {template: {spec: {containers: [{name: c, image: i}]}}}
`;

export const prometheus = `---
apiVersion: v1
kind: Service
metadata: {name: p}
spec:
  selector: {app.kubernetes.io/name: prometheus, app.kubernetes.io/component: server}
  ports: [{port: 80}]
`;

/** Of a run with one app and, but for what is changed, no checks. */
export function rights(manifest: string, change: Partial<RightsInput> = {}, hooks = ""): readonly Right[] {
  return listRights({
    apps: [appOf(manifest, hooks)],
    config: { checks: [], keep: { metrics: false, data: false }, namespace: "monitoring" },
    login: undefined,
    checks: new Set(),
    also: [],
    createdNamespaces: [],
    ...change,
  });
}

/** `monitoring get secrets grafana`; what is for the whole cluster begins with `*`. */
export function shown(right: Right): string {
  if (right.kind === "path") return `* ${right.verb} ${right.path}`;
  const { namespace = "*", verb, group, resource, name } = right;
  return [namespace, verb, group === "" ? resource : `${resource}.${group}`, name].filter(Boolean).join(" ");
}

export function about(all: readonly Right[], resource: string): string[] {
  const own = all.filter((right) => right.kind === "resource" && right.resource === resource);
  return own.map(shown).sort();
}
