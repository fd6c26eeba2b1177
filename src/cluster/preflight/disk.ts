import { dirname } from "node:path";
import type { Host } from "../../host/host.ts";
import { formatBytes } from "../../lib/quantity.ts";
import type { Finding } from "../../model/cluster.ts";

const gib = 1024 ** 3;

/** A file system and its free space. */
export interface Disk {
  readonly mountedOn: string;
  /** The size in bytes. */
  readonly size: number;
  /** The bytes that a process without root rights may still write. The kubelet counts the same bytes. */
  readonly available: number;
}

/** Returns the disk of a folder that need not exist yet; undefined if `df` fails. */
export async function readDisk(host: Host, folder: string): Promise<Disk | undefined> {
  let existingFolder = folder;
  while (existingFolder !== "/" && !(await host.files.exists(existingFolder)))
    existingFolder = dirname(existingFolder);
  const result = await host.exec(["df", "-Pk", existingFolder], { allowFailure: true });
  return parseDf(result.stdout);
}

const dfLine =
  /^\S.{0,500}?\s{1,80}(\d{1,20})\s{1,80}\d{1,20}\s{1,80}(\d{1,20})\s{1,80}\d{1,3}%\s{1,80}(.{1,500})$/;

/**
 * Parses the last line of `df -Pk`: file system, 1024-blocks, used, available, capacity, mounted on. Undefined for
 * other output.
 */
export function parseDf(text: string): Disk | undefined {
  const fields = dfLine.exec(text.trim().split("\n").at(-1) ?? "");
  if (!fields) return undefined;
  return { size: Number(fields[1]) * 1024, available: Number(fields[2]) * 1024, mountedOn: fields[3] ?? "" };
}

/** Bytes that a run writes: the unpacked k3s, the stack's images twice (archive and layers), the first metrics. */
const bytesPerRun = 3 * gib;

/**
 * True if a run could leave less than 20 % of the disk free. The kubelet deletes unused images above 85 % used, and
 * evicts pods below 5 % free.
 */
export function isNearlyFull({ size, available }: Disk): boolean {
  return available - bytesPerRun < 0.2 * size;
}

/** Returns a problem below 5 GiB of free space, a warning below 8 GiB, and an adaptation if the disk is nearly full. */
export function judgeDisk(disk: Disk | undefined, folder: string): Finding[] {
  if (disk === undefined)
    return [{ kind: "warning", message: `could not read how much disk is free for ${folder}` }];
  const freeText = `${formatBytes(disk.available)} free on ${disk.mountedOn}`;
  if (disk.available < 5 * gib) {
    return [
      {
        kind: "problem",
        id: "disk-full",
        message: `${freeText}, where ${folder} is; k3s and the stack's images need at least 5 GiB`,
        fix: `free some space, or put k3s on another disk: k3s.args: ["--data-dir=/path"]`,
      },
    ];
  }
  const findings: Finding[] = [];
  if (disk.available < 8 * gib)
    findings.push({
      kind: "warning",
      message: `only ${freeText}; 8 GiB are comfortable for k3s and the stack's images`,
    });
  if (isNearlyFull(disk)) {
    findings.push({
      kind: "adaptation",
      id: "disk-nearly-full",
      found: `${freeText} of ${formatBytes(disk.size)}: near the shares at which the kubelet deletes images and evicts pods`,
      done: "the kubelet is set to keep its images and to evict below 1 GiB free instead of below 5 %",
    });
  }
  return findings;
}
