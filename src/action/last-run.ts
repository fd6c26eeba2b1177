import { createHash } from "node:crypto";
import { join } from "node:path";
import type { EarlierRun } from "../app/compare-runs.ts";
import type { Config } from "../config/schema.ts";
import type { Context } from "../host/host.ts";
import { findUntrusted } from "../host/trusted-folder.ts";
import { describeError } from "../lib/errors.ts";
import { joinBelow } from "../lib/path.ts";
import { toBaseline } from "../report/compare/baseline.ts";
import { readResults } from "../report/read-results.ts";
import { getCacheFolder, refuseShared } from "../sources/cache-folders.ts";
import { findReleaseSign, hasCacheService, type TransferOptions, transferFolder } from "./cache-service.ts";
import type { RunWork } from "./step-data.ts";

/** Limit for restoring, in milliseconds. The results have some kilobytes, and the job waits for them. */
export const restoreRunLimitMs = 15_000;
/** Limit for saving, in milliseconds. */
export const saveRunLimitMs = 60_000;

/** The keys in GitHub's cache of this run's results and of those to compare with. */
export interface LastRunKeys {
  readonly saveAs: string;
  /** Beginnings of keys: of this branch's runs, then those of the branch that a pull request is for. */
  readonly prefixes: readonly string[];
}

/** Inputs that can differ from run to run, or that don't change what is deployed and checked. */
const ignoredInputs = new Set(["report-dir", "state-dir", "baseline", "compare", "trust", "env"]);

/**
 * Returns the keys for the comparison with the last verified run; undefined if there is none to compare with.
 *
 * A run is compared with one of the same branch, workflow, job, step and inputs. The content of monstack.yaml does not
 * count: what an edit of it changes is what the comparison is to show. Inputs do, since they tell the jobs of a matrix
 * apart.
 */
export function planLastRun(
  { host, log }: Context,
  { compare, cache }: Pick<Config, "compare" | "cache">,
  inputs: Readonly<Record<string, string | undefined>>,
): LastRunKeys | undefined {
  const { env, arch } = host;
  if (!compare.lastGreen || compare.baseline !== undefined) return undefined;
  if (cache === "off" || !hasCacheService(env)) return undefined;
  // What other workflows can write to must not get into a release.
  if (cache === "auto" && findReleaseSign(env) !== undefined) return undefined;
  const given = Object.entries(inputs)
    .filter(([name, text = ""]) => text !== "" && !ignoredInputs.has(name))
    // Anybody who reads the repository sees the key, and a short secret could be guessed from its hash.
    .map(([name, text = ""]) => `${name}=${log.redactor.message(text)}`)
    .toSorted();
  // `OWNER/REPO/.github/workflows/FILE@REF`
  const [workflow = ""] = (env["GITHUB_WORKFLOW_REF"] ?? "").split("@", 1);
  const configuration = hash([arch, workflow, env["GITHUB_JOB"] ?? "", env["GITHUB_ACTION"] ?? "", ...given]);
  const createPrefix = (branch: string) => `monstack-run-${configuration}-${hash([branch])}-`;
  const base = env["GITHUB_BASE_REF"];
  const branches = [env["GITHUB_REF"] ?? "", ...(base ? [`refs/heads/${base}`] : [])];
  const prefixes = branches.map(createPrefix);
  return {
    saveAs: `${prefixes[0]}${env["GITHUB_RUN_ID"] ?? ""}-${env["GITHUB_RUN_ATTEMPT"] ?? ""}`,
    prefixes,
  };
}

/**
 * Restores the results of the last verified run from GitHub's cache; undefined if there are none. A failure is only
 * logged.
 */
export async function findLastRun(
  context: Context,
  { saveAs, prefixes }: LastRunKeys,
  options: TransferOptions,
): Promise<EarlierRun | undefined> {
  const { host, log } = context;
  const folder = getTransferFolder(context);
  try {
    await refuseShared(host, folder);
    await host.files.remove(folder);
    const { done } = await transferFolder(context, ["restore", saveAs, folder, ...prefixes], options);
    if (done) return { results: await readResults(host.files, folder), from: "GitHub's cache" };
    log.info("no earlier run of this branch and configuration is kept, so nothing is compared");
  } catch (error) {
    log.info(`this run is not compared with an earlier one: ${describeError(error)}`);
  } finally {
    await host.files.remove(folder).catch(() => undefined);
  }
  return undefined;
}

/** Saves the results of a verified run in GitHub's cache. A failure is only logged. */
export async function saveLastRun(
  context: Context,
  { reportDir, saveAs }: RunWork,
  options: TransferOptions,
): Promise<void> {
  const { host, log } = context;
  const folder = getTransferFolder(context);
  try {
    const results = await readResults(host.files, reportDir);
    const leaks = results.teardown?.leaks.length ?? 0;
    if (!results.verified || results.atEnd?.verified === false || leaks > 0)
      return log.debug("the results are not kept for the next run: this one did not end well");
    const untrusted = await findUntrusted(host.files, folder);
    if (untrusted) return log.info(`the results are not kept: ${untrusted.path} ${untrusted.why}`);
    await host.files.remove(folder);
    await host.files.write(join(folder, "results.json"), JSON.stringify(toBaseline(results)));
    const { done, why } = await transferFolder(context, ["save", saveAs, folder], options);
    if (!done) log.info(`the results are not kept for the next run: ${why ?? "the service took nothing"}`);
  } catch (error) {
    log.info(`the results are not kept for the next run: ${describeError(error)}`);
  } finally {
    await host.files.remove(folder).catch(() => undefined);
  }
}

/** Returns the folder that is kept. GitHub's cache finds an entry only under the same path. */
function getTransferFolder({ host }: Context): string {
  return joinBelow(getCacheFolder(host), "last-run");
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 20);
}
