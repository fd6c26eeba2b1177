import { join, resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import { splitSecretArguments } from "../config/secrets.ts";
import type { Context, Host } from "../host/host.ts";
import type { Journal } from "../journal/journal.ts";
import {
  explainForbiddenDataDir,
  imageFolder,
  isNetwork,
  k3sUnit,
  stateFiles,
} from "../journal/permitted.ts";
import type { JournalEntry } from "../journal/types.ts";
import { UserError } from "../lib/errors.ts";
import type { Tool } from "../lockfile/tools.ts";
import type { Preflight, RunningK3s } from "../model/cluster.ts";
import { checkAuthorities } from "../sources/registries.ts";
import {
  buildK3sFlags,
  type HostPaths,
  listHostPaths,
  removeFlag,
  resolveK3sSettings,
} from "./k3s-settings.ts";
import { launch, processState } from "./launch.ts";
import { filterExisting } from "./preflight/existing-k3s.ts";
import { ownMountNamespace } from "./preflight/kernel.ts";
import {
  buildPreparedFiles,
  findNewPaths,
  type PreparedFile,
  type PulledThrough,
  planImageLinks,
  registriesFlag,
} from "./prepare.ts";

type Undated = JournalEntry extends infer Entry
  ? Entry extends JournalEntry
    ? Omit<Entry, "at">
    : never
  : never;

interface StartOptions {
  readonly paths?: HostPaths;
  /** The image registry that k3s' containerd asks first. */
  readonly through?: PulledThrough | undefined;
}

/**
 * Starts k3s and returns at once; `waitForApi` waits until it can be used. Each change to the host is in the journal
 * before it is made, in an order in which it can be undone backwards: the process, k3s as a whole, its files, the
 * kernel's settings.
 * @throws UserError when an image archive or an authority's certificate isn't there, InstallError when k3s can't be started at all.
 */
export async function startK3s(
  context: Context,
  config: Config,
  tool: Tool,
  preflight: Preflight,
  journal: Journal,
  { paths = listHostPaths(), through }: StartOptions = {},
): Promise<RunningK3s> {
  const { host } = context;
  const { facts } = preflight;
  const settings = resolveK3sSettings(config.k3s.args, paths);
  const note = (entry: Undated) =>
    journal.append({ ...entry, at: new Date(host.now()).toISOString() } as JournalEntry);
  const reason = explainForbiddenDataDir(settings.dataDir, settings.dataDir);
  if (reason !== undefined)
    throw new UserError(`k3s.args: --data-dir ${settings.dataDir} can't be k3s' data folder: ${reason}`, {
      fix: "name a folder of its own, for example /var/lib/rancher/k3s",
    });
  await checkAuthorities(host.files, config.registries);
  const links = await planImageLinks(host, config.k3s.images, settings.dataDir);
  const unit = facts.systemd ? k3sUnit : undefined;
  const kubeconfig = join(config.stateDir, stateFiles.kubeconfig);

  for (const sysctl of facts.sysctls) await note({ kind: "sysctl", ...sysctl });
  if (facts.serviceRoute !== undefined) await note({ kind: "route", to: facts.serviceRoute });
  await note({ kind: "file", path: kubeconfig, root: false });
  const come = await findNewPaths(host, settings, paths);
  const files = buildPreparedFiles(config, settings, facts, paths, through);
  await noteFiles(context, files, note);
  // In a folder that was there before, the links go one by one.
  const imagesAreNew = come.some((path) => join(settings.dataDir, imageFolder).startsWith(path));
  if (!imagesAreNew) for (const { link } of links) await note({ kind: "file", path: link, root: true });
  const networks = [settings.clusterCidr, settings.serviceCidr].flatMap((value) =>
    value.split(",").filter(isNetwork),
  );
  await note({
    kind: "k3s",
    binary: resolve(tool.path),
    dataDir: settings.dataDir,
    unit,
    paths: come,
    networks,
  });

  await Promise.all(files.map(({ path, content, mode }) => host.files.writeAsRoot(path, content, mode)));
  await linkImages(context, links, settings.dataDir);
  if (facts.serviceRoute !== undefined) await addRoute(host, facts.serviceRoute);

  const flags = buildK3sFlags(config, tool.version, facts);
  // What that file says is in the run's own.
  const { args, env } = splitSecretArguments(through ? removeFlag(flags, registriesFlag) : flags);
  const server = [tool.path, "server", ...args] as const;
  const [command, ...rest] = [...(facts.rootPropagation === "shared" ? [] : ownMountNamespace), ...server];
  const logFile = join(config.stateDir, "k3s.log");
  context.log.debug(`starting ${[command, ...rest].join(" ")}`);
  const startedAt = host.now();
  const pid = await launch(context, [command ?? tool.path, ...rest], {
    systemd: facts.systemd,
    logFile,
    env,
  });
  // One that ended at once has no start time; waiting for its API finds that out and says why.
  const startTime = (await processState(host, pid))?.startTime ?? "";
  if (startTime !== "") await note({ kind: "process", name: "k3s", pid, startTime });
  return {
    pid,
    startTime,
    unit,
    version: tool.version,
    logFile,
    dataDir: settings.dataDir,
    serverKubeconfig: settings.kubeconfig,
    kubeconfig,
    startedAt,
  };
}

/** A file that was there before (a registries.yaml of the user's) is kept in the journal, to be put back. */
async function noteFiles(
  { host, log }: Context,
  files: readonly PreparedFile[],
  note: (entry: Undated) => Promise<void>,
): Promise<void> {
  const there = new Set(
    files.length === 0
      ? []
      : await filterExisting(
          host,
          files.map(({ path }) => path),
        ),
  );
  for (const { path } of files) {
    const previous = there.has(path) ? await host.files.readAsRoot(path) : undefined;
    if (previous !== undefined)
      log.warn(`${path} was there before; it is changed for this run and put back at teardown`);
    await note({ kind: "file", path, root: true, ...(previous === undefined ? {} : { previous }) });
  }
}

/**
 * Adds a route by loopback. Any route makes the kernel apply kube-proxy's rules, which lead to a pod. By loopback no packet
 * leaves the host, even if the service does not exist.
 */
async function addRoute(host: Host, to: string): Promise<void> {
  await host.exec(["ip", "-4", "route", "add", to, "dev", "lo"], { root: true });
}

async function linkImages(
  { host }: Context,
  links: readonly { link: string; target: string }[],
  dataDir: string,
): Promise<void> {
  if (links.length === 0) return;
  await host.exec(["mkdir", "-p", join(dataDir, imageFolder)], { root: true });
  // One process for all of them: there can be dozens, and each sudo takes its time.
  const script = 'while [ $# -gt 0 ]; do ln -sfn -- "$1" "$2" || exit 1; shift 2; done';
  await host.exec(["sh", "-c", script, "link", ...links.flatMap(({ link, target }) => [target, link])], {
    root: true,
  });
}
