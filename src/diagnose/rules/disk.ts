import type { HostEvidence } from "../evidence.ts";
import { notPassed } from "../failed.ts";
import { allLines, canExplain, quote } from "../log-lines.ts";
import type { DiagnosisRule } from "../rule.ts";

const words = /no space left on device|disk quota exceeded|database or disk is full/i;
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
    const explains = notPassed(evidence);
    const line = allLines(evidence).findLast(
      (one) => words.test(one.text) && !watches.test(one.text) && canExplain(evidence, one, explains),
    );
    const host = isFull(evidence.host.disk);
    if (line === undefined && !host) return [];
    const { disk } = evidence.host;
    const measured = disk
      ? [`${disk.path} of this machine has ${mebibytes(disk.freeBytes)} of ${mebibytes(disk.sizeBytes)} free`]
      : [];
    const where = host ? `this machine's disk under ${disk?.path}` : "the volume that it writes to";
    return [
      {
        what: `The disk is full: ${line === undefined ? where : `${programOf(line.source)} can't write any more, to ${where}`}`,
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

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MiB`;
}

function programOf(source: string): string {
  return source.replace(/^the log of /, "").replace(" (its run before)", "");
}
