import type { Component } from "../../config/resources.ts";
import { UserError } from "../../lib/errors.ts";
import { formatKeyPath } from "../../lib/values.ts";
import { switchedOffAt } from "../../model/chart-keys.ts";
import type { Notice, PlannedApp } from "../../model/plan.ts";
import { formatPath, showPath } from "../../yaml/mistakes.ts";
import { readYaml } from "../../yaml/read.ts";
import type { AskedInput } from "./asked.ts";

type Path = readonly [string, ...(string | number)[]];
type Where = Pick<AskedInput, "config" | "texts" | "cwd">;

/** Where monstack.yaml says it; undefined when a flag or an input does. */
export function placeOf({ config, texts, cwd }: Where, path: Path): Notice["at"] {
  const text = config.file === undefined ? undefined : texts[config.file];
  if (config.file === undefined || text === undefined) return undefined;
  const yaml = readYaml(text);
  if (typeof yaml.data !== "object" || yaml.data === null || !Object.hasOwn(yaml.data, path[0]))
    return undefined;
  const [line, column] = yaml.valueAt(path).split(":").map(Number);
  return { file: showPath(cwd, config.file), line: line ?? 1, column: column ?? 1 };
}

/** A mistake that only the plan can see. */
export function mistakeAt(input: Where, path: Path, problem: string): UserError {
  const at = placeOf(input, path);
  const where = at === undefined ? "" : `${at.file}:${at.line}:${at.column}: `;
  return new UserError(`${where}${formatPath(path)}: ${problem}`);
}

/** A setting that no app of this stack takes. */
export function nobodyTakes(input: AskedInput, path: Path, what: string): Notice {
  const text = `${formatPath(path)} has no effect: this stack has no ${what} from a chart that it is known for`;
  return { id: "setting-without-app", text, at: placeOf(input, path) };
}

/** That a setting has no effect, as the values of the app leave out what it is for; undefined: it is there. */
export function leftOut(
  input: AskedInput,
  path: Path,
  app: PlannedApp,
  component: Component,
): Notice | undefined {
  const at = switchedOffAt(component, app);
  // An Alertmanager that is configured is switched on.
  const isAskedFor = component === "alertmanager" && input.config.alerting.config !== undefined;
  if (at === undefined || isAskedFor) return undefined;
  const text = `${formatPath(path)} has no effect: ${app.name}'s values have ${formatKeyPath(at)}: false`;
  return { id: "setting-without-app", text, at: placeOf(input, path) };
}
