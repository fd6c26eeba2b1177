import { defaultRepos } from "../config/defaults.ts";
import { type KubeObject, listPodSpecs } from "../kube/manifest.ts";
import { parseImageRef } from "../lib/image.ts";
import { isMapping } from "../lib/object.ts";
import type { RenderedApp } from "../model/rendered.ts";

type Path = readonly (string | number)[];

/** A part of an object that gives a pod access to its machine, or full rights in the cluster. */
interface HostAccess {
  readonly object: KubeObject;
  readonly path: Path;
  /** The kind of access in messages: `a hostPath (/etc)`. */
  readonly what: string;
}

/**
 * Returns the parts of a release's objects that give access to the machine or full rights in the cluster. Every mapping
 * in an object is examined, whatever the object's kind: an operator makes pods from its own kinds.
 */
export function findHostAccess({ app, objects, hooks = [], tests = [] }: RenderedApp): HostAccess[] {
  return (
    // Helm treats no object in a chart's folder crds/ as a test, whatever its annotations are.
    [...objects, ...hooks, ...tests]
      // The schema in a definition contains the names of such fields without setting them.
      .filter(({ kind }) => kind !== "CustomResourceDefinition")
      .filter((object) => !isNodeExporter(app.chart, object))
      .flatMap((object) => findAccessBelow(object, [], object))
  );
}

/** Returns the host access in a value of an object and in everything below the value. */
function findAccessBelow(node: unknown, path: Path, object: KubeObject): HostAccess[] {
  if (Array.isArray(node))
    return node.flatMap((item, index) => findAccessBelow(item, [...path, index], object));
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const keyPath = [...path, key];
    const access = describeAccess(key, value, object);
    return access === undefined
      ? findAccessBelow(value, keyPath, object)
      : [{ object, path: keyPath, what: access }];
  });
}

/** Capabilities that the runtime gives by default, and those that the Pod Security Standard "baseline" also allows. */
const harmlessCapabilities: ReadonlySet<string> = new Set([
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"],
  ...["NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
]);

/**
 * Describes the access to the machine, or the full rights in the cluster, that one field gives, for example `a hostPath
 * (/etc)`; undefined if it gives none.
 */
function describeAccess(key: string, value: unknown, { kind }: KubeObject): string | undefined {
  if (key === "hostPath" && isMapping(value)) return `a hostPath (${String(value["path"])})`;
  if (key === "local" && kind === "PersistentVolume" && isMapping(value))
    return `a folder of the machine (${String(value["path"])})`;
  // `yes` and `on` are true for helm and a string for other YAML parsers, so only a real `false` counts as off.
  if (hostFields.has(key) && value !== false && value !== null) return `${key}: true`;
  if (key === "hostPort" && value !== 0 && value !== null) return `a port of the machine (${String(value)})`;
  if (key === "gitRepo" && isMapping(value)) return "a gitRepo volume, which the kubelet fetches as root";
  if (key === "sysctls" && Array.isArray(value) && value.length > 0) return "sysctls";
  if (/^(seccomp|appArmor)Profile$/.test(key) && isMapping(value) && value["type"] === "Unconfined")
    return `${key}: Unconfined`;
  if (key === "parameters" && kind === "StorageClass" && isMapping(value) && folderParameter in value)
    return "folders of the machine that a StorageClass chooses (pathPattern)";
  if (key === "procMount" && value === "Unmasked") return "procMount: Unmasked";
  if (key === "capabilities" && isMapping(value) && Array.isArray(value["add"])) {
    const harmfulCapabilities = value["add"]
      .map(String)
      .filter((name) => !harmlessCapabilities.has(name.replace(/^CAP_/i, "").toUpperCase()));
    return harmfulCapabilities.length === 0
      ? undefined
      : `the capabilities ${harmfulCapabilities.join(", ")}`;
  }
  if (key === "roleRef" && isMapping(value) && value["name"] === "cluster-admin")
    return "the role cluster-admin";
  if (key === "aggregationRule" && kind === "ClusterRole")
    return "the rights of other roles (aggregationRule)";
  if (
    key === "rules" &&
    /^(Cluster)?Role$/.test(kind) &&
    Array.isArray(value) &&
    value.some(grantsEverything)
  )
    return "every right in the cluster";
  return undefined;
}

/** Fields of a pod or container that give access to the machine if they are true. */
const hostFields: ReadonlySet<string> = new Set([
  "hostPID",
  "hostIPC",
  "hostNetwork",
  "privileged",
  "hostProcess",
]);

/**
 * The parameter with which a StorageClass of local-path-provisioner chooses the folder of a volume:
 * https://github.com/rancher/local-path-provisioner#storage-classes
 */
const folderParameter = "pathPattern";

/** Verbs that change objects or rights. */
const changingVerbs = /^(\*|create|update|patch|delete|deletecollection|impersonate|escalate|bind)$/;

/** True if a rule of a role allows changes to all resources in all API groups. */
function grantsEverything(rule: unknown): boolean {
  const listTexts = (key: string) =>
    isMapping(rule) && Array.isArray(rule[key]) ? rule[key].map(String) : [];
  const includesAll = (key: string) => listTexts(key).includes("*");
  return (
    includesAll("apiGroups") &&
    includesAll("resources") &&
    listTexts("verbs").some((verb) => changingVerbs.test(verb))
  );
}

/** The host paths that node-exporter reads. */
const nodeExporterPaths: ReadonlySet<unknown> = new Set(["/proc", "/sys", "/"]);

/**
 * True for the DaemonSet of the community's node-exporter, which only reads the machine: it has node-exporter's image,
 * a single container, and only read-only mounts. With another image or container, any program could read the machine's
 * files.
 */
function isNodeExporter(chart: RenderedApp["app"]["chart"], object: KubeObject): boolean {
  if (chart.kind !== "repo" || chart.repoUrl !== defaultRepos["prometheus-community"]?.url) return false;
  if (object.kind !== "DaemonSet") return false;
  const [pod] = listPodSpecs(object) as PodSpec[];
  const [container, ...otherContainers] = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
  if (pod === undefined || container === undefined || otherContainers.length > 0) return false;
  const paths = (pod.volumes ?? []).flatMap((volume) => (volume.hostPath ? [volume.hostPath.path] : []));
  const hostVolumeNames = new Set(
    (pod.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name),
  );
  const hasWritableMount = (container.volumeMounts ?? []).some(
    (mount) => hostVolumeNames.has(mount.name) && mount.readOnly !== true,
  );
  const isUnprivileged =
    container.securityContext?.privileged !== true && !container.securityContext?.capabilities?.add?.length;
  return (
    runsExporterImage(container) &&
    !runsCommands(container) &&
    paths.every((path) => nodeExporterPaths.has(path)) &&
    !hasWritableMount &&
    isUnprivileged
  );
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name?: unknown; readonly hostPath?: { readonly path?: unknown } }[];
}

interface Container {
  readonly image?: unknown;
  readonly command?: unknown;
  readonly volumeMounts?: readonly { readonly name?: unknown; readonly readOnly?: unknown }[];
  readonly securityContext?: {
    readonly privileged?: unknown;
    readonly capabilities?: { readonly add?: readonly unknown[] };
  };
}

/**
 * True if the container runs node-exporter's image, and the command that the image defines. A `command` in the container
 * would replace it, and could run any program.
 */
function runsExporterImage({ image, command }: Container): boolean {
  if (typeof image !== "string" || command !== undefined) return false;
  const { registry, repository } = parseImageRef(image);
  return registry === "quay.io" && repository === "prometheus/node-exporter";
}

/** True if a lifecycle hook or a probe can run any program of the image. */
function runsCommands(container: Container): boolean {
  return "lifecycle" in container || JSON.stringify(container).includes('"exec":');
}
