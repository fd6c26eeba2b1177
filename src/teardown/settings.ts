import type { Context, Host } from "../host/host.ts";
import { findExisting, isWithin, removePaths } from "../host/paths.ts";
import type { JournalEntry, Leak, Step } from "../journal/types.ts";

type FileEntry = Extract<JournalEntry, { kind: "file" }>;

/**
 * Restores files, routes and kernel settings, the last change first.
 * @returns the settings that could not be restored. `findRemainingFiles` reports files that still exist.
 */
export async function restoreSettings(
  context: Context,
  entries: readonly JournalEntry[],
  { stateDir, keep = [] }: { stateDir: string; keep?: readonly string[] },
  step: Step,
): Promise<Leak[]> {
  const { host } = context;
  const leaks: Leak[] = [];
  const createdFiles: FileEntry[] = [];
  const runOrReport = async (what: string, work: () => Promise<string | undefined>) => {
    let isDone = false;
    await step(what, async () => {
      const result = await work();
      isDone = true;
      return result;
    });
    if (!isDone) leaks.push({ kind: "setting", what });
  };
  for (const entry of [...entries].reverse()) {
    if (entry.kind === "sysctl") {
      await runOrReport(`set ${entry.key} back to ${entry.previous}`, () =>
        restoreSysctl(host, entry.key, entry.previous),
      );
    }
    if (entry.kind === "route")
      await runOrReport(`remove the route to ${entry.to}`, () => removeRoute(host, entry.to));
    if (entry.kind !== "file") continue;
    const { path, previous } = entry;
    if (previous !== undefined)
      await runOrReport(`restore ${path}`, () => restoreFile(host, entry, previous));
    else if (!isWithin(stateDir, path) && !keep.some((keptPath) => isWithin(keptPath, path)))
      createdFiles.push(entry);
  }
  for (const root of [true, false]) {
    const paths = createdFiles.filter((file) => file.root === root).map(({ path }) => path);
    if (paths.length > 0) await step("remove the run's files", () => removeFiles(context, paths, root));
  }
  return leaks;
}

/** Restores a kernel setting and returns the line for the log; undefined if nothing had to be changed. */
async function restoreSysctl(host: Host, key: string, previous: string): Promise<string | undefined> {
  const path = `/proc/sys/${key.replaceAll(".", "/")}`;
  // A missing setting was removed with its kernel module. A setting that can't be read can still be written.
  if (!(await host.files.exists(path))) return undefined;
  const current = await host.files.read(path).catch(() => undefined);
  if (current?.trim() === previous.trim()) return undefined;
  await host.exec(["tee", path], { root: true, input: `${previous}\n` });
  return `set ${key} back to ${previous}`;
}

/** Removes a route by loopback and returns the line for the log; undefined if the route does not exist. */
async function removeRoute(host: Host, network: string): Promise<string | undefined> {
  const route = [network, "dev", "lo"] as const;
  const { stdout } = await host.exec(["ip", "-4", "route", "show", "exact", ...route]);
  if (stdout.trim() === "") return undefined;
  await host.exec(["ip", "-4", "route", "del", ...route], { root: true });
  return `removed the route to ${network}`;
}

/**
 * Restores a file's previous content; undefined if it has that content already. Writes in place, so that owner and
 * mode stay.
 */
async function restoreFile(
  host: Host,
  { path, root }: FileEntry,
  previous: string,
): Promise<string | undefined> {
  if ((root ? await host.files.readAsRoot(path) : await host.files.read(path)) === previous) return undefined;
  await host.exec(["tee", path], { root, input: previous });
  return `restored ${path}`;
}

/** Removes those of the run's files that exist. */
async function removeFiles(
  context: Context,
  createdPaths: readonly string[],
  root: boolean,
): Promise<string | undefined> {
  const existingPaths = await findExisting(context.host, createdPaths);
  return removePaths(context, existingPaths, "the run's files", root);
}
