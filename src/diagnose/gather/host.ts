import { dirname, join } from "node:path";
import { parseDf } from "../../cluster/preflight/disk.ts";
import type { Context } from "../../host/host.ts";
import type { HostEvidence } from "../evidence.ts";
import { endOf } from "./logs.ts";
import { type Reader, readingMs } from "./reader.ts";

/** About what the first minutes write: its start says as much as its end. */
const mostLines = 20_000;
const mostBytes = 2_000_000;
const clusterData = "/var/lib/rancher";

/** What this machine says. */
export async function gatherHost(reader: Reader, stateDir: string | undefined): Promise<HostEvidence> {
  const [k3sLog, disk] = await Promise.all([
    stateDir === undefined
      ? undefined
      : reader.read("k3s' log", async ({ host }) => {
          const text = await host.files.read(join(stateDir, "k3s.log"));
          return text === undefined ? undefined : endOf(text, mostLines, mostBytes);
        }),
    reader.read("the free disk space", (context) => diskOf(context, stateDir)),
  ]);
  return { k3sLog, disk };
}

/** Of the disk with k3s' data; where there is none, of that with the state folder. */
async function diskOf({ host }: Context, stateDir: string | undefined): Promise<HostEvidence["disk"]> {
  let path = stateDir ?? "/";
  while (path !== dirname(path) && !(await host.files.exists(path))) path = dirname(path);
  if (await host.files.exists(clusterData)) path = clusterData;
  // df hangs on a network file system that is gone.
  const { stdout } = await host.exec(["df", "-Pk", path], { timeoutMs: readingMs });
  const disk = parseDf(stdout);
  if (disk === undefined) throw new Error(`df says ${stdout.trim()}`);
  return { path, freeBytes: disk.available, sizeBytes: disk.size };
}
