import { filterDefinitions, findResource, getDefinedResource } from "../kube/kinds.ts";
import type { KubeObject } from "../kube/manifest.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { ResourceRight, Right } from "./right.ts";

/** helm deletes its oldest record once there are more; monstack never upgrades a release that it did not install. */
const mostRevisions = 10;

/** What helm needs for these releases: its own records, and each object by its name. */
export function releaseRights(rendered: readonly RenderedApp[]): ResourceRight[] {
  const definitions = filterDefinitions(rendered.flatMap(objectsAndHooks));
  return rendered.flatMap((app) => [
    ...recordRights(app),
    ...objectsAndHooks(app).flatMap((object) => objectRights(object, app, definitions)),
    ...(app.hooks ?? []).flatMap((hook) => hookRights(hook, app)),
    ...filterDefinitions(objectsAndHooks(app)).flatMap((definition) => definitionRights(definition, app)),
  ]);
}

/** Objects and hooks. */
export function objectsAndHooks({ objects, hooks = [] }: RenderedApp): KubeObject[] {
  return [...objects, ...hooks];
}

function recordRights({ app }: RenderedApp): ResourceRight[] {
  const { release, namespace } = app;
  const common = {
    kind: "resource",
    group: "",
    resource: "secrets",
    namespace,
    purposes: [`helm's records: ${release}`],
    need: "run",
  } as const;
  const revisions = Array.from({ length: mostRevisions }, (_, index) => index + 1);
  return [
    ...["create", "list"].map((verb) => ({ ...common, verb })),
    ...revisions.flatMap((revision) =>
      ["get", "update", "delete"].map((verb) => ({
        ...common,
        verb,
        name: `sh.helm.release.v1.${release}.v${revision}`,
      })),
    ),
  ];
}

/** An object's name is not known to the API server's authorization when it is created. */
function objectRights(
  object: KubeObject,
  { app }: RenderedApp,
  definitions: readonly KubeObject[],
): ResourceRight[] {
  const { group, plural, isNamespaced } = findResource(object, definitions);
  const common = {
    kind: "resource",
    group,
    resource: plural,
    namespace: isNamespaced ? (object.metadata.namespace ?? app.namespace) : undefined,
    purposes: [`releases: ${app.release}`],
    need: "run",
  } as const;
  const { name } = object.metadata;
  return [
    { ...common, verb: "create" },
    ...["get", "patch", "delete"].map((verb) => ({ ...common, verb, name })),
  ];
}

/** helm waits for a hook's Job or Pod to end. */
function hookRights(hook: KubeObject, { app }: RenderedApp): ResourceRight[] {
  if (hook.kind !== "Job" && hook.kind !== "Pod") return [];
  const { group, plural } = findResource(hook, []);
  return ["list", "watch"].map((verb) => ({
    kind: "resource",
    verb,
    group,
    resource: plural,
    namespace: hook.metadata.namespace ?? app.namespace,
    purposes: [`hooks of releases: ${app.release}`],
    need: "run",
  }));
}

/** helm waits until a definition is in force; at the end it goes only if nobody has objects of it. */
function definitionRights(definition: KubeObject, { app }: RenderedApp): ResourceRight[] {
  const defined = getDefinedResource(definition);
  const common = { kind: "resource", need: "run" } as const;
  const definitions = { group: "apiextensions.k8s.io", resource: "customresourcedefinitions" };
  const purposes = [`releases: ${app.release}`];
  return [
    ...["list", "watch"].map((verb) => ({ ...common, ...definitions, verb, purposes })),
    ...(defined === undefined
      ? []
      : [
          {
            ...common,
            verb: "list",
            group: defined.group,
            resource: defined.plural,
            purposes: [`whether anybody has objects of: ${definition.metadata.name}`],
          },
        ]),
  ];
}

interface PolicyRule {
  readonly apiGroups?: readonly string[] | null;
  readonly resources?: readonly string[] | null;
  readonly resourceNames?: readonly string[] | null;
  readonly nonResourceURLs?: readonly string[] | null;
  readonly verbs?: readonly string[] | null;
}

const rbac = "rbac.authorization.k8s.io";

/**
 * What the API server demands of whoever makes the charts' roles: nobody can grant what they don't hold themselves. The
 * verb `escalate` would do instead, but whoever may put anything into a role and bind it may do everything.
 */
export function grantRights(rendered: readonly RenderedApp[]): Right[] {
  const objects = rendered.flatMap((app) =>
    objectsAndHooks(app).map((object) => ({
      object,
      namespace: object.metadata.namespace ?? app.app.namespace,
    })),
  );
  const roles = new Set(objects.map(({ object, namespace }) => roleKey(object, namespace)));
  return objects.flatMap(({ object, namespace }) => {
    if (!object.apiVersion.startsWith(`${rbac}/`)) return [];
    if (object.kind === "ClusterRole" || object.kind === "Role")
      return rightsOfRole(object, object.kind === "Role" ? namespace : undefined);
    return rightsToBind(object, namespace, roles);
  });
}

function rightsOfRole(role: KubeObject, namespace: string | undefined): Right[] {
  const common = { purposes: [`granted by: ${role.kind} ${role.metadata.name}`], need: "run" } as const;
  if (role["aggregationRule"] !== undefined) {
    // Its rules are whatever others label for it.
    const name = role.metadata.name;
    const aggregated = { ...common, kind: "resource", group: rbac, resource: "clusterroles", name } as const;
    return ["bind", "escalate"].map((verb) => ({ ...aggregated, verb }));
  }
  const rules = (role["rules"] ?? []) as readonly PolicyRule[];
  return rules.flatMap((rule) => {
    const { apiGroups, resources, resourceNames, nonResourceURLs, verbs } = rule;
    return (verbs ?? []).flatMap((verb): Right[] => [
      ...(nonResourceURLs ?? []).map((path) => ({ ...common, kind: "path", verb, path }) as const),
      ...(apiGroups ?? []).flatMap((group) =>
        (resources ?? []).flatMap((resource) =>
          namesOf(resourceNames).map(
            (name) => ({ ...common, kind: "resource", verb, group, resource, name, namespace }) as const,
          ),
        ),
      ),
    ]);
  });
}

function namesOf(names: readonly string[] | null | undefined): readonly (string | undefined)[] {
  return names === null || names === undefined || names.length === 0 ? [undefined] : names;
}

/** A role that comes with the charts is held rule by rule; what stands in another one is not known, so it is named. */
function rightsToBind(binding: KubeObject, namespace: string, roles: ReadonlySet<string>): ResourceRight[] {
  const { kind, name } = (binding["roleRef"] ?? {}) as { kind?: string; name?: string };
  if (kind === undefined || name === undefined) return [];
  if (roles.has(kind === "ClusterRole" ? `ClusterRole ${name}` : `Role ${namespace}/${name}`)) return [];
  return [
    {
      kind: "resource",
      verb: "bind",
      group: rbac,
      resource: kind === "ClusterRole" ? "clusterroles" : "roles",
      name,
      namespace: binding.kind === "ClusterRoleBinding" ? undefined : namespace,
      purposes: [`bound by: ${binding.kind} ${binding.metadata.name}`],
      need: "run",
    },
  ];
}

function roleKey({ kind, metadata }: KubeObject, namespace: string): string {
  return kind === "ClusterRole" ? `ClusterRole ${metadata.name}` : `${kind} ${namespace}/${metadata.name}`;
}
