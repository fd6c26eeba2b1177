import type {
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1PolicyRule,
  V1Role,
  V1RoleBinding,
} from "@kubernetes/client-node";
import { describe, expect, it } from "vitest";
import { findExcessivePermission, judgeRbac } from "../../src/checklist/rbac.ts";
import { against, inFavour } from "./evidence.ts";

const account = { namespace: "monitoring", name: "prometheus-kube-state-metrics" };

const rule = (verbs: string[], resources: string[], apiGroups = [""]): V1PolicyRule => ({
  verbs,
  resources,
  apiGroups,
});

const role = (name: string, ...rules: V1PolicyRule[]): V1ClusterRole => ({ metadata: { name }, rules });

function bind(
  roleName: string,
  subject: Record<string, string>,
  more: { role?: "Role"; namespace?: string } = {},
) {
  const kind = more.role ?? "ClusterRole";
  return {
    metadata: { name: "b", ...(more.namespace ? { namespace: more.namespace } : {}) },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name: roleName },
    subjects: [{ kind: "ServiceAccount", ...account, ...subject }],
  } as V1ClusterRoleBinding | V1RoleBinding;
}

function judged(bindings: (V1ClusterRoleBinding | V1RoleBinding)[], roles: (V1ClusterRole | V1Role)[]) {
  return judgeRbac({ accounts: [account], bindings, roles });
}

describe("a rule", () => {
  it.each<[V1PolicyRule, string | undefined]>([
    [rule(["list", "watch"], ["pods", "nodes"]), undefined],
    [rule(["list", "watch"], ["configmaps", "secrets"]), "may list and watch secrets"],
    [rule(["create"], ["secrets"]), undefined],
    [rule(["get"], ["secrets"], ["example.com"]), undefined],
    [rule(["*"], ["pods"]), "has a wildcard for its verbs"],
    [rule(["get"], ["*"], ["*"]), "has a wildcard for its resources and apiGroups"],
    [rule(["bind", "escalate"], ["clusterroles"], ["rbac.authorization.k8s.io"]), "may bind and escalate"],
    [rule(["impersonate"], ["users"]), "may impersonate"],
    [{ verbs: ["get"], nonResourceURLs: ["/metrics", "/api/*"] }, undefined],
    [{ verbs: ["get"], nonResourceURLs: ["*"] }, "has a wildcard for its nonResourceURLs"],
  ])("%j", (given, why) => {
    expect(findExcessivePermission(given)).toBe(why);
  });
});

describe("RBAC", () => {
  it("names account, role and rule, and how kube-state-metrics is kept from secrets", () => {
    const many = ["a", "b", "c", "d", "e", "f", "secrets"];
    const result = judged([bind("ksm", {})], [role("ksm", rule(["list", "watch"], many))]);
    expect(against(result)).toEqual([
      "monitoring/prometheus-kube-state-metrics: ClusterRole ksm may list and watch secrets: list,watch on secrets,6 more",
    ]);
    expect(result.fix).toContain("kube-state-metrics.collectors");
  });

  it("is met when all that is bound is harmless, and says what that is", () => {
    const result = judged([bind("ksm", {})], [role("ksm", rule(["list"], ["pods"]))]);
    expect(against(result)).toEqual([]);
    expect(inFavour(result)).toEqual([
      "monitoring/prometheus-kube-state-metrics: nothing too much in ClusterRole ksm",
    ]);
    expect(inFavour(judged([], []))).toEqual([
      "monitoring/prometheus-kube-state-metrics: nothing too much in no role at all",
    ]);
  });

  it("counts what groups of accounts may, and only bindings that are for it", () => {
    const admin = [role("cluster-admin", rule(["*"], ["*"], ["*"]))];
    const group = (name: string) => bind("cluster-admin", { kind: "Group", name });
    expect(against(judged([group("system:serviceaccounts:monitoring")], admin))).toHaveLength(1);
    expect(against(judged([group("system:authenticated")], admin))).toHaveLength(1);
    expect(against(judged([group("system:masters")], admin))).toEqual([]);
    expect(against(judged([bind("cluster-admin", { name: "other" })], admin))).toEqual([]);
    expect(against(judged([bind("cluster-admin", { namespace: "other" })], admin))).toEqual([]);
  });

  it("takes a Role of the binding's namespace, not one of the same name elsewhere", () => {
    const bad = {
      ...role("reader", rule(["get"], ["secrets"])),
      metadata: { name: "reader", namespace: "other" },
    };
    const good = {
      ...role("reader", rule(["get"], ["pods"])),
      metadata: { name: "reader", namespace: "monitoring" },
    };
    const binding = bind("reader", {}, { role: "Role", namespace: "monitoring" });
    expect(against(judged([binding], [bad, good]))).toEqual([]);
    expect(against(judged([bind("reader", {}, { role: "Role", namespace: "other" })], [good, bad]))).toEqual([
      expect.stringContaining("Role other/reader may get secrets"),
    ]);
  });
});
