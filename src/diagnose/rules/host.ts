import { findFatalLine, findKnownCause, k3sCauses } from "../../cluster/diagnosis.ts";
import { formatBytes } from "../../lib/quantity.ts";
import { listUnpassedCheckIds } from "../checks.ts";
import type { Evidence, HostEvidence } from "../evidence.ts";
import { canExplainChecks, quoteLine, readAllLogLines, shortenToLine } from "../log-lines.ts";
import type { DiagnosisRule, Finding } from "../rule.ts";
import { listSeenTargets } from "./targets.ts";

const titles: Readonly<Record<string, string>> = {
  "port-in-use": "A port that is needed is in use",
  "cgroup-v1": "The kubelet refuses the host's cgroup v1",
  "k3s-flag": "k3s, or a component of it, doesn't know a flag",
  "cgroup-missing": "A cgroup controller is not available",
  "overlay-missing": "overlayfs doesn't work where k3s keeps its data",
  "kernel-module": "A kernel module can't be loaded",
  "no-default-route": "The host has no default route",
  "host-disk-full": "The host's disk is full",
  "file-limits": "The limit of open files or inotify instances is reached",
  "other-cluster-data": "The data folder holds another cluster",
  "wrong-architecture": "The k3s binary is for another architecture",
  "not-root": "k3s was not run as root",
  "ip-forward": "IP forwarding can't be turned on",
  "cni-conflict": "Another network plugin is in the way",
};

/**
 * A rule for each reason why k3s does not start. k3s' log has the reason, or the check of the host before the start.
 */
export const k3sRules: readonly DiagnosisRule[] = k3sCauses.map((id) => ({
  id,
  layer: "host",
  title: titles[id] ?? id,
  evidence: "k3s' log; the check of the host before k3s is started",
  find: (evidence) => findStartFailures(evidence).filter((finding) => finding.id === id),
}));

/** Returns why k3s did not start; empty if it started, or if the reason is unknown. */
function findStartFailures({
  failure,
  host,
  cluster,
}: Evidence): readonly (Finding & { readonly id: string })[] {
  const message = failure?.message ?? "";
  const portMatch = /port (\d{1,5})[^\n]{0,300} is (?:in use|taken)/.exec(message);
  if (portMatch) {
    const finding = describeK3sCause("port-in-use", shortenToLine(message), [], portMatch[1] ?? "");
    // The check that found the port in use knows the port's setting.
    return [{ ...finding, fix: failure?.fix ?? finding.fix }];
  }
  // If k3s' API has responded, errors in its log have another cause.
  if (!/\bk3s\b/.test(message) || (cluster !== undefined && !/\bended\b/.test(message))) return [];
  const log = host.k3sLog ?? "";
  const cause = findKnownCause(`${log}\n${message}`);
  if (cause === undefined) return [];
  const fatalLine = findFatalLine(log);
  const flagMatch = /flag (\S+)|flags: (\S+)/.exec(cause.message);
  return [
    {
      ...describeK3sCause(
        cause.id,
        `k3s does not start: ${cause.message}`,
        fatalLine === undefined ? [] : [fatalLine],
        flagMatch?.[1] ?? "",
      ),
      fix: `${cause.fix.charAt(0).toUpperCase()}${cause.fix.slice(1)}.`,
    },
  ];
}

/** Returns the finding for a reason why k3s does not start. */
function describeK3sCause(
  id: string,
  what: string,
  lines: readonly string[],
  value: string,
): Finding & { readonly id: string } {
  const quotedLines = lines.length > 0 ? lines.map((line) => `k3s' log: ${shortenToLine(line)}`) : [];
  return {
    id,
    what,
    how: quotedLines.length > 0 ? quotedLines : ["seen on this host before anything was started"],
    fix: "Stop what has the port (`ss -ltnp` names it; a stack left by an earlier run goes with `monstack down`), or choose another one (ports: in monstack.yaml).",
    keys: id === "port-in-use" ? ["ports"] : ["k3s.args"],
    values: value === "" ? [] : [value],
  };
}

const fullDiskPattern = /no space left on device|disk quota exceeded|database or disk is full/i;
/** Matches `no space left on device` errors that mean another limit: the user's inotify watches. */
const inotifyError = /inotify|fsnotify|failed to watch/i;
/** A disk with less free space is full: an image's layer does not fit any more. */
const leastFreeBytes = 256 * 1024 ** 2;
/** A disk with a smaller free share is full. By default the kubelet begins to evict pods at 5 to 10 % free. */
const leastFreeShare = 0.05;

export const diskFull: DiagnosisRule = {
  id: "disk-full",
  layer: "host",
  title: "A disk is full",
  evidence: "`no space left on device` in a log; the free space of the disk that the cluster's data is on",
  find: (evidence) => {
    const explains = listUnpassedCheckIds(evidence);
    const line = readAllLogLines(evidence).findLast(
      (candidate) =>
        fullDiskPattern.test(candidate.text) &&
        !inotifyError.test(candidate.text) &&
        canExplainChecks(evidence, candidate, explains),
    );
    const isHostFull = isDiskFull(evidence.host.disk);
    if (line === undefined && !isHostFull) return [];
    const { disk } = evidence.host;
    const measurement = disk
      ? [
          `${disk.path} of this machine has ${formatBytes(disk.freeBytes)} of ${formatBytes(disk.sizeBytes)} free`,
        ]
      : [];
    const location = isHostFull ? `this machine's disk under ${disk?.path}` : "the volume that it writes to";
    return [
      {
        what: `The disk is full: ${line === undefined ? location : `${getContainer(line.source)} can't write any more, to ${location}`}`,
        how: [...(line ? [quoteLine(line)] : []), ...measurement],
        fix: isHostFull
          ? `Free space below ${disk?.path}, or put state-dir on a larger disk.`
          : "Make the volume larger (server.persistentVolume.size), or keep less: server.retention, server.retentionSize.",
        sureness: line ? "certain" : "likely",
        explains,
        keys: ["persistentVolume.size", "retentionSize", "retention", "sizeLimit"],
      },
    ];
  },
};

/** True if a measured disk has too little free space; false if no disk was measured. */
function isDiskFull(disk: HostEvidence["disk"]): boolean {
  if (disk === undefined) return false;
  return disk.freeBytes < leastFreeBytes || disk.freeBytes < disk.sizeBytes * leastFreeShare;
}

/** Returns the container in a line's source. */
function getContainer(source: string): string {
  return source.replace(/^the log of /, "").replace(" (its run before)", "");
}

/** A smaller difference may only be the time that the request took. */
const leastSkewSeconds = 5;
/** From this difference on, Prometheus' samples of this deployment seem to be from another time. */
const certainSkewSeconds = 30;

export const clockSkew: DiagnosisRule = {
  id: "clock-skew",
  layer: "host",
  title: "Clocks differ",
  evidence: "Prometheus' clock against this machine's; certificates that are not valid yet",
  find: (evidence) => [...findMeasuredSkew(evidence), ...findNotYetValid(evidence)],
};

/** Returns the finding if Prometheus' clock differs from this machine's clock. */
function findMeasuredSkew(evidence: Evidence): readonly Finding[] {
  const { clock } = evidence.prometheus ?? {};
  if (clock === undefined) return [];
  const aheadSeconds = clock.theirs - clock.ours;
  if (Math.abs(aheadSeconds) < leastSkewSeconds) return [];
  const difference = `${Math.abs(Math.round(aheadSeconds))} s ${aheadSeconds > 0 ? "ahead of" : "behind"}`;
  return [
    {
      what: `Prometheus' clock is ${difference} this machine's: samples look too old or from the future`,
      how: [
        `the time of Prometheus is ${formatIsoTime(clock.theirs)}, this machine ${formatIsoTime(clock.ours)}`,
      ],
      fix: "Set the clocks of the cluster's nodes and of this machine by the same time server (chrony, systemd-timesyncd).",
      sureness: Math.abs(aheadSeconds) >= certainSkewSeconds ? "certain" : "likely",
      explains: listUnpassedCheckIds(evidence, /^(?!grafana-(healthy|datasource)$|values-known$|workloads-)/),
    },
  ];
}

/** Maximum number of targets whose errors a finding quotes. */
const maxQuotedTargets = 3;

/**
 * Returns the finding for a certificate that is not valid yet, which was most likely issued by a machine whose clock
 * is ahead.
 */
function findNotYetValid(evidence: Evidence): readonly Finding[] {
  const earlyTargets = listSeenTargets(evidence).filter(({ lastError }) =>
    /not yet valid: current time \S{1,100} is before/.test(lastError),
  );
  const firstTarget = earlyTargets[0];
  if (firstTarget === undefined) return [];
  return [
    {
      what: `The clock of Prometheus' node, or of who issued the certificate of ${firstTarget.url}, is wrong: the certificate is not valid yet`,
      how: earlyTargets
        .slice(0, maxQuotedTargets)
        .map(({ url, lastError }) => `target ${url}: ${shortenToLine(lastError)}`),
      fix: "Set the clocks of the nodes by a time server, then issue the certificate anew.",
      sureness: "likely",
      explains: listUnpassedCheckIds(evidence, /^targets-up$/),
    },
  ];
}

/** Returns a time in seconds since the epoch as ISO 8601. */
function formatIsoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
