import { join } from "node:path";
import type { Host } from "../host/host.ts";

export interface Size {
  readonly bytes: number;
  /** When it was changed last, in milliseconds since the epoch; of a folder, itself. */
  readonly modifiedMs: number;
}

/** Of a file, or of a folder with all below it; nothing when it is gone by now. Links are not followed. */
export async function sizeOf(host: Host, path: string): Promise<Size> {
  const found = await host.files.stat(path);
  if (found === undefined) return { bytes: 0, modifiedMs: 0 };
  if (found.kind !== "folder") return found;
  const inside = await Promise.all(
    (await host.files.list(path)).map((name) => sizeOf(host, join(path, name))),
  );
  return { bytes: inside.reduce((sum, { bytes }) => sum + bytes, 0), modifiedMs: found.modifiedMs };
}

/** Of what `Host.files.write` and the tool cache write to before they rename it. */
export function isUnfinished(name: string): boolean {
  return name.endsWith(".new");
}
