import { defaultRepos } from "../config/defaults.ts";
import { type KubeObject, listPodSpecs } from "../kube/manifest.ts";
import { parseImageRef } from "../lib/image.ts";
import { isMapping } from "../lib/object.ts";
import type { RenderedApp } from "../model/rendered.ts";

type Path = readonly (string | number)[];

/** Something in an object that lets a pod reach into the machine that it runs on, or do everything in the cluster. */
interface HostAccess {
  readonly object: KubeObject;
  readonly path: Path;
  /** e.g. `a hostPath (/etc)`. */
  readonly what: string;
}

/**
 * Returns what the objects of a release could do to the machine, as far as it is written in them. Each mapping counts,
 * whatever object it belongs to: an operator makes pods of objects of its own kinds.
 */
export function findHostAccess({ app, objects, hooks = [], tests = [] }: RenderedApp): HostAccess[] {
  return (
    // Helm treats no object in a chart's folder crds/ as a test, whatever its annotations are.
    [...objects, ...hooks, ...tests]
      // Its schema has the names of such fields.
      .filter(({ kind }) => kind !== "CustomResourceDefinition")
      .filter((object) => !isNodeExporter(app.chart, object))
      .flatMap((object) => listFindings(object, [], object))
  );
}

function listFindings(node: unknown, path: Path, object: KubeObject): HostAccess[] {
  if (Array.isArray(node)) return node.flatMap((one, index) => listFindings(one, [...path, index], object));
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) => {
    const at = [...path, key];
    const what = accessIn(key, value, object);
    return what === undefined ? listFindings(value, at, object) : [{ object, path: at, what }];
  });
}

/** Capabilities that the runtime gives by default, and those that the Pod Security Standard "baseline" also allows. */
const harmless: ReadonlySet<string> = new Set([
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"],
  ...["NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
]);

function accessIn(key: string, value: unknown, { kind }: KubeObject): string | undefined {
  if (key === "hostPath" && isMapping(value)) return `a hostPath (${String(value["path"])})`;
  if (key === "local" && kind === "PersistentVolume" && isMapping(value))
    return `a folder of the machine (${String(value["path"])})`;
  // `yes` and `on` are true for helm and a string for others: only a value that all take for false is passed over.
  if (hostFields.has(key) && value !== false && value !== null) return `${key}: true`;
  if (key === "hostPort" && value !== 0 && value !== null) return `a port of the machine (${String(value)})`;
  if (key === "gitRepo" && isMapping(value)) return "a gitRepo volume, which the kubelet fetches as root";
  if (key === "sysctls" && Array.isArray(value) && value.length > 0) return "sysctls";
  if (/^(seccomp|appArmor)Profile$/.test(key) && isMapping(value) && value["type"] === "Unconfined")
    return `${key}: Unconfined`;
  if (key === "parameters" && kind === "StorageClass" && isMapping(value) && chosenFolder in value)
    return "folders of the machine that a StorageClass chooses (pathPattern)";
  if (key === "procMount" && value === "Unmasked") return "procMount: Unmasked";
  if (key === "capabilities" && isMapping(value) && Array.isArray(value["add"])) {
    const more = value["add"]
      .map(String)
      .filter((name) => !harmless.has(name.replace(/^CAP_/i, "").toUpperCase()));
    return more.length === 0 ? undefined : `the capabilities ${more.join(", ")}`;
  }
  if (key === "roleRef" && isMapping(value) && value["name"] === "cluster-admin")
    return "the role cluster-admin";
  if (key === "aggregationRule" && kind === "ClusterRole")
    return "the rights of other roles (aggregationRule)";
  if (key === "rules" && /^(Cluster)?Role$/.test(kind) && Array.isArray(value) && value.some(isEverything))
    return "every right in the cluster";
  return undefined;
}

const hostFields: ReadonlySet<string> = new Set([
  "hostPID",
  "hostIPC",
  "hostNetwork",
  "privileged",
  "hostProcess",
]);

/** https://github.com/rancher/local-path-provisioner#storage-classes */
const chosenFolder = "pathPattern";

const writing = /^(\*|create|update|patch|delete|deletecollection|impersonate|escalate|bind)$/;

function isEverything(rule: unknown): boolean {
  const listOf = (key: string) => (isMapping(rule) && Array.isArray(rule[key]) ? rule[key].map(String) : []);
  const isAll = (key: string) => listOf(key).includes("*");
  return isAll("apiGroups") && isAll("resources") && listOf("verbs").some((verb) => writing.test(verb));
}

/** What node-exporter measures; read only. */
const measured: ReadonlySet<unknown> = new Set(["/proc", "/sys", "/"]);

/**
 * The node-exporter of the community's charts: its own image and nothing beside it, which only reads. With another image,
 * or a second container, it would be anybody's program with the machine's files.
 */
function isNodeExporter(chart: RenderedApp["app"]["chart"], object: KubeObject): boolean {
  if (chart.kind !== "repo" || chart.repoUrl !== defaultRepos["prometheus-community"]?.url) return false;
  if (object.kind !== "DaemonSet") return false;
  const [pod] = listPodSpecs(object) as PodSpec[];
  const [container, ...others] = [...(pod?.initContainers ?? []), ...(pod?.containers ?? [])];
  if (pod === undefined || container === undefined || others.length > 0) return false;
  const paths = (pod.volumes ?? []).flatMap((volume) => (volume.hostPath ? [volume.hostPath.path] : []));
  const named = new Set((pod.volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name));
  const writes = (container.volumeMounts ?? []).some(
    (mount) => named.has(mount.name) && mount.readOnly !== true,
  );
  const isGuarded =
    container.securityContext?.privileged !== true && !container.securityContext?.capabilities?.add?.length;
  return (
    isOwnImage(container) &&
    !runsCommands(container) &&
    paths.every((path) => measured.has(path)) &&
    !writes &&
    isGuarded
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

function isOwnImage({ image, command }: Container): boolean {
  if (typeof image !== "string" || command !== undefined) return false;
  const { registry, repository } = parseImageRef(image);
  return registry === "quay.io" && repository === "prometheus/node-exporter";
}

/** True if a lifecycle hook or a probe can run any program of the image. */
function runsCommands(container: Container): boolean {
  return "lifecycle" in container || JSON.stringify(container).includes('"exec":');
}
