import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { describeRights, groupIntoRuleSets, printRoles, type Subject } from "../../src/rbac/roles.ts";
import { deployment, rights, shown } from "./apps.ts";

const all = rights(
  `${deployment}---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: server}
rules: [{apiGroups: ["*"], resources: [pods], verbs: [get]}, {nonResourceURLs: [/metrics], verbs: [get]}]
`,
  { checks: new Set(["targets-up"]) },
);

interface Printed {
  kind: string;
  metadata: { name: string; namespace?: string };
  rules?: {
    verbs: string[];
    apiGroups?: string[];
    resources?: string[];
    resourceNames?: string[];
    nonResourceURLs?: string[];
  }[];
  roleRef?: object;
  subjects?: object[];
}

function printed(created: string[], subject: Subject): Printed[] {
  const namespaces = created.length > 0 ? [] : ["monitoring"];
  const text = printRoles(groupIntoRuleSets(all, created), { name: "m", subject, namespaces });
  return parseAllDocuments(text).map((document) => document.toJS() as Printed);
}

const account: Subject = { kind: "ServiceAccount", namespace: "ci", name: "monstack" };

/** As `shown` has it, everything that the printed roles grant. */
function grantedBy(documents: Printed[]): string[] {
  return documents.flatMap(({ metadata, rules = [] }) =>
    rules.flatMap(({ verbs, apiGroups = [], resources = [], resourceNames = [""], nonResourceURLs = [] }) =>
      verbs.flatMap((verb) => [
        ...nonResourceURLs.map((path) => `* ${verb} ${path}`),
        ...apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            resourceNames.map((name) =>
              [metadata.namespace ?? "*", verb, group === "" ? resource : `${resource}.${group}`, name]
                .filter(Boolean)
                .join(" "),
            ),
          ),
        ),
      ]),
    ),
  );
}

describe("printed roles", () => {
  it("grant every right to the last one, and nothing besides", () => {
    const asked = all.map(shown);
    expect(grantedBy(printed([], account)).sort()).toEqual([...asked].sort());
    const everywhere = asked.map((text) => text.replace(/^(monitoring|kube-system) /, "* "));
    expect(grantedBy(printed(["monitoring"], account)).sort()).toEqual([...new Set(everywhere)].sort());
  });

  it("come with the namespaces that they live in, an account, and a binding each", () => {
    const documents = printed([], account);
    const kinds = documents.map(({ kind, metadata }) => [kind, metadata.namespace, metadata.name].join(" "));
    expect(kinds).toEqual([
      "Namespace  monitoring",
      "ServiceAccount ci monstack",
      "ClusterRole  m",
      "ClusterRoleBinding  m",
      "Role kube-system m",
      "RoleBinding kube-system m",
      "Role monitoring m",
      "RoleBinding monitoring m",
    ]);
    expect(documents.at(-1)).toMatchObject({
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "m" },
      subjects: [account],
    });
  });

  it("make do with the cluster's alone where the run makes its namespace", () => {
    const kinds = printed(["monitoring"], account).map(({ kind, metadata }) =>
      [kind, metadata.namespace].join(" "),
    );
    expect(kinds).toEqual(["ServiceAccount ci", "ClusterRole ", "ClusterRoleBinding "]);
  });

  it("are bound to a user, however they are called", () => {
    const documents = printed([], { kind: "User", name: "oidc:jane: [x]" });
    const apiGroup = "rbac.authorization.k8s.io";
    expect(documents.at(-1)?.subjects).toEqual([{ kind: "User", name: "oidc:jane: [x]", apiGroup }]);
  });

  it("say of each rule what it is for, and which ones only the diagnosis needs", () => {
    const text = printRoles(groupIntoRuleSets(all, []), { name: "m", subject: account, namespaces: [] });
    expect(text).toContain(`  # releases: app
  - apiGroups: [apps]
    resources: [deployments]
    resourceNames: [server]
    verbs: [get, patch, delete]
`);
    expect(text).toMatch(/# diagnosis \(without it .*\)\n {2}- apiGroups: \[storage\.k8s\.io\]/);
    const rules = text.match(/^ {2}- (apiGroups|nonResourceURLs):/gm)?.length;
    expect(text.match(/^ {2}# \w/gm)).toHaveLength(rules ?? 0);
  });

  it("are told in words as well", () => {
    const lines = describeRights(all.filter((right) => right.kind === "resource" && right.group === "apps"));
    expect(lines).toContain(
      "get, patch, delete deployments (API group apps) named server in namespace monitoring (releases: app)",
    );
  });
});
