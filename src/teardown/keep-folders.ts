import type { Host } from "../host/host.ts";
import type { K3sRun } from "../journal/types.ts";
import { splitNul } from "../lib/text.ts";

/** Milliseconds; only where the folder beside is on another file system is anything copied. */
const moveTimeoutMs = 600_000;

/** Moves what is in $1 to the folder $2, and prints each name with a NUL; a folder that is missing or empty holds nobody's data. */
const move = `
cd "$1" 2>/dev/null || exit 0
for volume in *; do
  [ -e "$volume" ] || continue
  mkdir -p -m 0700 "$2" && mv -- "$volume" "$2/" || exit 1
  printf '%s\\0' "$volume"
done`;

/**
 * Where the volumes of a k3s stay: beside its data folder, which goes. A folder that a k3s finds there counts as another
 * one's, and no teardown would ever remove it.
 */
export function keptFolder({ entry }: K3sRun): string {
  return `${entry.dataDir}-kept/${entry.at.replace(/[-:]|\.\d+/g, "")}`;
}

/**
 * Takes the folders of local-path volumes out of a k3s' data folder. k3s and its pods have ended by then.
 * @returns what stays, for the report
 */
export async function keepFolders(host: Host, run: K3sRun): Promise<string[]> {
  const to = keptFolder(run);
  const { stdout } = await host.exec(["sh", "-c", move, "move", `${run.entry.dataDir}/storage`, to], {
    root: true,
    timeoutMs: moveTimeoutMs,
  });
  return splitNul(stdout).map((name) => `${volumeOf(name)}: ${to}/${name}`);
}

/** The provisioner calls its folders after the volume, the namespace and the claim. */
function volumeOf(folder: string): string {
  const [, namespace, claim] = /^pvc-[0-9a-f-]{36}_([^_]+)_(.+)$/.exec(folder) ?? [];
  return claim === undefined ? "a volume" : `volume of claim ${namespace}/${claim}`;
}
