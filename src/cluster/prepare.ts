import { basename, dirname, join } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Host } from "../host/host.ts";
import {
  findOwnFolder,
  imageFolder,
  listK3sPaths,
  listSettingFiles,
  oomDropIn,
} from "../journal/permitted.ts";
import { UserError } from "../lib/errors.ts";
import type { HostFacts } from "../model/cluster.ts";
import type { Address } from "../registry/server.ts";
import { createRegistriesYaml, parseRegistriesFile, type RegistriesFile } from "../sources/registries.ts";
import { findLastValue, type HostPaths, type K3sSettings } from "./k3s-settings.ts";
import { filterExisting } from "./preflight/existing-k3s.ts";
import { restrictOomScoreAdj } from "./preflight/kernel.ts";

/** A file that k3s is to find when it starts. */
export interface PreparedFile {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}

/** The image registry on loopback, and how registries.yaml names it. */
export interface PulledThrough {
  readonly address: Address;
  /** The registries.yaml that the machine has, if it is kept. */
  readonly existing: RegistriesFile | undefined;
  readonly isLocked: boolean;
}

/**
 * Reads the registries.yaml that k3s would use, which the run's own is made from. The configuration's mirrors and logins
 * replace it.
 */
export async function readExistingRegistries(
  { files }: Pick<Host, "files">,
  { mirrors, registries, k3s }: Pick<Config, "mirrors" | "registries" | "k3s">,
  paths: HostPaths,
): Promise<RegistriesFile | undefined> {
  if (createRegistriesYaml(mirrors, registries) !== undefined) return undefined;
  const path = findLastValue(k3s.args, [registriesFlag]) ?? listSettingFiles(paths).registries;
  const text = (await files.exists(path)) ? await files.readAsRoot(path) : undefined;
  return text === undefined ? undefined : parseRegistriesFile(text);
}

/** Names another registries.yaml. */
export const registriesFlag = "--private-registry";

/** Returns the files to write before k3s is started. */
export function buildPreparedFiles(
  config: Pick<Config, "mirrors" | "registries">,
  settings: K3sSettings,
  facts: HostFacts,
  paths: HostPaths,
  through?: PulledThrough,
): PreparedFile[] {
  const files: PreparedFile[] = [];
  const { registries: registriesFile, subnet: subnetFile, authority } = listSettingFiles(paths);
  const own = through && { ...through, ...through.address, authority };
  const registries = createRegistriesYaml(config.mirrors, config.registries, own);
  if (own) files.push({ path: authority, content: own.certificate, mode: 0o644 });
  // Registries' passwords are in it, and a mirror's address can hold one.
  if (registries !== undefined) files.push({ path: registriesFile, content: registries, mode: 0o600 });
  if (!facts.sysResource) {
    const path = join(settings.dataDir, oomDropIn);
    files.push({ path, content: restrictOomScoreAdj, mode: 0o644 });
  }
  const subnet = buildSubnetEnv(settings, facts);
  if (subnet !== undefined) files.push({ path: subnetFile, content: subnet, mode: 0o644 });
  return files;
}

/**
 * Returns what flannel is going to write into /run/flannel/subnet.env, which its CNI plugin reads for each pod. The node says
 * Ready seconds before flannel wrote it; a pod that is scheduled in between fails, backs off and comes up 10-25 s later.
 * The first node always gets the first subnet, so the file can be there from the start; flannel overwrites it.
 * In the lab a pod was Ready at 6.3 s with the file, at 21.2 s without. Holding the workloads back until flannel wrote it
 * (7 s after the node is Ready) would cure it too, but later, and image pulls and volumes wait for their pods.
 * @returns undefined where it can't be known beforehand: another backend, another family of addresses.
 */
export function buildSubnetEnv(settings: K3sSettings, facts: Pick<HostFacts, "podMtu">): string | undefined {
  const cidr = /^(\d+\.\d+\.\d+)\.0\/(\d+)$/.exec(settings.clusterCidr);
  if (settings.flannelBackend !== "vxlan" || !cidr || Number(cidr[2]) > 24) return undefined;
  return [
    `FLANNEL_NETWORK=${settings.clusterCidr}`,
    `FLANNEL_SUBNET=${cidr[1]}.1/24`,
    `FLANNEL_MTU=${facts.podMtu}`,
    "FLANNEL_IPMASQ=true",
    "",
  ].join("\n");
}

/** What k3s reads as an image archive (pkg/agent/containerd), or as a list of images to pull. */
const archive = /\.(tar|tar\.(gz|bz2|zst|lz4)|tgz|tbz|tzst|txt)$/;

/**
 * Returns the user's image archives, those in folders one by one.
 * @throws UserError for a path that isn't there, or that k3s would not read.
 */
export async function findImageArchives(host: Host, images: readonly string[]): Promise<string[]> {
  const targets: string[] = [];
  for (const image of images) {
    if (!(await host.files.exists(image))) throw new UserError(`k3s.images: there is no ${image}`);
    const inside = await host.files.list(image).catch(() => []);
    const found = inside.filter((name) => archive.test(name)).map((name) => join(image, name));
    if (found.length === 0 && !archive.test(image)) {
      throw new UserError(`k3s.images: ${image} is neither an image archive nor a folder of image archives`, {
        fix: "name files that end in .tar, .tar.zst, .tar.gz, .tar.bz2, .tar.lz4 or .txt",
      });
    }
    targets.push(...(found.length > 0 ? found.sort() : [image]));
  }
  return targets;
}

/**
 * Returns the links in agent/images that make k3s import the user's archives, before the kubelet starts.
 * @throws UserError as `findImageArchives` does
 */
export async function planImageLinks(
  host: Host,
  images: readonly string[],
  dataDir: string,
): Promise<{ link: string; target: string }[]> {
  const targets = await findImageArchives(host, images);
  // Two folders may hold files of the same name.
  return targets.map((target, index) => ({
    link: join(dataDir, imageFolder, `${index}-${basename(target)}`),
    target,
  }));
}

/**
 * Returns the paths that k3s will create and that do not exist yet; where a folder is missing, the folder instead of what
 * would be in it. They are what teardown may remove.
 */
export async function findNewPaths(host: Host, settings: K3sSettings, paths: HostPaths): Promise<string[]> {
  const all = listK3sPaths(settings, paths);
  const there = new Set(
    await filterExisting(host, [...new Set(all.flatMap((path) => [path, dirname(path)]))]),
  );
  const missing = all.filter((path) => !there.has(path));
  const tops = missing.map((path) => {
    const folder = findOwnFolder(path, settings, paths);
    return folder === undefined || there.has(folder) ? path : folder;
  });
  return [...new Set(tops)].filter((path) => !tops.some((top) => path.startsWith(`${top}/`)));
}
