import { findFatalLine, findKnownCause, k3sCauses } from "../../cluster/diagnosis.ts";
import { formatBytes } from "../../lib/quantity.ts";
import { listNotPassed } from "../checks.ts";
import type { Evidence, HostEvidence } from "../evidence.ts";
import { canExplain, quote, readAllLines, shorten } from "../log-lines.ts";
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

/** k3s did not start: its log has the reason, or the check of the host before the start had. */
export const k3sRules: readonly DiagnosisRule[] = k3sCauses.map((id) => ({
  id,
  layer: "host",
  title: titles[id] ?? id,
  evidence: "k3s' log; the check of the host before k3s is started",
  find: (evidence) => findStartFailures(evidence).filter((one) => one.id === id),
}));

function findStartFailures({
  failure,
  host,
  cluster,
}: Evidence): readonly (Finding & { readonly id: string })[] {
  const message = failure?.message ?? "";
  const busy = /port (\d{1,5})[^\n]{0,300} is (?:in use|taken)/.exec(message);
  if (busy) {
    const one = describeK3sCause("port-in-use", shorten(message), [], busy[1] ?? "");
    // Whoever found the port taken knows which setting it is.
    return [{ ...one, fix: failure?.fix ?? one.fix }];
  }
  // Once its API responds, errors in k3s' log have another cause.
  if (!/\bk3s\b/.test(message) || (cluster !== undefined && !/\bended\b/.test(message))) return [];
  const log = host.k3sLog ?? "";
  const cause = findKnownCause(`${log}\n${message}`);
  if (cause === undefined) return [];
  const fatal = findFatalLine(log);
  const flag = /flag (\S+)|flags: (\S+)/.exec(cause.message);
  return [
    {
      ...describeK3sCause(
        cause.id,
        `k3s does not start: ${cause.message}`,
        fatal === undefined ? [] : [fatal],
        flag?.[1] ?? "",
      ),
      fix: `${cause.fix.charAt(0).toUpperCase()}${cause.fix.slice(1)}.`,
    },
  ];
}

function describeK3sCause(
  id: string,
  what: string,
  lines: readonly string[],
  value: string,
): Finding & { id: string } {
  const source = lines.length > 0 ? lines.map((line) => `k3s' log: ${shorten(line)}`) : [];
  return {
    id,
    what,
    how: source.length > 0 ? source : ["seen on this host before anything was started"],
    fix: "Stop what has the port (`ss -ltnp` names it; a stack left by an earlier run goes with `monstack down`), or choose another one (ports: in monstack.yaml).",
    keys: id === "port-in-use" ? ["ports"] : ["k3s.args"],
    values: value === "" ? [] : [value],
  };
}

const fullDiskPattern = /no space left on device|disk quota exceeded|database or disk is full/i;
/** Linux calls it so, too, when a user has all the inotify watches that it may have. */
const watches = /inotify|fsnotify|failed to watch/i;
/** Less than this is full: an image's layer does not fit any more. */
const leastBytes = 256 * 1024 ** 2;
/** Where the kubelet begins to evict, by default at 5 to 10 % free. */
const leastShare = 0.05;

export const diskFull: DiagnosisRule = {
  id: "disk-full",
  layer: "host",
  title: "A disk is full",
  evidence: "`no space left on device` in a log; the free space of the disk that the cluster's data is on",
  find: (evidence) => {
    const explains = listNotPassed(evidence);
    const line = readAllLines(evidence).findLast(
      (one) =>
        fullDiskPattern.test(one.text) && !watches.test(one.text) && canExplain(evidence, one, explains),
    );
    const host = isFull(evidence.host.disk);
    if (line === undefined && !host) return [];
    const { disk } = evidence.host;
    const measured = disk
      ? [
          `${disk.path} of this machine has ${formatBytes(disk.freeBytes)} of ${formatBytes(disk.sizeBytes)} free`,
        ]
      : [];
    const where = host ? `this machine's disk under ${disk?.path}` : "the volume that it writes to";
    return [
      {
        what: `The disk is full: ${line === undefined ? where : `${getProgram(line.source)} can't write any more, to ${where}`}`,
        how: [...(line ? [quote(line)] : []), ...measured],
        fix: host
          ? `Free space below ${disk?.path}, or put state-dir on a larger disk.`
          : "Make the volume larger (server.persistentVolume.size), or keep less: server.retention, server.retentionSize.",
        sureness: line ? "certain" : "likely",
        explains,
        keys: ["persistentVolume.size", "retentionSize", "retention", "sizeLimit"],
      },
    ];
  },
};

function isFull(disk: HostEvidence["disk"]): boolean {
  if (disk === undefined) return false;
  return disk.freeBytes < leastBytes || disk.freeBytes < disk.sizeBytes * leastShare;
}

function getProgram(source: string): string {
  return source.replace(/^the log of /, "").replace(" (its run before)", "");
}

/** Less than this is the time that asking took. */
const leastSeconds = 5;
/** From here on no sample of this deployment looks as if it were one. */
const muchSeconds = 30;

export const clockSkew: DiagnosisRule = {
  id: "clock-skew",
  layer: "host",
  title: "Clocks differ",
  evidence: "Prometheus' clock against this machine's; certificates that are not valid yet",
  find: (evidence) => [...findMeasuredSkew(evidence), ...findNotYetValid(evidence)],
};

function findMeasuredSkew(evidence: Evidence): readonly Finding[] {
  const { clock } = evidence.prometheus ?? {};
  if (clock === undefined) return [];
  const ahead = clock.theirs - clock.ours;
  if (Math.abs(ahead) < leastSeconds) return [];
  const seconds = `${Math.abs(Math.round(ahead))} s ${ahead > 0 ? "ahead of" : "behind"}`;
  return [
    {
      what: `Prometheus' clock is ${seconds} this machine's: samples look too old or from the future`,
      how: [
        `the time of Prometheus is ${formatIsoTime(clock.theirs)}, this machine ${formatIsoTime(clock.ours)}`,
      ],
      fix: "Set the clocks of the cluster's nodes and of this machine by the same time server (chrony, systemd-timesyncd).",
      sureness: Math.abs(ahead) >= muchSeconds ? "certain" : "likely",
      explains: listNotPassed(evidence, /^(?!grafana-(healthy|datasource)$|values-known$|workloads-)/),
    },
  ];
}

/** A certificate that is valid only later was most likely issued by a machine whose clock is ahead. */
function findNotYetValid(evidence: Evidence): readonly Finding[] {
  const early = listSeenTargets(evidence).filter(({ lastError }) =>
    /not yet valid: current time \S{1,100} is before/.test(lastError),
  );
  const first = early[0];
  if (first === undefined) return [];
  return [
    {
      what: `The clock of Prometheus' node, or of who issued the certificate of ${first.url}, is wrong: the certificate is not valid yet`,
      how: early.slice(0, 3).map(({ url, lastError }) => `target ${url}: ${shorten(lastError)}`),
      fix: "Set the clocks of the nodes by a time server, then issue the certificate anew.",
      sureness: "likely",
      explains: listNotPassed(evidence, /^targets-up$/),
    },
  ];
}

function formatIsoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
