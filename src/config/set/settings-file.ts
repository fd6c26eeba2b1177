import { getOwnValue, isMapping } from "../../lib/object.ts";
import { formatPath, type Mistake, type Problem, parseData } from "../../yaml/mistakes.ts";
import type { Context } from "../../yaml/primitives.ts";
import { type ConfigSections, createFileSchema, pickSections, pickSettings } from "../load/monstack-file.ts";
import { type SettingName, type Settings, settings } from "../settings.ts";
import { findPlace, groupByPath, isPrefix, type SetLine } from "./lines.ts";

/** The settings in lines of the input `set` or in flags `--set`, parsed by the schema of monstack.yaml. */
export interface SetFile {
  readonly lines: readonly SetLine[];
  readonly settings: Settings;
  /** Sections without a line are left out. */
  readonly sections: Partial<ConfigSections>;
}

/** Parses lines as if they were a monstack.yaml. Every mistake goes to `mistakes`. */
export function parseSetLines(lines: readonly SetLine[], context: Context, mistakes: Mistake[]): SetFile {
  const data = buildTree(lines, mistakes);
  const parsed = parseData(createFileSchema(context), data);
  if ("value" in parsed)
    return { lines, settings: pickSettings(parsed.value), sections: pickSections(parsed.value) };
  for (const problem of parsed.problems)
    mistakes.push({
      where: findPlace(lines, problem.path),
      path: formatPath(problem.path),
      problem: explainProblem(problem, lines),
    });
  return { lines, settings: {}, sections: {} };
}

/** Returns the settings whose keys the lines set, also with invalid values. */
export function listSettingsInLines(lines: readonly SetLine[]): SettingName[] {
  return (Object.keys(settings) as SettingName[]).filter((name) => {
    const { inFile } = settings[name];
    return inFile !== undefined && lines.some(({ path, value }) => hasValueAt(path, value, inFile));
  });
}

/** True if a line with this path and value sets something at, below or above a key. */
function hasValueAt(path: readonly string[], value: unknown, key: readonly string[]): boolean {
  if (isPrefix(key, path)) return true;
  const inner = isPrefix(path, key) ? key.slice(path.length) : undefined;
  return inner?.length === 1 && isMapping(value) && getOwnValue(value, inner[0] ?? "") !== undefined;
}

/**
 * Returns the mapping that the lines make together. Several lines with one path are the items of a list; lines with
 * paths below one key are the keys of a mapping.
 */
function buildTree(lines: readonly SetLine[], mistakes: Mistake[]): Record<string, unknown> {
  const root = createMapping();
  for (const { path, lines: linesOfPath } of groupByPath(lines)) {
    const values = linesOfPath.map(({ value }) => value);
    const value = values.length > 1 || isListItem(path, values[0]) ? values.flat() : values[0];
    const blocked = insertValue(root, path, value);
    if (blocked === undefined) continue;
    const problem = `${formatPath(path)} is below ${formatPath(blocked)}, which another line sets to a value; expected a mapping there`;
    mistakes.push({ where: findPlace(lines, path), path: formatPath(path), problem });
  }
  return root;
}

/** Lists of mappings, each of which can be a line. */
const listsOfMappings = ["checks", "dashboards", "federate", "remote-write"];

/** True if a line's value is an item of a list of mappings, and not the list. */
function isListItem(path: readonly string[], value: unknown): boolean {
  return path.length === 1 && listsOfMappings.includes(path[0] ?? "") && isMapping(value);
}

/** Returns a mapping without inherited keys, because the keys in it come from a text. */
function createMapping(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

/** Inserts a value into the tree. Returns the path of a value that is not a mapping on the way to it; else undefined. */
function insertValue(
  root: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
): readonly string[] | undefined {
  let node = root;
  for (const [index, key] of path.entries()) {
    const child = node[key];
    const isLast = index === path.length - 1;
    if (isLast && child === undefined)
      node[key] = isMapping(value) ? Object.assign(createMapping(), value) : value;
    else if (isLast && isMapping(child) && isMapping(value)) Object.assign(child, value);
    else if (isLast) return path;
    else if (child === undefined) node[key] = createMapping();
    else if (!isMapping(child)) return path.slice(0, index + 1);
    node = node[key] as Record<string, unknown>;
  }
  return undefined;
}

/** Returns a problem's message, with what the form of the lines explains. */
function explainProblem({ path, message, isUnknownKey }: Problem, lines: readonly SetLine[]): string {
  const [key = ""] = path;
  const setting = Object.hasOwn(settings, key) ? settings[key as SettingName] : undefined;
  if (isUnknownKey && path.length === 1 && setting?.inFile !== undefined)
    return `unknown key; expected ${setting.inFile.join(".")}`;
  const group = groupByPath(lines).find((candidate) => isPrefix(candidate.path, path));
  const isWholePath = group?.path.length === path.length;
  if (isWholePath && group !== undefined && group.lines.length > 1) {
    const places = new Intl.ListFormat("en-GB").format(group.lines.map(({ placeOf }) => placeOf([])));
    return `set by several lines (${places}), which make a list; ${message}`;
  }
  const isBelow = lines.some((line) => line.path.length > path.length && isPrefix(path, line.path));
  if (!isBelow || isUnknownKey) return message;
  const name =
    lines
      .find((line) => isPrefix(path, line.path))
      ?.path.slice(path.length - 1)
      .join(".") ?? "";
  return `${message}; a key with a dot is written in quotes: ${formatPath([...path.slice(0, -1), name])}`;
}
