import type { Host } from "../host/host.ts";
import { explainForbiddenDataDir } from "../journal/permitted.ts";
import type { JournalEntry } from "../journal/types.ts";
import { InstallError } from "../lib/errors.ts";

/** For what is proven by this user's own key only: no command of it runs as root through sudo. */
export function withoutRootRights(host: Host): Host {
  if (host.rights !== "sudo") return host;
  const exec: Host["exec"] = async (argv, how = {}) => {
    if (how.root) throw new InstallError(`${argv[0]} would run as root, for a run that had no such rights`);
    return await host.exec(argv, how);
  };
  return { ...host, rights: "none", exec };
}

/**
 * Refuses a k3s' data folder of an innocent name that is a link into the system, or lies behind one.
 * @throws InstallError that names the folder and where it leads
 */
export async function refuseLinkedFolders(host: Host, entries: readonly JournalEntry[]): Promise<void> {
  const folders = new Set(entries.flatMap((entry) => (entry.kind === "k3s" ? [entry.dataDir] : [])));
  for (const folder of folders) {
    const { stdout } = await host.exec(["readlink", "-f", "--", folder], {
      root: host.rights !== "none",
      // Nothing is behind a folder that is not there.
      allowFailure: true,
    });
    const real = stdout.replace(/\n$/, "");
    if (real === "" || real === folder) continue;
    const reason = explainForbiddenDataDir(real, real);
    if (reason !== undefined)
      throw new InstallError(`k3s' data folder ${folder} is ${real}, which can't be removed: ${reason}`, {
        fix: `remove the symbolic link on the way to ${folder}, then run \`monstack down\` again`,
      });
  }
}
