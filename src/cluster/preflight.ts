import type { Config } from "../config/schema.ts";
import type { Context } from "../host/host.ts";
import { InstallError } from "../lib/errors.ts";
import type { Finding, HostFacts, Preflight, Problem } from "../model/cluster.ts";
import { type HostPaths, type K3sSettings, listHostPaths, resolveK3sSettings } from "./k3s-settings.ts";
import { isNearlyFull, judgeDisk, readDisk } from "./preflight/disk.ts";
import { probeExistingK3s } from "./preflight/existing-k3s.ts";
import {
  hasSysResource,
  hasSystemd,
  judgeCgroups,
  judgeOverlay,
  judgeRootPropagation,
  judgeSysctls,
  judgeSysResource,
  parseRootPropagation,
  probePlatform,
  probePrograms,
  readCgroups,
  readOverlay,
  readSysctls,
} from "./preflight/kernel.ts";
import { readPodNetwork } from "./preflight/network.ts";
import { probePorts } from "./preflight/ports.ts";

/**
 * Checks the host that k3s is to run on, and returns the findings and what is done about them. Changes nothing but
 * for asking the kernel for overlayfs.
 * @throws InstallError naming everything that k3s can't run with.
 */
export async function checkHost(
  context: Context,
  config: Config,
  paths = listHostPaths(),
): Promise<Preflight> {
  const { problems, result } = await examine(context, config, paths);
  if (result === undefined || problems.length > 0) throw asError(problems);
  for (const { found, done } of result.adaptations) context.log.info(`${found}: ${done}`);
  for (const warning of result.warnings) context.log.warn(warning);
  return result;
}

/** Checks the host as `checkHost` does, but returns all problems instead of throwing, for `doctor`. */
export async function examine(
  { host }: Context,
  config: Config,
  paths: HostPaths = listHostPaths(),
): Promise<{ problems: readonly Problem[]; result: Preflight | undefined }> {
  const platform = await probePlatform(host, paths);
  if (platform.length > 0) return { problems: platform.flatMap(asProblem), result: undefined };
  const settings = resolveK3sSettings(config.k3s.args, paths);
  const { facts, findings } = await readFacts(host, paths, config.k3s.args, settings);
  const existing = await probeExistingK3s(host, paths, {
    dataDirs: [settings.dataDir, `${paths.varLib}/rancher/k3s`],
    kubeconfig: settings.kubeconfig,
    stateDir: config.stateDir,
  });
  // A k3s that runs here holds the ports as well; saying it once is enough.
  const ports = existing.length > 0 ? [] : await probePorts(host, paths, settings.apiPort);
  const all = [...existing, ...ports, ...(await probePrograms(host)), ...findings];
  return {
    problems: all.flatMap(asProblem),
    result: {
      adaptations: all.flatMap(({ kind, ...rest }) =>
        kind === "adaptation" && "done" in rest ? [rest] : [],
      ),
      warnings: all.flatMap((finding) => (finding.kind === "warning" ? [finding.message] : [])),
      dataDir: settings.dataDir,
      facts,
    },
  };
}

async function readFacts(
  host: Context["host"],
  paths: HostPaths,
  args: readonly string[],
  settings: K3sSettings,
): Promise<{ facts: HostFacts; findings: Finding[] }> {
  const systemd = await hasSystemd(host, paths);
  // A unit runs with PID 1's mounts and rights, a detached process with ours (through sudo, root's).
  const runsAs = `${paths.proc}/${systemd ? "1" : "self"}`;
  const [status, mountinfo, cgroups, overlayfs, sysctls, disk, network] = await Promise.all([
    host.files.readAsRoot(`${runsAs}/status`),
    host.files.readAsRoot(`${runsAs}/mountinfo`),
    readCgroups(host, paths),
    readOverlay(host, paths),
    readSysctls(host, paths),
    readDisk(host, settings.dataDir),
    readPodNetwork(host, paths, args, settings),
  ]);
  const facts: HostFacts = {
    systemd,
    cgroups: cgroups.kind,
    sysResource: hasSysResource(status ?? ""),
    rootPropagation: parseRootPropagation(mountinfo ?? ""),
    overlayfs,
    ...network.facts,
    sysctls,
    diskNearlyFull: disk !== undefined && isNearlyFull(disk),
  };
  const findings = [
    ...judgeSysResource(facts.sysResource),
    ...judgeCgroups(cgroups.kind, cgroups.controllers),
    ...judgeRootPropagation(facts.rootPropagation),
    ...judgeOverlay(overlayfs),
    ...judgeSysctls(sysctls),
    ...judgeDisk(disk, settings.dataDir),
    ...network.findings,
  ];
  return { facts, findings };
}

function asProblem(finding: Finding): Problem[] {
  return finding.kind === "problem" ? [finding] : [];
}

function asError(problems: readonly Problem[]): InstallError {
  const [first] = problems;
  if (first !== undefined && problems.length === 1)
    return new InstallError(first.message, { fix: first.fix });
  const list = problems.map(({ message, fix }) => `- ${message} (${fix})`).join("\n");
  return new InstallError(`k3s can't run on this host:\n${list}`, {
    fix: "fix each of these, then try again",
  });
}
