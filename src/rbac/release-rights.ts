import { filterDefinitions, findResource, getDefinedResource } from "../kube/kinds.ts";
import type { KubeObject } from "../kube/manifest.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { ResourceRight, Right } from "./right.ts";

/**
 * Maximum number of helm's records per release. helm deletes the oldest one when there are more, and monstack never
 * upgrades a release that it did not install.
 */
const maxRevisions = 10;

/** Returns the rights that helm needs for these releases: for its own records, and for each object by name. */
export function listReleaseRights(rendered: readonly RenderedApp[]): ResourceRight[] {
  const definitions = filterDefinitions(rendered.flatMap(listObjectsAndHooks));
  return rendered.flatMap((app) => [
    ...listRecordRights(app),
    ...listObjectsAndHooks(app).flatMap((object) => listObjectRights(object, app, definitions)),
    ...(app.hooks ?? []).flatMap((hook) => listHookRights(hook, app)),
    ...filterDefinitions(listObjectsAndHooks(app)).flatMap((definition) =>
      listDefinitionRights(definition, app),
    ),
  ]);
}

/** Lists the objects and hooks of a release. */
function listObjectsAndHooks({ objects, hooks = [] }: RenderedApp): KubeObject[] {
  return [...objects, ...hooks];
}

/** Returns helm's rights for the Secrets with its records of a release. */
function listRecordRights({ app }: RenderedApp): ResourceRight[] {
  const { release, namespace } = app;
  const common = {
    kind: "resource",
    group: "",
    resource: "secrets",
    namespace,
    purposes: [`helm's records: ${release}`],
    need: "run",
  } as const;
  const revisions = Array.from({ length: maxRevisions }, (_, index) => index + 1);
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

/** Lists helm's rights for an object. `create` has no name, since authorization does not know it at that time. */
function listObjectRights(
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

/** Lists the rights to follow a hook: helm waits until its Job or Pod has finished. */
function listHookRights(hook: KubeObject, { app }: RenderedApp): ResourceRight[] {
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

/**
 * Returns the rights for a custom resource definition: helm waits until the definition is established, and the
 * teardown deletes it only if no objects of its kind exist.
 */
function listDefinitionRights(definition: KubeObject, { app }: RenderedApp): ResourceRight[] {
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
 * Returns the rights that the charts' roles grant. The API server lets users create only roles with rights that they
 * have themselves. The verb `escalate` would replace these rights, but a user who may grant anything has all rights.
 */
export function listGrantedRights(rendered: readonly RenderedApp[]): Right[] {
  const objects = rendered.flatMap((app) =>
    listObjectsAndHooks(app).map((object) => ({
      object,
      namespace: object.metadata.namespace ?? app.app.namespace,
    })),
  );
  const roles = new Set(objects.map(({ object, namespace }) => toRoleKey(object, namespace)));
  return objects.flatMap(({ object, namespace }) => {
    if (!object.apiVersion.startsWith(`${rbac}/`)) return [];
    if (object.kind === "ClusterRole" || object.kind === "Role")
      return readRoleRights(object, object.kind === "Role" ? namespace : undefined);
    return listRightsToBind(object, namespace, roles);
  });
}

/** Returns the rights that a role grants; for an aggregated role the rights to bind and to extend it. */
function readRoleRights(role: KubeObject, namespace: string | undefined): Right[] {
  const common = { purposes: [`granted by: ${role.kind} ${role.metadata.name}`], need: "run" } as const;
  if (role["aggregationRule"] !== undefined) {
    // The rules of an aggregated role come from other roles, which a label selects.
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
          readNames(resourceNames).map(
            (name) => ({ ...common, kind: "resource", verb, group, resource, name, namespace }) as const,
          ),
        ),
      ),
    ]);
  });
}

/** Returns the names of a rule; one undefined name if the rule applies to any object. */
function readNames(names: readonly string[] | null | undefined): readonly (string | undefined)[] {
  return names === null || names === undefined || names.length === 0 ? [undefined] : names;
}

/**
 * Returns the right to bind a role that is not one of the charts' roles; empty for a chart's role, since
 * `readRoleRights` returns its rights.
 */
function listRightsToBind(
  binding: KubeObject,
  namespace: string,
  roles: ReadonlySet<string>,
): ResourceRight[] {
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

/** Returns a text that identifies a role, e.g. `Role monitoring/grafana`. */
function toRoleKey({ kind, metadata }: KubeObject, namespace: string): string {
  return kind === "ClusterRole" ? `ClusterRole ${metadata.name}` : `${kind} ${namespace}/${metadata.name}`;
}
