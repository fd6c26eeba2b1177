import * as core from "@actions/core";
import { getKnownPlaces } from "../app/known.ts";
import type { Config } from "../config/schema.ts";
import { type ConfigOverrides, overrides, type SettingName } from "../config/settings.ts";
import type { Known } from "../journal/types.ts";
import { UserError } from "../lib/errors.ts";

/** Saves the data that the post step needs for the teardown, through the runner. */
export function saveTeardownWork(config: Config): void {
  const { stateDir, reportDir, verify, keep } = config;
  core.saveState("known", JSON.stringify(getKnownPlaces(config)));
  core.saveState("state-dir", stateDir);
  core.saveState("report-dir", reportDir);
  core.saveState("verify-at-end", String(verify.atEnd));
  core.saveState("keep-metrics", String(keep.metrics));
}

/** The data for the post step's teardown. */
export interface PostWork {
  readonly stateDir: string;
  readonly reportDir: string;
  /** The programs and paths of the main step's settings. The teardown uses no others. */
  readonly known: Known;
  readonly verifyAtEnd: boolean;
  readonly keepMetrics: boolean;
}

/**
 * Returns the data that saveTeardown saved; undefined if the main step ended before that, or if teardown is disabled.
 */
export function readTeardownWork(): PostWork | undefined {
  const stateDir = core.getState("state-dir");
  if (stateDir === "") return undefined;
  return {
    stateDir,
    reportDir: core.getState("report-dir"),
    known: JSON.parse(core.getState("known") || "{}") as Known,
    verifyAtEnd: core.getState("verify-at-end") === "true",
    keepMetrics: core.getState("keep-metrics") === "true",
  };
}

/** The downloads to save in GitHub's cache when the job ends. */
interface SaveWork {
  /** Absolute path of the lock file that names the downloads. */
  readonly lockFile: string;
  /** The key in the cache. */
  readonly saveAs: string;
}

/** Saves the data that the post step needs for saving the downloads. */
export function saveCacheWork({ lockFile, saveAs }: SaveWork): void {
  core.saveState("cache-lock-file", lockFile);
  core.saveState("cache-key", saveAs);
}

/** Returns the data that saveSaving saved; undefined if nothing is to be saved, or the cache already has it. */
export function readCacheWork(): SaveWork | undefined {
  const saveAs = core.getState("cache-key");
  return saveAs === "" ? undefined : { saveAs, lockFile: core.getState("cache-lock-file") };
}

/** The results to save in GitHub's cache when the job ends. */
export interface RunWork {
  /** Absolute path of the report's folder. */
  readonly reportDir: string;
  /** The key in the cache. */
  readonly saveAs: string;
}

/** Saves the data that the post step needs for saving the results of a verified run. */
export function saveRunWork({ reportDir, saveAs }: RunWork): void {
  core.saveState("run-report-dir", reportDir);
  core.saveState("run-key", saveAs);
}

/** Returns the data that saveRunWork saved; undefined if no results are to be saved. */
export function readRunWork(): RunWork | undefined {
  const saveAs = core.getState("run-key");
  return saveAs === "" ? undefined : { saveAs, reportDir: core.getState("run-report-dir") };
}

/** The action's inputs, read once. */
export interface Inputs {
  readonly mode: "up" | "run";
  readonly config: string | undefined;
  /** Whether to tear down when the job ends. */
  readonly teardown: boolean;
  readonly settings: Partial<ConfigOverrides>;
}

/**
 * Returns the action's inputs.
 * @throws UserError with the input and its accepted values
 */
export function readInputs(): Inputs {
  const mode = core.getInput("mode") || "up";
  if (mode !== "up" && mode !== "run")
    throw new UserError(`input mode: \`${mode}\` is not a mode; expected up or run`);
  const teardown = core.getInput("teardown") || "true";
  if (teardown !== "true" && teardown !== "false") {
    throw new UserError(`input teardown: \`${teardown}\` is not a yes or no; expected true or false`);
  }
  return {
    mode,
    config: core.getInput("config") || undefined,
    teardown: teardown === "true",
    settings: Object.fromEntries(overrides.map(({ name }) => [name, core.getInput(name)])) as Record<
      SettingName,
      string
    >,
  };
}
