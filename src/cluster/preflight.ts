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
 * Checks the host on which k3s is to run. Returns the adaptations, warnings and facts, and logs them. Changes nothing,
 * except that the kernel may load its module for overlayfs.
 * @throws InstallError with everything that prevents k3s from running
 */
export async function checkHost(
  context: Context,
  config: Config,
  paths = listHostPaths(),
): Promise<Preflight> {
  const { problems, result } = await examineHost(context, config, paths);
  if (result === undefined || problems.length > 0) throw createProblemsError(problems);
  for (const { found: finding, done: adaptation } of result.adaptations)
    context.log.info(`${finding}: ${adaptation}`);
  for (const warning of result.warnings) context.log.warn(warning);
  return result;
}

/**
 * Checks the host like `checkHost`, but returns all problems instead of throwing. `result` is undefined on a platform
 * where k3s can't run.
 */
export async function examineHost(
  { host }: Context,
  config: Config,
  paths: HostPaths = listHostPaths(),
): Promise<{ problems: readonly Problem[]; result: Preflight | undefined }> {
  const platformFindings = await probePlatform(host, paths);
  if (platformFindings.length > 0)
    return { problems: platformFindings.flatMap(toProblems), result: undefined };
  const settings = resolveK3sSettings(config.k3s.args, paths);
  const { facts, findings } = await readFacts(host, paths, config.k3s.args, settings);
  const existing = await probeExistingK3s(host, paths, {
    dataDirs: [settings.dataDir, `${paths.varLib}/rancher/k3s`],
    kubeconfig: settings.kubeconfig,
    stateDir: config.stateDir,
  });
  // An existing k3s uses the ports too. It is reported only once.
  const ports = existing.length > 0 ? [] : await probePorts(host, paths, settings.apiPort);
  const allFindings = [...existing, ...ports, ...(await probePrograms(host)), ...findings];
  return {
    problems: allFindings.flatMap(toProblems),
    result: {
      adaptations: allFindings.flatMap(({ kind, ...rest }) =>
        kind === "adaptation" && "done" in rest ? [rest] : [],
      ),
      warnings: allFindings.flatMap((finding) => (finding.kind === "warning" ? [finding.message] : [])),
      dataDir: settings.dataDir,
      facts,
    },
  };
}

/** Reads the facts about the host that k3s' settings depend on, and judges them. */
async function readFacts(
  host: Context["host"],
  paths: HostPaths,
  args: readonly string[],
  settings: K3sSettings,
): Promise<{ facts: HostFacts; findings: Finding[] }> {
  const isSystemd = await hasSystemd(host, paths);
  // A systemd unit runs with the mounts and rights of PID 1, a detached process with those of this process.
  const processFolder = `${paths.proc}/${isSystemd ? "1" : "self"}`;
  const [status, mountinfo, cgroups, overlayfs, sysctls, disk, network] = await Promise.all([
    host.files.readAsRoot(`${processFolder}/status`),
    host.files.readAsRoot(`${processFolder}/mountinfo`),
    readCgroups(host, paths),
    readOverlay(host, paths),
    readSysctls(host, paths),
    readDisk(host, settings.dataDir),
    readPodNetwork(host, paths, args, settings),
  ]);
  const facts: HostFacts = {
    systemd: isSystemd,
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

/** Returns a finding as a list if it is a problem, else an empty list. */
function toProblems(finding: Finding): Problem[] {
  return finding.kind === "problem" ? [finding] : [];
}

/** Returns the error that lists all problems, with the fix of each. */
function createProblemsError(problems: readonly Problem[]): InstallError {
  const [firstProblem] = problems;
  if (firstProblem !== undefined && problems.length === 1)
    return new InstallError(firstProblem.message, { fix: firstProblem.fix });
  const list = problems.map(({ message, fix }) => `- ${message} (${fix})`).join("\n");
  return new InstallError(`k3s can't run on this host:\n${list}`, {
    fix: "fix each of these, then try again",
  });
}
