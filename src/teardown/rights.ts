import type { Host } from "../host/host.ts";
import { explainForbiddenDataDir } from "../journal/permitted.ts";
import type { JournalEntry } from "../journal/types.ts";
import { InstallError } from "../lib/errors.ts";

/**
 * Returns the host without sudo: commands that need root throw InstallError. For a journal that only the user's own
 * key proves.
 */
export function withoutRootRights(host: Host): Host {
  if (host.rights !== "sudo") return host;
  const exec: Host["exec"] = async (argv, options = {}) => {
    if (options.root)
      throw new InstallError(`${argv[0]} would run as root, for a run that had no such rights`);
    return await host.exec(argv, options);
  };
  return { ...host, rights: "none", exec };
}

/**
 * Refuses a k3s data folder that is, or lies behind, a symbolic link into the system.
 * @throws InstallError naming the folder and its real path
 */
export async function refuseLinkedFolders(host: Host, entries: readonly JournalEntry[]): Promise<void> {
  const folders = new Set(entries.flatMap((entry) => (entry.kind === "k3s" ? [entry.dataDir] : [])));
  for (const folder of folders) {
    const { stdout } = await host.exec(["readlink", "-f", "--", folder], {
      root: host.rights !== "none",
      // A folder that does not exist leads nowhere.
      allowFailure: true,
    });
    const realPath = stdout.replace(/\n$/, "");
    if (realPath === "" || realPath === folder) continue;
    const reason = explainForbiddenDataDir(realPath, realPath);
    if (reason !== undefined)
      throw new InstallError(`k3s' data folder ${folder} is ${realPath}, which can't be removed: ${reason}`, {
        fix: `remove the symbolic link on the way to ${folder}, then run \`monstack down\` again`,
      });
  }
}
