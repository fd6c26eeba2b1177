import { formatPath } from "../../config/mistakes.ts";
import { readYaml } from "../../config/yaml.ts";
import { UserError } from "../../host/errors.ts";
import type { Notice } from "../types.ts";
import type { AskedInput } from "./asked.ts";

type Path = readonly [string, ...(string | number)[]];

/** Where monstack.yaml says it; undefined when a flag or an input does. */
export function placeOf({ config, texts }: AskedInput, path: Path): Notice["at"] {
  const text = config.file === undefined ? undefined : texts[config.file];
  if (config.file === undefined || text === undefined) return undefined;
  const yaml = readYaml(text);
  if (typeof yaml.data !== "object" || yaml.data === null || !Object.hasOwn(yaml.data, path[0]))
    return undefined;
  const [line, column] = yaml.valueAt(path).split(":").map(Number);
  return { file: config.file, line: line ?? 1, column: column ?? 1 };
}

/** A mistake that only the plan can see. */
export function mistakeAt(input: AskedInput, path: Path, problem: string): UserError {
  const at = placeOf(input, path);
  const where = at === undefined ? "" : `${at.file}:${at.line}:${at.column}: `;
  return new UserError(`${where}${formatPath(path)}: ${problem}`);
}

/** A setting that no app of this stack takes. */
export function nobodyTakes(input: AskedInput, path: Path, what: string): Notice {
  const text = `${formatPath(path)} has no effect: this stack has no ${what} from a chart that it is known for`;
  return { id: "setting-without-app", text, at: placeOf(input, path) };
}
