import { definedBy, definitionsOf, resourceOf } from "../kube/kinds.ts";
import type { KubeObject } from "../kube/manifest.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { ResourceRight } from "./types.ts";

/** helm deletes its oldest record once there are more; monstack never upgrades a release that it did not install. */
const mostRevisions = 10;

/** What helm needs for these releases: its own records, and each object by its name. */
export function releaseRights(rendered: readonly RenderedApp[]): ResourceRight[] {
  const definitions = definitionsOf(rendered.flatMap(allOf));
  return rendered.flatMap((app) => [
    ...recordRights(app),
    ...allOf(app).flatMap((object) => objectRights(object, app, definitions)),
    ...(app.hooks ?? []).flatMap((hook) => hookRights(hook, app)),
    ...definitionsOf(allOf(app)).flatMap((definition) => definitionRights(definition, app)),
  ]);
}

/** Objects and hooks. */
export function allOf({ objects, hooks = [] }: RenderedApp): KubeObject[] {
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
  const { group, plural, isNamespaced } = resourceOf(object, definitions);
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
  const { group, plural } = resourceOf(hook, []);
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
  const defined = definedBy(definition);
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
