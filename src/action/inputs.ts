import * as core from "@actions/core";
import type { ConfigOverrides } from "../config/settings.ts";
import { overrides, type SettingName } from "../config/settings.ts";
import { UserError } from "../lib/errors.ts";

/** The action's inputs, read once. */
export interface Inputs {
  readonly mode: "up" | "run";
  readonly config: string | undefined;
  /** Tear down when the job ends. */
  readonly teardown: boolean;
  readonly settings: Partial<ConfigOverrides>;
}

/** @throws UserError naming the input and what would be right. */
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
