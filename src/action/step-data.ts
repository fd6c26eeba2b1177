import * as core from "@actions/core";
import { getKnownPlaces } from "../app/known.ts";
import type { Config } from "../config/schema.ts";
import { type SetInput, setInputs } from "../config/set/lines.ts";
import type { Reporter } from "../config/settings/access.ts";
import {
  type ConfigOverrides,
  describeInput,
  inputSettings,
  listSettingNames,
  type SettingName,
  settings,
} from "../config/settings.ts";
import type { Known } from "../journal/types.ts";
import { UserError } from "../lib/errors.ts";
import { throwIfAny } from "../yaml/mistakes.ts";
import { formatFlowValue } from "../yaml/pairs.ts";
import { splitText } from "../yaml/primitives.ts";

/** Saves the data that the post step needs for the teardown, through the runner. */
export function saveTeardownWork(config: Config): void {
  const { stateDir, reportDir, reporters, verify, keep } = config;
  core.saveState("known", JSON.stringify(getKnownPlaces(config)));
  core.saveState("state-dir", stateDir);
  core.saveState("report-dir", reportDir);
  core.saveState("reporters", reporters.join());
  core.saveState("verify-at-end", String(verify.atEnd));
  core.saveState("keep-metrics", String(keep.metrics));
}

/** The data for the post step's teardown. */
export interface PostWork {
  readonly stateDir: string;
  readonly reportDir: string;
  readonly reporters: readonly Reporter[];
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
    reporters: splitText(core.getState("reporters")) as Reporter[],
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
  /** The texts of the inputs that hold several settings. */
  readonly set: Readonly<Partial<Record<SetInput, string>>>;
}

/**
 * Returns the action's inputs.
 * @throws UserError with the input and its accepted values, or for an input that the action no longer has
 */
export function readInputs(): Inputs {
  refuseRemovedInputs();
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
    settings: readEach(inputSettings),
    set: readEach(setInputs),
  };
}

/** Returns the texts of inputs by their names. */
function readEach<Name extends string>(names: readonly Name[]): Record<Name, string> {
  return Object.fromEntries(names.map((name) => [name, core.getInput(name)])) as Record<Name, string>;
}

/**
 * Refuses inputs that were removed in favour of `set`. The runner only warns about an input that action.yml does not
 * have, and passes it on.
 * @throws UserError with the line in `set` for each of them
 */
function refuseRemovedInputs(): void {
  const problems = listSettingNames()
    .filter((name) => !inputSettings.includes(name))
    .flatMap((name) => {
      const text = core.getInput(name);
      return text === ""
        ? []
        : [{ where: `input ${name}`, path: "", problem: describeReplacement(name, text) }];
    });
  throwIfAny(problems);
}

/** Returns what replaces a removed input, with the line that has the same effect. */
function describeReplacement(name: SettingName, text: string): string {
  const { inFile, readText } = settings[name];
  if (inFile === undefined) return `was removed; expected instead: ${describeInput(name)}`;
  // Both can hold a secret, which no error message may show.
  const isSecret = name === "grafana-password" || name === "k3s-args";
  const value = isSecret ? "..." : formatFlowValue(readText ? readText(text) : text);
  return `was removed; expected instead: the line \`${inFile.join(".")}: ${value}\` of the input set`;
}
