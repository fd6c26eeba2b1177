import * as core from "@actions/core";
import type { Config } from "../config/schema.ts";

/** What the main step tells the post step, through the runner. */
export function saveTeardown({ stateDir, reportDir }: Config): void {
  core.saveState("state-dir", stateDir);
  core.saveState("report-dir", reportDir);
}

/** Undefined when there is nothing to tear down: the main step never got that far, or was told not to. */
export function readTeardown(): { stateDir: string; reportDir: string } | undefined {
  const stateDir = core.getState("state-dir");
  return stateDir === "" ? undefined : { stateDir, reportDir: core.getState("report-dir") };
}
