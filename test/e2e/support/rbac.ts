import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { parseAllDocuments, stringify } from "yaml";
import type { Machine } from "./machine.ts";

export interface Rule {
  verbs: string[];
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
}

export interface Role {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  rules: Rule[];
}

const admin = "/etc/rancher/k3s/k3s.yaml";

/** The policy and the arguments with which the API server writes down who asked it for what. */
export async function auditing(machine: Machine): Promise<{ args: string[]; log: string }> {
  const log = join(machine.folder, "audit.log");
  const policy = join(machine.folder, "audit.yaml");
  const rules = [{ level: "None", userGroups: ["system:nodes", "system:masters"] }, { level: "Metadata" }];
  // Of a request that has just come in nobody has decided yet.
  const omitStages = ["RequestReceived"];
  await writeFile(policy, stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", omitStages, rules }));
  const args = [`audit-policy-file=${policy}`, `audit-log-path=${log}`, "audit-log-mode=blocking-strict"];
  return { args: args.map((arg) => `--kube-apiserver-arg=${arg}`), log };
}

/** One request that the API server decided on. */
export interface Asked {
  readonly verb: string;
  readonly allowed: boolean;
  readonly group: string;
  /** With its subresource; empty for a path. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly path: string;
}

/** What a user asked the API server for, each once. */
export async function askedBy(log: string, user: string): Promise<Asked[]> {
  const lines = (await readFile(log, "utf8")).split("\n").filter((line) => line.includes(user));
  const asked = lines.flatMap((line): Asked[] => {
    const event = JSON.parse(line);
    if (event.user.username !== user) return [];
    const { objectRef = {}, verb, requestURI, annotations = {} } = event;
    const { resource = "", subresource, apiGroup = "", namespace, name } = objectRef;
    const allowed =
      annotations["authorization.k8s.io/decision"] === "allow" && event.responseStatus?.code !== 403;
    return [
      {
        verb,
        allowed,
        group: apiGroup,
        resource: subresource === undefined ? resource : `${resource}/${subresource}`,
        namespace,
        name,
        path: requestURI.split("?")[0],
      },
    ];
  });
  return [...new Map(asked.map((one) => [JSON.stringify(one), one])).values()];
}

export function rolesIn(yaml: string): Role[] {
  const documents = parseAllDocuments(yaml).map((document) => document.toJS() as Role);
  return documents.filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
}

/** One thing that a role grants, and the comment on its rule. */
export interface Grant {
  readonly role: Role;
  readonly rule: Rule;
  readonly comment: string;
}

/** Everything that printed roles grant, each verb, resource and name by itself. */
export function grantsIn(yaml: string): Grant[] {
  const comments = [...yaml.matchAll(/^ {2}# (.*)\n {2}- /gm)].map(([, comment = ""]) => comment);
  return rolesIn(yaml).flatMap((role) =>
    role.rules.flatMap((rule) => {
      const comment = comments.shift() ?? "";
      return rule.verbs.flatMap((verb) =>
        (rule.resources ?? [undefined]).flatMap((resource) =>
          (rule.resourceNames ?? [undefined]).map((name) => ({
            role,
            comment,
            rule: {
              ...rule,
              verbs: [verb],
              ...(resource === undefined ? {} : { resources: [resource] }),
              ...(name === undefined ? {} : { resourceNames: [name] }),
            },
          })),
        ),
      );
    }),
  );
}

/** Whether a rule of a role is what lets a request through. */
export function allows({ role, rule }: Pick<Grant, "role" | "rule">, asked: Asked): boolean {
  if (rule.nonResourceURLs) return asked.resource === "" && rule.nonResourceURLs.includes(asked.path);
  if (role.kind === "Role" && role.metadata.namespace !== asked.namespace) return false;
  return (
    (rule.apiGroups ?? []).includes(asked.group) &&
    (rule.resources ?? []).includes(asked.resource) &&
    rule.verbs.includes(asked.verb) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(asked.name ?? ""))
  );
}

/** Applies objects as the cluster's administrator. */
export async function apply(machine: Machine, yaml: string): Promise<void> {
  const file = join(machine.folder, "apply.yaml");
  await writeFile(file, yaml);
  await kubectl(machine, "apply", "-f", file);
}

export async function kubectl(machine: Machine, ...argv: string[]): Promise<string> {
  const done = await machine.run([`${process.cwd()}/lab/out/bin/kubectl`, "--kubeconfig", admin, ...argv]);
  if (done.exitCode !== 0) throw new Error(`kubectl ${argv.join(" ")}: ${done.output}`);
  return done.stdout;
}

/** A kubeconfig with a token of a service account, and nothing of the administrator's. */
export async function kubeconfigOf(machine: Machine, namespace: string, name: string): Promise<string> {
  const token = (await kubectl(machine, "create", "token", name, "-n", namespace, "--duration", "1h")).trim();
  const shown = JSON.parse(await kubectl(machine, "config", "view", "--raw", "--flatten", "-o", "json"));
  const path = join(machine.folder, `${name}.kubeconfig`);
  const [{ cluster }] = shown.clusters;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user: { token } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

const kinds =
  "namespaces,clusterroles,clusterrolebindings,roles,rolebindings,crds,pv,pvc,deployments,statefulsets,daemonsets,services,secrets,configmaps,serviceaccounts";

/** All that a deployment could leave in the cluster, by kind and name. */
export async function contents(machine: Machine): Promise<string[]> {
  const listed = await kubectl(machine, "get", kinds, "-A", "-o", "name");
  return listed.split("\n").filter(Boolean).sort();
}

/** The same, of a cluster that was started a moment ago and still makes objects of its own, some in every namespace. */
export async function settled(machine: Machine): Promise<string[]> {
  let now: string[] = [];
  const numberOf = (start: string) => now.filter((one) => one.startsWith(start)).length;
  const isSettled = async () => {
    const earlier = now;
    now = await contents(machine);
    const namespaces = numberOf("namespace/");
    const perNamespace = [numberOf("serviceaccount/default"), numberOf("configmap/kube-root-ca.crt")];
    return now.length === earlier.length && perNamespace.every((count) => count === namespaces);
  };
  await expect.poll(isSettled, { interval: 4000, timeout: 60_000 }).toBe(true);
  return now;
}

/** What every user may do who is logged in. */
export function isFree({ path, resource }: Asked): boolean {
  if (resource === "") return /^\/(version|api|apis|openapi)(\/|$)/.test(path);
  return resource === "selfsubjectaccessreviews" || resource === "selfsubjectrulesreviews";
}

/**
 * What a good run has no occasion for: to grant what a chart's role grants, to have more than one record when something
 * has to be tried again, and to find out why something failed.
 */
export function isForOtherDays({ rule, comment }: Grant): boolean {
  const [name = ""] = rule.resourceNames ?? [];
  return (
    /granted by|bound by|^diagnosis/.test(comment) || /^sh\.helm\.release\.v1\..*\.v([2-9]|10)$/.test(name)
  );
}

/** `monitoring get secrets grafana`. */
export function shown({ role, rule }: Grant): string {
  return [role.metadata.namespace, rule.verbs, rule.resources, rule.resourceNames].filter(Boolean).join(" ");
}
