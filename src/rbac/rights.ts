import { findClaims } from "../deploy/claims.ts";
import { listKubeletServices } from "../deploy/cluster-objects.ts";
import { isClusterWide, resources } from "../deploy/store.ts";
import { listResources, listTargets } from "../deploy/views.ts";
import { getApiGroup } from "../kube/kinds.ts";
import { sortByComponentApp } from "../model/chart-keys.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { GrafanaLogin } from "../plan/grafana/login.ts";
import { findEndpoints } from "../stack/discover.ts";
import { allChecks, endChecks } from "../verify/catalogue.ts";
import { reportedKinds } from "../verify/targets/missing-metrics.ts";
import { listCheckRights } from "./own-checks.ts";
import { listGrantedRights, listReleaseRights } from "./release-rights.ts";
import {
  core,
  coverageUses,
  createRights,
  discovery,
  type ResourceRight,
  type Right,
  type RightsInput,
  removeCoveredRights,
  storage,
  type Use,
} from "./right.ts";

/**
 * Returns all rights that a run needs. A right that another one covers is left out, and its purpose is added to the
 * other one. Rights of every logged-in user (the version, discovery, reviews of their own rights) are not included.
 * Pure.
 */
export function listRights(input: RightsInput): readonly Right[] {
  const ownChecks = input.config.checks.filter(({ name }) => input.checks.has(`own/${name}`));
  return removeCoveredRights([
    ...listReleaseRights(input.apps),
    ...listGrantedRights(input.apps),
    ...listOwnRights(input),
    ...listCheckRights(ownChecks, input.config.namespace),
  ]);
}

/** Requests of the checks in src/verify and src/checklist, without those that only explain a failure. */
const usesOfChecks: readonly { readonly use: Use; readonly checks: readonly string[] }[] = [
  {
    use: [["list"], core, "nodes", "cluster"],
    checks: [
      "kube-node-info",
      "node-exporter-on-every-node",
      "query-node-cpu",
      "series-budget",
      "targets-up",
    ],
  },
  {
    use: [["list"], core, "pods", "cluster"],
    checks: ["cadvisor-containers", "monitors-scraped", "no-oom-kill", "targets-up"],
  },
  { use: [["list"], core, "services", "cluster"], checks: ["monitors-scraped", "targets-up"] },
  { use: [["list"], discovery, "endpointslices", "cluster"], checks: ["monitors-scraped", "targets-up"] },
  {
    use: [["list"], core, "pods", "stack"],
    checks: [
      "environment-effective",
      "grafana-plugins",
      "images-locked",
      "resources-effective",
      "series-budget",
      "storage-effective",
      "workloads-healthy",
    ],
  },
  {
    use: [["list"], core, "persistentvolumeclaims", "stack"],
    checks: ["series-budget", "storage-effective", "workloads-healthy"],
  },
  ...["clusterrolebindings", "clusterroles", "rolebindings", "roles"].map((resource) => ({
    use: [["list"], "rbac.authorization.k8s.io", resource, "cluster"] as const,
    checks: ["production-rbac"],
  })),
  { use: [["list"], "snapshot.storage.k8s.io", "volumesnapshots", "stack"], checks: ["production-backup"] },
  { use: [["list"], "velero.io", "schedules", "cluster"], checks: ["production-backup"] },
];

/** Ids of the checks that pass only with a proof that they could have seen a fault. */
const absenceChecks = [...allChecks, ...endChecks].flatMap(({ id, absence }) =>
  absence === undefined ? [] : [id],
);

const withoutPrometheus = ["environment-effective", "grafana-plugins", "images-locked", "workloads-healthy"];

/** True if a check works without Prometheus. All others compare the cluster with Prometheus' data. */
function worksWithoutPrometheus(id: string): boolean {
  return withoutPrometheus.includes(id) || id.startsWith("production-");
}

/** Requests of src/diagnose/gather, of deploy/crash-log.ts, and of checks that explain a failure. */
const usesOfDiagnosis: readonly Use[] = [
  [["list"], core, "nodes", "cluster"],
  [["list"], core, "pods", "cluster"],
  [["list"], core, "services", "cluster"],
  [["list"], discovery, "endpointslices", "cluster"],
  [["list"], storage, "storageclasses", "cluster"],
  [["list"], "apiextensions.k8s.io", "customresourcedefinitions", "cluster"],
  [["create"], "authorization.k8s.io", "subjectaccessreviews", "cluster"],
  ...(["stack", "system"] as const).flatMap((place): Use[] => [
    [["list"], core, "pods", place],
    [["list"], core, "events", place],
    [["get"], core, "pods/log", place],
  ]),
  [["list"], core, "persistentvolumeclaims", "stack"],
  [["list"], core, "resourcequotas", "stack"],
  [["list"], core, "secrets", "stack"],
  [["list"], "apps", "daemonsets", "stack"],
  [["list"], "apps", "deployments", "stack"],
  [["list"], "apps", "replicasets", "stack"],
  [["list"], "apps", "statefulsets", "stack"],
  [["list"], "batch", "jobs", "stack"],
  ...reportedKinds.map(({ group, resource }): Use => [["list"], group, resource, "cluster"]),
];

/** Returns the rights for monstack's own requests to the API server. `releaseRights` has those for helm's. */
function listOwnRights(input: RightsInput): ResourceRight[] {
  const namespaces = listNamespaces(input.apps);
  const hasPrometheus = findEndpoints(input.apps).prometheus !== undefined;
  const uses = [...usesOfChecks, ...coverageUses.map((use) => ({ use, checks: absenceChecks }))];
  const checkUseRights = uses.flatMap(({ use, checks }) => {
    const ids = checks.filter((id) => input.checks.has(id) && (hasPrometheus || worksWithoutPrometheus(id)));
    return ids.flatMap((id) => createRights(use, namespaces, `checks: ${id}`, "run"));
  });
  return [
    ...namespaces.flatMap((name) => listNamespaceRights(name, input.createdNamespaces.includes(name))),
    ...listReadinessRights(input.apps),
    ...listAddressRights(input.apps),
    ...listLoginRights(input.login),
    ...listBackupRights(input),
    ...checkUseRights,
    ...usesOfDiagnosis.flatMap((use) => createRights(use, namespaces, "diagnosis", "diagnosis")),
    ...listTeardownRights(input, namespaces),
  ];
}

/** Returns the namespaces of all objects of the charts, sorted. */
export function listNamespaces(apps: readonly RenderedApp[]): string[] {
  const objectNamespaces = apps.flatMap(({ objects, hooks = [] }) =>
    [...objects, ...hooks].flatMap(({ metadata }) => metadata.namespace ?? []),
  );
  return [...new Set([...apps.map(({ app }) => app.namespace), ...objectNamespaces])].sort();
}

/** Returns the rights to read a namespace, and to create and delete it if the run creates it. */
function listNamespaceRights(name: string, isCreated: boolean): ResourceRight[] {
  const common = { kind: "resource", group: core, resource: "namespaces", need: "run" } as const;
  const namespaced = {
    ...common,
    namespace: name,
    name,
    purposes: [`whether it is there: namespace ${name}`],
  };
  if (!isCreated) return [{ ...namespaced, verb: "get" }];
  const purposes = [`made and taken away: namespace ${name}`];
  return [
    { ...namespaced, verb: "get" },
    { ...common, verb: "create", purposes },
    { ...namespaced, verb: "delete", purposes },
  ];
}

/** Returns the rights to follow these workloads until they are ready (deploy/store.ts). */
function listReadinessRights(apps: readonly RenderedApp[]): ResourceRight[] {
  const objects = apps.flatMap((app) => app.objects);
  const namespaces = [...new Set(listTargets(objects).map(({ namespace }) => namespace))];
  return listResources(objects).flatMap((resource) => {
    const { group, optional } = resources[resource];
    const place = isClusterWide(resource) ? "cluster" : "stack";
    const use: Use = [["list", "watch"], getApiGroup(group.replace(/^\/apis?\//, "")), resource, place];
    return createRights(use, namespaces, "readiness of the workloads", optional ? "diagnosis" : "run");
  });
}

/**
 * Returns the rights for the local addresses: to read a service and find its pods, and to forward a port to a pod.
 * Kubernetes 1.35 and later require `create` too.
 */
function listAddressRights(apps: readonly RenderedApp[]): ResourceRight[] {
  const endpoints = findEndpoints(apps);
  const services = [endpoints.prometheus, endpoints.alertmanager, endpoints.grafana].flatMap(
    (endpoint) => endpoint ?? [],
  );
  const purposes = ["the local addresses"];
  return services.flatMap(({ namespace, name }) => {
    const common = { kind: "resource", namespace, purposes, need: "run" } as const;
    return [
      { ...common, verb: "get", group: core, resource: "services", name },
      { ...common, verb: "list", group: discovery, resource: "endpointslices" },
      { ...common, verb: "get", group: core, resource: "pods/portforward" },
      { ...common, verb: "create", group: core, resource: "pods/portforward" },
    ];
  });
}

/** Returns the right to read the Secret with Grafana's administrator; empty if the login comes from elsewhere. */
function listLoginRights(login: GrafanaLogin | undefined): ResourceRight[] {
  if (login?.kind !== "secret") return [];
  const { namespace, secret: name } = login;
  const purposes = ["Grafana's administrator"];
  return [
    {
      kind: "resource",
      verb: "get",
      group: core,
      resource: "secrets",
      namespace,
      name,
      purposes,
      need: "run",
    },
  ];
}

/**
 * Returns the teardown's rights. The teardown deletes the claims that helm leaves behind and waits for their volumes.
 * With `keep.data` it keeps both and binds them again.
 */
function listTeardownRights({ apps, config }: RightsInput, namespaces: readonly string[]): ResourceRight[] {
  const purpose = "teardown";
  const listClaimRights = createRights(
    [["list"], core, "persistentvolumeclaims", "stack"],
    namespaces,
    purpose,
    "run",
  );
  const serviceRights = listKubeletServices(apps).flatMap((service) =>
    (["get", "delete"] as const).map((verb): ResourceRight => {
      const purposes = ["the service that the Prometheus operator makes for the kubelets"];
      return { kind: "resource", verb, group: core, resource: "services", ...service, purposes, need: "run" };
    }),
  );
  const commonRights = [...listClaimRights, ...serviceRights];
  if (!apps.some(({ objects }) => objects.some((object) => findClaims(object).length > 0)))
    return commonRights;
  const claimUses: readonly Use[] = config.keep.data
    ? [
        [["get", "create"], core, "persistentvolumeclaims", "stack"],
        [["get", "list", "patch"], core, "persistentvolumes", "cluster"],
      ]
    : [
        [["delete"], core, "persistentvolumeclaims", "stack"],
        [["get"], core, "persistentvolumes", "cluster"],
      ];
  return [...commonRights, ...claimUses.flatMap((use) => createRights(use, namespaces, purpose, "run"))];
}

/** Returns the rights for a backup or restore, which runs commands in Prometheus' pod. */
function listBackupRights({
  apps,
  config,
  also,
}: Pick<RightsInput, "apps" | "config" | "also">): ResourceRight[] {
  const purposes = [
    ...(config.keep.metrics || also.includes("backup") ? ["backup"] : []),
    ...(also.includes("restore") ? ["restore"] : []),
  ];
  const { prometheus, grafana } = findEndpoints(apps);
  if (prometheus === undefined) return [];
  const prometheusNamespaces = [prometheus.namespace];
  const bothNamespaces = [...new Set([...prometheusNamespaces, grafana?.namespace ?? prometheus.namespace])];
  const findUses: readonly Use[] = [
    [["list"], discovery, "endpointslices", "stack"],
    [["get"], core, "pods", "stack"],
  ];
  const execUse: Use = [["get", "create"], core, "pods/exec", "stack"];
  const addContainerUse: Use = [["patch"], core, "pods/ephemeralcontainers", "stack"];
  // If Prometheus' image has no shell, a container with Grafana's image is added to the pod
  // (src/backup/data-folder.ts).
  const isShellless = sortByComponentApp("prometheus", apps).some(({ images }) =>
    images.some((image) => /\/prometheus:[^/]*distroless/.test(image)),
  );
  const namespaces = isShellless ? bothNamespaces : prometheusNamespaces;
  return purposes.flatMap((purpose) => [
    ...findUses.flatMap((use) => createRights(use, namespaces, purpose, "run")),
    ...createRights(execUse, prometheusNamespaces, purpose, "run"),
    ...(isShellless ? createRights(addContainerUse, prometheusNamespaces, purpose, "run") : []),
  ]);
}
