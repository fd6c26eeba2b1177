import { dirname } from "node:path";
import type { Component } from "../../config/resources.ts";
import { UserError } from "../../lib/errors.ts";
import { formatKeyPath, isMapping } from "../../lib/object.ts";
import { findSwitchedOff } from "../../model/chart-keys.ts";
import type { Notice, PlannedApp } from "../../model/plan.ts";
import { formatPath, type Mistake, showPath, throwIfAny } from "../../yaml/mistakes.ts";
import { readYaml, type YamlFile } from "../../yaml/read.ts";
import type { SettingInput } from "./apply.ts";

type SettingPath = readonly [string, ...(string | number)[]];
type Where = Pick<SettingInput, "config" | "texts" | "cwd">;

/**
 * Returns the place of a setting in monstack.yaml; undefined if the file does not contain the setting, because a flag
 * or an input sets it.
 */
export function locateSetting({ config, texts, cwd }: Where, path: SettingPath): Notice["at"] {
  const text = config.file === undefined ? undefined : texts[config.file];
  if (config.file === undefined || text === undefined) return undefined;
  const yaml = readYaml(text);
  if (typeof yaml.data !== "object" || yaml.data === null || !Object.hasOwn(yaml.data, path[0]))
    return undefined;
  const [line, column] = yaml.valueAt(path).split(":").map(Number);
  return { file: showPath(cwd, config.file), line: line ?? 1, column: column ?? 1 };
}

/** Returns the error for a mistake in a setting that only planning can find. */
export function createSettingError(input: Where, path: SettingPath, problem: string): UserError {
  const place = locateSetting(input, path);
  const prefix = place === undefined ? "" : `${place.file}:${place.line}:${place.column}: `;
  return new UserError(`${prefix}${formatPath(path)}: ${problem}`);
}

/**
 * Returns the notice for a setting that no app of this stack supports.
 * @param subject the missing program, for example `Prometheus`
 */
export function noticeUnsupportedSetting(input: SettingInput, path: SettingPath, subject: string): Notice {
  const text = `${formatPath(path)} has no effect: this stack has no ${subject} from a chart that it is known for`;
  return { id: "setting-without-app", text, at: locateSetting(input, path) };
}

/** Returns a notice if a setting has no effect because the app's values switch off its component; else undefined. */
export function noticeComponentOff(
  input: SettingInput,
  path: SettingPath,
  app: PlannedApp,
  component: Component,
): Notice | undefined {
  const switchPath = findSwitchedOff(component, app);
  // alerting.config switches Alertmanager on.
  const isConfigured = component === "alertmanager" && input.config.alerting.config !== undefined;
  if (switchPath === undefined || isConfigured) return undefined;
  const text = `${formatPath(path)} has no effect: ${app.name}'s values have ${formatKeyPath(switchPath)}: false`;
  return { id: "setting-without-app", text, at: locateSetting(input, path) };
}

type Path = readonly (string | number)[];

/** A YAML file that one of the user's settings names, or a part of monstack.yaml itself. */
export interface UserYaml {
  readonly data: unknown;
  /** The directory to which relative paths in it are relative. */
  readonly folder: string;
  readonly shownAs: string;
  /** @param character offset in the text at that path, from 0 */
  mistake(path: Path, problem: string, character?: number): Mistake;
  /** Returns a mistake at the key, not at the value, to which the path leads. */
  keyMistake(path: Path, problem: string): Mistake;
  notice(id: string, path: Path, text: string, character?: number): Notice;
  /** Values without quotes that YAML reads as a number or a boolean with another notation: `0123`, `1.0`, `yes`. */
  readonly unlikeTheirText: readonly { readonly path: Path; readonly text: string }[];
}

/**
 * Reads one of the user's YAML files.
 * @throws UserError if it is not valid YAML
 */
export function readUserFile({ texts, cwd }: Pick<SettingInput, "texts" | "cwd">, path: string): UserYaml {
  const shownAs = showPath(cwd, path);
  const yaml = readYaml(texts[path] ?? "");
  throwIfAny(
    yaml.errors.map(({ position, problem }) => ({ where: `${shownAs}:${position}`, path: "", problem })),
  );
  return createUserYaml({ data: yaml.data, yaml, folder: dirname(path), shownAs, at: [] });
}

/** Reads a mapping that is written in monstack.yaml itself. */
export function readInlineYaml(
  { config, texts, cwd }: Pick<SettingInput, "config" | "texts" | "cwd">,
  data: unknown,
  at: Path,
): UserYaml {
  const file = config.file ?? "monstack.yaml";
  const yaml = readYaml(texts[file] ?? "");
  return createUserYaml({ data, yaml, folder: dirname(file), shownAs: showPath(cwd, file), at });
}

interface Source {
  readonly data: unknown;
  readonly yaml: YamlFile;
  readonly folder: string;
  readonly shownAs: string;
  readonly at: Path;
}

/** Returns the data of a YAML file with functions that create mistakes and notices at its lines. */
function createUserYaml({ data, yaml, folder, shownAs, at }: Source): UserYaml {
  const findPosition = (path: Path, character?: number) =>
    yaml.valueAt(findExistingPath(yaml.data, [...at, ...path]), character);
  return {
    data,
    folder,
    shownAs,
    get unlikeTheirText() {
      return yaml.entries().flatMap(({ path, scalar }) => {
        const isBelow = at.every((step, index) => path[index] === step);
        const { value, source = "" } = scalar ?? {};
        const isReadAsOtherType = typeof value === "number" || typeof value === "boolean";
        return isBelow && isReadAsOtherType && String(value) !== source
          ? [{ path: path.slice(at.length), text: source }]
          : [];
      });
    },
    mistake: (path, problem, character) => ({
      where: `${shownAs}:${findPosition(path, character)}`,
      path: formatPath(path),
      problem,
    }),
    keyMistake: (path, problem) => ({
      where: `${shownAs}:${yaml.keyAt(findExistingPath(yaml.data, [...at, ...path]))}`,
      path: formatPath(path),
      problem,
    }),
    notice: (id, path, text, character) => {
      const [line = 1, column = 1] = findPosition(path, character).split(":").map(Number);
      return { id, text, at: { file: shownAs, line, column } };
    },
  };
}

/** Returns the longest part of a path that exists, because a missing key is reported at its parent. */
function findExistingPath(data: unknown, path: Path): Path {
  let node = data;
  for (const [index, part] of path.entries()) {
    const exists = Array.isArray(node)
      ? typeof part === "number" && part < node.length
      : isMapping(node) && Object.hasOwn(node, part);
    if (!exists) return path.slice(0, index);
    node = (node as Record<string | number, unknown>)[part];
  }
  return path;
}
