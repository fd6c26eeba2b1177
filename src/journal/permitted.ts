import { basename, dirname, join } from "node:path";
import {
  forwardSettings,
  hostPlaces,
  imageFolder,
  k3sFootprint,
  oomDropIn,
  ownFolderOf,
  settingFiles,
  stateFiles,
} from "./footprint.ts";
import type { KeyOwner } from "./journal-key.ts";
import type { JournalEntry, Known } from "./types.ts";

/** The place that a journal was found in, and what the call that reads it knows by itself. */
export interface Scope {
  readonly stateDir: string;
  /** What the journal was proven with. */
  readonly owner: KeyOwner;
  readonly known: Known;
}

type Of<Kind extends JournalEntry["kind"]> = Extract<JournalEntry, { kind: Kind }>;

/** What monstack changes only with root's rights. */
const needsRoot: readonly JournalEntry["kind"][] = ["k3s", "sysctl", "route"];

/** Why monstack can't have written an entry; undefined when it can. */
export function reasonAgainstEntry(entry: JournalEntry, scope: Scope): string | undefined {
  if (scope.owner === "user" && (needsRoot.includes(entry.kind) || (entry.kind === "file" && entry.root)))
    return "a run without root's rights makes no such change";
  switch (entry.kind) {
    case "file":
      return reasonAgainstFileEntry(entry, scope);
    case "k3s":
      return reasonAgainstK3s(entry, scope.known);
    case "starting":
      return entry.argument === join(scope.stateDir, forwardSettings)
        ? undefined
        : `${entry.argument} is not the forwarder's settings file`;
    case "cluster":
      return entry.clusterKind === "existing" ||
        entry.kubeconfig === join(scope.stateDir, stateFiles.kubeconfig)
        ? undefined
        : `${entry.kubeconfig} is not the kubeconfig of a k3s of monstack's`;
    default:
      return undefined;
  }
}

/** The state folder and the files that are made in it are the user's; those that k3s is to find are root's. */
function reasonAgainstFileEntry({ path, root, previous }: Of<"file">, { stateDir, known }: Scope) {
  const own = [
    stateDir,
    ...[stateFiles.kubeconfig, ...stateFiles.forward].map((name) => join(stateDir, name)),
  ];
  if (!root && previous === undefined && own.includes(path)) return undefined;
  if (root && isK3sFile(path, { canBeBefore: previous !== undefined, known })) return undefined;
  const how = previous === undefined ? "makes" : "replaces";
  return `${path} is not a file that monstack ${how} ${root ? "as root" : "as this user"}`;
}

function isK3sFile(path: string, { canBeBefore, known }: { canBeBefore: boolean; known: Known }): boolean {
  const { registries, subnet } = settingFiles(hostPlaces);
  if (path === registries || path === subnet) return true;
  const dropIn = path.endsWith(`/${oomDropIn}`) ? path.slice(0, -oomDropIn.length - 1) : undefined;
  if (dropIn !== undefined) return reasonAgainstDataDir(dropIn, known.dataDir) === undefined;
  const folder = dirname(path);
  if (canBeBefore || !folder.endsWith(`/${imageFolder}`) || !/^\d{1,5}-/.test(basename(path))) return false;
  return reasonAgainstDataDir(folder.slice(0, -imageFolder.length - 1), known.dataDir) === undefined;
}

function reasonAgainstK3s({ binary, dataDir, paths }: Of<"k3s">, known: Known): string | undefined {
  if (binary !== known.k3s && !/^k3s/.test(basename(binary)))
    return `${binary} is not a k3s, and the settings of this call (k3s-path) don't name it`;
  const reason = reasonAgainstDataDir(dataDir, known.dataDir);
  if (reason !== undefined) return `${dataDir} can't be k3s' data folder: ${reason}`;
  const places = { dataDir, kubeconfig: known.serverKubeconfig ?? defaultServerKubeconfig };
  const footprint = k3sFootprint(places, hostPlaces);
  const may = new Set(footprint.flatMap((path) => [path, ownFolderOf(path, places, hostPlaces) ?? path]));
  const other = paths.find((path) => !may.has(path));
  return other === undefined ? undefined : `${other} is not a path that this k3s makes`;
}

const defaultServerKubeconfig = join(hostPlaces.etcRancher, "k3s/k3s.yaml");
const defaultDataDir = join(hostPlaces.varLib, "rancher/k3s");

/** What a distribution, its users or the kernel have; the last parts are folders in them that anybody may use. */
const systemTree =
  /^\/(?:bin|boot|etc|lib\w*|proc|sbin|sys|dev(?!\/shm\/)|usr(?!\/local\/)|run(?!\/[^/]*(?:k3s|rancher))|var\/(?:log|run|mail|spool)|var\/lib\/(?:dpkg|rpm|apt|systemd|docker|containerd|kubelet|cni|monstack))(?:\/|$)/;
/** Folders with everybody's folders in them, and homes. */
const tooHigh = /^\/[^/]+$|^\/home\/[^/]+$|^\/var\/(?:[^/]+|lib\/rancher)$/;

/**
 * Why a folder can't be the one that k3s keeps its data in: all of it is removed, and each program that runs from it is
 * ended.
 * @param known the one that the settings of this call name
 */
export function reasonAgainstDataDir(path: string, known: string | undefined): string | undefined {
  if (path === defaultDataDir) return undefined;
  if (systemTree.test(path) || tooHigh.test(path)) return "it is a folder of the system";
  if (path === known || /k3s|rancher/.test(basename(path))) return undefined;
  return "its name is not one of k3s', and the settings of this call (k3s-args, --data-dir) don't name it";
}
