import { join } from "node:path";
import type { Host } from "../../host/host.ts";
import { checkTrustedFolder, findFileDistrust } from "../../host/trusted-folder.ts";
import { stateFolder } from "../../journal/journal.ts";
import {
  getChainStart,
  isGenuine,
  makeKey,
  readKeys,
  sealLine,
  splitLine,
} from "../../journal/journal-key.ts";
import { UserError } from "../../lib/errors.ts";
import type { Tool } from "../../lockfile/tools.ts";
import type { Plan } from "../../model/plan.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import type { ServiceRef } from "../../stack/discover.ts";
import type { LockedImages } from "../../stack/stack.ts";
import { StackRecordSchema } from "./stack-record.ts";

/** A service of the stack, and where it is reached. */
export interface StackService {
  readonly service: ServiceRef;
  /** Stable until teardown, with the path that the server serves below, e.g. `http://localhost:9090/prometheus`. */
  readonly url: string;
  /** What the checks use: the ClusterIP where this host reaches it, else the same as `url`. */
  readonly direct: string;
}

/**
 * What `up` leaves for `verify` and for later steps. It holds Grafana's password (in the plan's values too): the file
 * is only for its owner, and never part of a report.
 */
export interface StackRecord {
  readonly version: 1;
  readonly monstack: string;
  readonly deployedAt: string;
  readonly clusterKind: "k3s" | "existing";
  readonly clusterVersion: string;
  readonly kubeconfig: string;
  readonly context: string | undefined;
  readonly tools: readonly Tool[];
  readonly plan: Plan;
  readonly rendered: readonly RenderedApp[];
  /** Undefined without a lock. */
  readonly images?: LockedImages | undefined;
  readonly services: {
    readonly prometheus: StackService | undefined;
    readonly alertmanager: StackService | undefined;
    readonly grafana: StackService | undefined;
  };
  /** Absolute paths of the backups that were written of it, the oldest first. */
  readonly backups?: readonly string[] | undefined;
  readonly grafana: { readonly user: string; readonly password: string };
}

function getStackFile(stateDir: string): string {
  return join(stateDir, "stack.json");
}

/** Writes the record of a stack, sealed with a MAC, readable only for its owner. */
export async function saveStack(host: Host, stateDir: string, stack: StackRecord): Promise<void> {
  // `verify` reads the file without root rights, so it is sealed with the user's own key.
  const [userKey] = await readKeys(host, stateDir, ["user"]);
  const key = userKey ?? (await makeKey(host, stateDir, "user"));
  const { line } = sealLine(JSON.stringify(stack), getChainStart("stack", stateDir), key.bytes);
  await host.files.write(getStackFile(stateDir), `${line}\n`, 0o600);
}

const maximumBackups = 10;

/** Adds the path of a backup to the stack's record: a backup can be anywhere. */
export async function recordBackup(host: Host, stateDir: string, file: string): Promise<void> {
  const stack = await loadStack(host, stateDir);
  const otherBackups = (stack.backups ?? []).filter((backup) => backup !== file);
  await saveStack(host, stateDir, { ...stack, backups: [...otherBackups, file].slice(-maximumBackups) });
}

/** True if the state folder has a stack's record, valid or not. */
export async function hasStack(host: Host, stateDir: string): Promise<boolean> {
  return await host.files.exists(getStackFile(stateDir));
}

/**
 * Reads and verifies the record of a stack.
 * @throws UserError if no stack is up, or if it is not proven that monstack wrote the record
 */
export async function loadStack(host: Host, stateDir: string): Promise<StackRecord> {
  const file = getStackFile(stateDir);
  if ((await host.files.stat(file)) === undefined) {
    throw new UserError(`no stack is up: there is no ${file}`, {
      fix: "run `monstack up` first, or name its state folder with --state-dir",
    });
  }
  await checkTrustedFolder(host, stateDir, stateFolder);
  const reason = await findFileDistrust(host, file);
  if (reason !== undefined) throw createRefusal(file, `it ${reason}`);
  const line = splitLine(((await host.files.read(file)) ?? "").trimEnd());
  if (line === undefined) throw createRefusal(file, "it has no MAC");
  const keys = await readKeys(host, stateDir, ["user"]);
  if (!keys.some(({ bytes }) => isGenuine(line, getChainStart("stack", stateDir), bytes)))
    throw createRefusal(file, "its MAC is not of a key of this user");
  const parsed = StackRecordSchema.safeParse(JSON.parse(line.json));
  if (parsed.success) return parsed.data as unknown as StackRecord;
  const [issue] = parsed.error.issues;
  throw createRefusal(file, `${issue?.path.join(".")}: ${issue?.message}`);
}

/** Returns the error for a record that can't be trusted. */
function createRefusal(file: string, reason: string): UserError {
  return new UserError(`${file} is not the record of a stack that this monstack wrote: ${reason}`, {
    fix: "run `monstack verify` as the user who ran `monstack up`, or deploy the stack again (`monstack up --replace`)",
  });
}
