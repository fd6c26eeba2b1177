import type { Context, Host } from "../host/host.ts";
import { findExisting, isWithin, removePaths } from "../host/paths.ts";
import type { JournalEntry, Leak, Step } from "../journal/types.ts";

type FileEntry = Extract<JournalEntry, { kind: "file" }>;

/**
 * Puts back files, routes and kernel settings, the last change first.
 * @returns the settings that could not be put back; a file that is still there is found by looking for it.
 */
export async function restoreSettings(
  context: Context,
  entries: readonly JournalEntry[],
  { stateDir, keep = [] }: { stateDir: string; keep?: readonly string[] },
  step: Step,
): Promise<Leak[]> {
  const { host } = context;
  const leaks: Leak[] = [];
  const made: FileEntry[] = [];
  const notProved = async (what: string, work: () => Promise<string | undefined>) => {
    let done = false;
    await step(what, async () => {
      const text = await work();
      done = true;
      return text;
    });
    if (!done) leaks.push({ kind: "setting", what });
  };
  for (const entry of [...entries].reverse()) {
    if (entry.kind === "sysctl") {
      await notProved(`set ${entry.key} back to ${entry.previous}`, () =>
        restoreSysctl(host, entry.key, entry.previous),
      );
    }
    if (entry.kind === "route")
      await notProved(`remove the route to ${entry.to}`, () => removeRoute(host, entry.to));
    if (entry.kind !== "file") continue;
    const { path, previous } = entry;
    if (previous !== undefined) await notProved(`restore ${path}`, () => restoreFile(host, entry, previous));
    else if (!isWithin(stateDir, path) && !keep.some((kept) => isWithin(kept, path))) made.push(entry);
  }
  for (const root of [true, false]) {
    const paths = made.filter((file) => file.root === root).map(({ path }) => path);
    if (paths.length > 0) await step("remove the run's files", () => removeFiles(context, paths, root));
  }
  return leaks;
}

async function restoreSysctl(host: Host, key: string, previous: string): Promise<string | undefined> {
  const path = `/proc/sys/${key.replaceAll(".", "/")}`;
  // One that is gone went with its kernel module; one that can't be read can still be written.
  if (!(await host.files.exists(path))) return undefined;
  const now = await host.files.read(path).catch(() => undefined);
  if (now?.trim() === previous.trim()) return undefined;
  await host.exec(["tee", path], { root: true, input: `${previous}\n` });
  return `set ${key} back to ${previous}`;
}

async function removeRoute(host: Host, to: string): Promise<string | undefined> {
  const route = [to, "dev", "lo"] as const;
  const { stdout } = await host.exec(["ip", "-4", "route", "show", "exact", ...route]);
  if (stdout.trim() === "") return undefined;
  await host.exec(["ip", "-4", "route", "del", ...route], { root: true });
  return `removed the route to ${to}`;
}

/** Written in place, so that owner and mode stay. */
async function restoreFile(
  host: Host,
  { path, root }: FileEntry,
  previous: string,
): Promise<string | undefined> {
  if ((root ? await host.files.readAsRoot(path) : await host.files.read(path)) === previous) return undefined;
  await host.exec(["tee", path], { root, input: previous });
  return `restored ${path}`;
}

async function removeFiles(
  context: Context,
  made: readonly string[],
  root: boolean,
): Promise<string | undefined> {
  const there = await findExisting(context.host, made);
  return removePaths(context, there, "the run's files", root);
}
