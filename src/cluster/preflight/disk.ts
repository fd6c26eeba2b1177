import { dirname } from "node:path";
import type { Host } from "../../host/host.ts";
import { formatBytes } from "../../lib/quantity.ts";
import type { Finding } from "../../model/cluster.ts";

const gib = 1024 ** 3;

export interface Disk {
  readonly mountedOn: string;
  /** Bytes. */
  readonly size: number;
  /** Bytes that an unprivileged writer may still use, as the kubelet counts them. */
  readonly available: number;
}

/** The disk that holds a folder, which may not be there yet. */
export async function readDisk(host: Host, folder: string): Promise<Disk | undefined> {
  let there = folder;
  while (there !== "/" && !(await host.files.exists(there))) there = dirname(there);
  const result = await host.exec(["df", "-Pk", there], { allowFailure: true });
  return parseDf(result.stdout);
}

const dfLine =
  /^\S.{0,500}?\s{1,80}(\d{1,20})\s{1,80}\d{1,20}\s{1,80}(\d{1,20})\s{1,80}\d{1,3}%\s{1,80}(.{1,500})$/;

/** The last line of `df -Pk`: file system, 1024-blocks, used, available, capacity, mounted on. */
export function parseDf(text: string): Disk | undefined {
  const fields = dfLine.exec(text.trim().split("\n").at(-1) ?? "");
  if (!fields) return undefined;
  return { size: Number(fields[1]) * 1024, available: Number(fields[2]) * 1024, mountedOn: fields[3] ?? "" };
}

/** What a run writes: k3s unpacked, the stack's images twice (archive and layers), the first metrics. */
const aRun = 3 * gib;

/** The kubelet evicts pods below 5 % free, and deletes unused images above 85 % used. */
export function isNearlyFull({ size, available }: Disk): boolean {
  return available - aRun < 0.2 * size;
}

export function judgeDisk(disk: Disk | undefined, folder: string): Finding[] {
  if (disk === undefined)
    return [{ kind: "warning", message: `could not read how much disk is free for ${folder}` }];
  const free = `${formatBytes(disk.available)} free on ${disk.mountedOn}`;
  if (disk.available < 5 * gib) {
    return [
      {
        kind: "problem",
        id: "disk-full",
        message: `${free}, where ${folder} is; k3s and the stack's images need at least 5 GiB`,
        fix: `free some space, or put k3s on another disk: k3s.args: ["--data-dir=/path"]`,
      },
    ];
  }
  const findings: Finding[] = [];
  if (disk.available < 8 * gib)
    findings.push({
      kind: "warning",
      message: `only ${free}; 8 GiB are comfortable for k3s and the stack's images`,
    });
  if (isNearlyFull(disk)) {
    findings.push({
      kind: "adaptation",
      id: "disk-nearly-full",
      found: `${free} of ${formatBytes(disk.size)}: near the shares at which the kubelet deletes images and evicts pods`,
      done: "the kubelet is set to keep its images and to evict below 1 GiB free instead of below 5 %",
    });
  }
  return findings;
}
