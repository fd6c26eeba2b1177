import type { LoadedConfig } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { Context } from "../../host/host.ts";
import { UserError } from "../../lib/errors.ts";
import { type Difference, findMissing, findUnlockedImages } from "../../lock/differences.ts";
import { findForeignTools, findPlainHttpHosts } from "../../lock/origins.ts";
import { collectWanted, pinCharts } from "../../lock/wanted.ts";
import type { Lock } from "../../lockfile/lock.ts";
import { parseLock } from "../../lockfile/lock-text.ts";
import type { Plan } from "../../model/plan.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { openSupply, type Supply } from "../../sources/web/web.ts";
import { formatPath, showPath, throwIfAny } from "../../yaml/mistakes.ts";
import { readYaml } from "../../yaml/read.ts";
import type { Session } from "../session/session.ts";
import { unpackSupply } from "./bundle.ts";

/**
 * Reads the lock file, if there is one. Returns the lock and where downloads may come from.
 * @throws UserError for a lock file that the user named and that is missing, for an invalid one, and for one that
 *   names its own programs while `trust` is restricted
 */
export async function findSupply(
  { host }: Context,
  { cwd, limits }: Pick<LoadedConfig, "cwd" | "limits">,
  { lock: { file, isRequired } }: Pick<Config, "lock">,
): Promise<Supply> {
  const text = await host.files.read(file);
  const lockedBy = showPath(cwd, file);
  if (text !== undefined) {
    const lock = parseLock(text, lockedBy);
    if (limits.isRestricted) refuseForeignTools(lock, text, lockedBy);
    return { lock, lockedBy, offline: undefined };
  }
  if (!isRequired) return openSupply;
  throw new UserError(`lock-file: there is no ${lockedBy}`, {
    fix: `\`monstack lock --lock-file ${lockedBy}\` writes it`,
  });
}

/**
 * Refuses a lock that gives its own URLs for programs. Through a mirror too, programs are requested by their
 * publisher's URL.
 * @throws UserError with the line of each such URL
 */
export function refuseForeignTools(lock: Lock, text: string, shownAs: string): void {
  const yaml = readYaml(text);
  throwIfAny(
    findForeignTools(lock).map(({ path, problem }) => ({
      where: `${shownAs}:${yaml.valueAt(path)}`,
      path: formatPath(path),
      problem: `${problem}, and with trust: restricted a lock can't name programs of its own`,
    })),
  );
}

/**
 * Reads the lock or the bundle before anything is fetched.
 * @returns the plan with the versions of the lock
 * @throws UserError that names everything that the plan needs and the lock lacks
 */
export async function lockPlan(session: Session, plan: Plan): Promise<Plan> {
  // `bundle create` has already set its own lock.
  if (session.supply.lock === undefined) session.supply = await loadSupply(session);
  return applyLock(session, plan);
}

/** Returns the supply from the configured bundle, else from the lock file. */
async function loadSupply(session: Session): Promise<Supply> {
  const { context, loaded } = session;
  const { bundle } = loaded.config;
  if (bundle !== undefined) return await unpackSupply(session, bundle);
  return await findSupply(context, loaded, loaded.config);
}

/**
 * Returns the plan with the chart versions of the session's lock; the same plan without a lock.
 * @throws UserError that names everything that the plan needs and the lock lacks
 */
export function applyLock({ context, loaded, supply }: Session, plan: Plan): Plan {
  const { lock, lockedBy } = supply;
  if (lock === undefined) return plan;
  const wanted = collectWanted(loaded, plan);
  const plainHttpHosts = findPlainHttpHosts(lock);
  if (plainHttpHosts.length > 0)
    context.log.warn(
      `${lockedBy} fetches from ${plainHttpHosts.map((host) => `http://${host}`).join(", ")} unencrypted: the checksums hold what comes from there, but anybody on the way sees it and can keep it back`,
    );
  const differences = findMissing(lock, wanted);
  if (differences.length > 0) throw createLockError(supply, differences);
  context.log.info(`installing what ${lockedBy} says`);
  return pinCharts(plan, lock, wanted);
}

/**
 * Checks that the lock has every image of the rendered charts.
 * @throws UserError that names the missing ones, before anything is deployed
 */
export function requireLockedImages({ supply }: Pick<Session, "supply">, apps: readonly RenderedApp[]): void {
  const { lock } = supply;
  if (lock === undefined) return;
  const missing = findUnlockedImages(lock, apps);
  if (missing.length === 0) return;
  const texts = missing.map(
    ({ app, image }) => `app ${app} uses the image ${image}, and the lock hasn't got it`,
  );
  throw createLockError(
    supply,
    texts.map((text) => ({ text, at: undefined })),
  );
}

/**
 * Returns the error for differences between lock and configuration, each with its place, and the ways to fix them.
 */
export function createLockError(
  { lockedBy, offline }: Pick<Supply, "lockedBy" | "offline">,
  differences: readonly Difference[],
): UserError {
  const lines = differences.map(
    ({ text, at: place }) => `  ${place ? `${place.file}:${place.line}:${place.column}: ` : ""}${text}`,
  );
  return new UserError(`${lockedBy} does not fit the configuration:\n${lines.join("\n")}`, {
    fix:
      offline === undefined
        ? "`monstack lock` takes over what changed and keeps the rest (`monstack lock --update NAME` also moves what still fits); commit the file with the change"
        : "take the configuration that the bundle was made with, or make the bundle again: `monstack bundle create`",
  });
}
