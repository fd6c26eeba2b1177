import * as core from "@actions/core";
import type { Config } from "../config/schema.ts";

/** What the main step tells the post step, through the runner. */
export function saveTeardown({ stateDir, reportDir, verify }: Config): void {
  core.saveState("state-dir", stateDir);
  core.saveState("report-dir", reportDir);
  core.saveState("verify-at-end", String(verify.atEnd));
}

/** Undefined when there is nothing to tear down: the main step never got that far, or was told not to. */
export function readTeardown(): { stateDir: string; reportDir: string; verifyAtEnd: boolean } | undefined {
  const stateDir = core.getState("state-dir");
  if (stateDir === "") return undefined;
  const verifyAtEnd = core.getState("verify-at-end") === "true";
  return { stateDir, reportDir: core.getState("report-dir"), verifyAtEnd };
}
