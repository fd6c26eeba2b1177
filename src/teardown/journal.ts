import { join } from "node:path";
import { z } from "zod";
import { InstallError } from "../host/errors.ts";
import type { Host } from "../host/host.ts";
import type { JournalEntry } from "./types.ts";

/** Where a change is written down before it is made. */
export interface Journal {
  /** Resolves once the entry is on disk; only then may the change be made. */
  append(entry: JournalEntry): Promise<void>;
}

/** Name of the journal in the state folder. */
export const journalName = "journal.jsonl";

/**
 * Opens the journal of a state folder for appending; one that a killed run left behind is continued. The folder is
 * made when it isn't there, and is then an entry itself, so that teardown takes it away.
 */
export async function openJournal(host: Host, stateDir: string): Promise<Journal> {
  const path = join(stateDir, journalName);
  const isNew = !(await host.files.exists(stateDir));
  if (isNew) await host.files.mkdir(stateDir, 0o700);
  const text = await host.files.read(path);
  // A line that a crash cut off would swallow the next entry; entries can hold credentials, hence the mode.
  if (text === undefined || !endsWithNewline(text))
    await host.files.write(path, wholeLines(text ?? ""), 0o600);
  const journal: Journal = {
    append: (entry) => host.files.appendDurably(path, `${JSON.stringify(entry)}\n`),
  };
  if (isNew)
    await journal.append({
      kind: "file",
      at: new Date(host.now()).toISOString(),
      path: stateDir,
      root: false,
    });
  return journal;
}

/**
 * The entries in the order in which they were written; empty when there is no journal.
 * @throws InstallError naming the line when one that isn't the cut-off last one can't be read.
 */
export async function readJournal(host: Host, stateDir: string): Promise<JournalEntry[]> {
  const path = join(stateDir, journalName);
  const text = await host.files.read(path);
  if (text === undefined) return [];
  return wholeLines(text)
    .split("\n")
    .flatMap((line, index) => (line === "" ? [] : [parseLine(line, `${path}:${index + 1}`)]));
}

/** Forgets the run; called only when nothing is left of it. */
export async function removeJournal(host: Host, stateDir: string): Promise<void> {
  await host.files.remove(join(stateDir, journalName));
}

function parseLine(line: string, where: string): JournalEntry {
  try {
    return JournalEntrySchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new InstallError(`${where}: not a journal entry`, {
      cause,
      mend: "The journal was changed or written by another version: correct or delete this line, then run `monstack down` again.",
    });
  }
}

function endsWithNewline(text: string): boolean {
  return text === "" || text.endsWith("\n");
}

/** Without what comes after the last newline: the entry whose writing a crash cut off, and whose change was never made. */
function wholeLines(text: string): string {
  return text.slice(0, text.lastIndexOf("\n") + 1);
}

/** An absolute path at least two levels deep: a journal can't make teardown remove `/`, `/etc` or `/var`. */
const path = z
  .string()
  .regex(/^\/[^/]+\/[^/]/, "an absolute path at least two levels deep")
  .refine((value) => !value.split("/").includes(".."), "a path without ..");
/** Of one object outside namespaces. */
const apiPath = z.string().regex(/^\/apis?(\/[\w.:%-]+){3,4}$/, "the path of an object of the API server");
const at = z.string();
const optionalText = z
  .string()
  .optional()
  .transform((value) => value);

const HostSnapshotSchema = z.object({
  mounts: z.array(z.string()),
  links: z.array(z.string()),
  netns: z.array(z.string()),
  iptables: z.array(z.string()),
  // A journal of a version that did not know them has none.
  ipsets: z.array(z.string()).default([]),
  nftTables: z.array(z.string()).default([]),
  paths: z.array(z.string()),
  processes: z.array(z.string()),
  cgroups: z.array(z.string()),
  units: z.array(z.string()).default([]), // a journal of an earlier version has none
});

const JournalEntrySchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("begin"), at, before: HostSnapshotSchema, version: z.string() }),
  z.object({ kind: z.literal("temporary"), at, path }),
  z.object({
    kind: z.literal("k3s"),
    at,
    binary: z.string(),
    dataDir: path,
    unit: optionalText,
    paths: z.array(path),
    networks: z.array(z.string()).exactOptional(),
  }),
  z.object({ kind: z.literal("starting"), at, name: z.string(), argument: z.string().min(1) }),
  z.object({
    kind: z.literal("process"),
    at,
    name: z.string(),
    pid: z.int().min(2),
    startTime: z.string(),
  }),
  z.object({ kind: z.literal("file"), at, path, root: z.boolean(), previous: z.string().exactOptional() }),
  z.object({
    kind: z.literal("mount-propagation"),
    at,
    path: z.string(),
    previous: z.enum(["private", "slave", "shared"]),
  }),
  z.object({ kind: z.literal("route"), at, to: z.string() }),
  z.object({ kind: z.literal("sysctl"), at, key: z.string(), previous: z.string() }),
  z.object({
    kind: z.literal("cluster"),
    at,
    clusterKind: z.enum(["k3s", "existing"]),
    kubeconfig: z.string(),
    context: optionalText,
  }),
  z.object({ kind: z.literal("keep-data"), at }),
  z.object({ kind: z.literal("namespace"), at, name: z.string() }),
  z.object({
    kind: z.literal("release"),
    at,
    name: z.string(),
    namespace: z.string(),
    helm: z.string(),
    clusterObjects: z.array(z.object({ kind: z.string(), path: apiPath })).exactOptional(),
  }),
  z.object({ kind: z.literal("crds"), at, names: z.array(z.string()) }),
  z.object({ kind: z.literal("service"), at, namespace: z.string(), name: z.string() }),
]) satisfies z.ZodType<JournalEntry>;
