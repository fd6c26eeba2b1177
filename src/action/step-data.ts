import * as core from "@actions/core";
import { getKnownPlaces } from "../app/known.ts";
import type { Config } from "../config/schema.ts";
import { type ConfigOverrides, overrides, type SettingName } from "../config/settings.ts";
import type { Known } from "../journal/types.ts";
import { UserError } from "../lib/errors.ts";

/** Saves the data that the post step needs, through the runner. */
export function saveTeardown(config: Config): void {
  const { stateDir, reportDir, verify, keep } = config;
  core.saveState("known", JSON.stringify(getKnownPlaces(config)));
  core.saveState("state-dir", stateDir);
  core.saveState("report-dir", reportDir);
  core.saveState("verify-at-end", String(verify.atEnd));
  core.saveState("keep-metrics", String(keep.metrics));
}

export interface PostWork {
  readonly stateDir: string;
  readonly reportDir: string;
  /** What the main step's settings named: the teardown uses no other programs. */
  readonly known: Known;
  readonly verifyAtEnd: boolean;
  readonly keepMetrics: boolean;
}

/** Returns undefined if there is nothing to tear down: the main step did not get that far, or the teardown is off. */
export function readTeardown(): PostWork | undefined {
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

/** What is to be kept in GitHub's cache when the job ends. */
interface SaveWork {
  /** Absolute. */
  readonly lockFile: string;
  /** The key in the cache. */
  readonly saveAs: string;
}

export function saveSaving({ lockFile, saveAs }: SaveWork): void {
  core.saveState("cache-lock-file", lockFile);
  core.saveState("cache-key", saveAs);
}

/** Returns undefined if nothing is to be saved, or the cache has it already. */
export function readSaving(): SaveWork | undefined {
  const saveAs = core.getState("cache-key");
  return saveAs === "" ? undefined : { saveAs, lockFile: core.getState("cache-lock-file") };
}

/** The action's inputs, read once. */
export interface Inputs {
  readonly mode: "up" | "run";
  readonly config: string | undefined;
  /** Tear down when the job ends. */
  readonly teardown: boolean;
  readonly settings: Partial<ConfigOverrides>;
}

/** @throws UserError naming the input and the values it accepts */
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
