import { formatPath, formatValue, type Mistake } from "../../yaml/mistakes.ts";
import { readPairs } from "../../yaml/pairs.ts";
import { readYaml } from "../../yaml/read.ts";

type Path = readonly (string | number)[];

/** Settings as texts, for keys of monstack.yaml that have no input or flag of their own. */
export interface SetTexts {
  /** The texts of the inputs `set`, `ports` and `timeouts`, by these names. */
  readonly inputs?: Readonly<Partial<Record<SetInput, string>>>;
  /** The values of the flags `--set`: `path=value`. */
  readonly flags?: readonly string[];
}

/** Inputs that hold several settings: `set` any, the others those below their own key. */
export const setInputs = ["ports", "timeouts", "set"] as const;
export type SetInput = (typeof setInputs)[number];

/** A key of monstack.yaml with its value, from a line of an input or from a flag `--set`. */
export interface SetLine {
  readonly path: readonly string[];
  readonly value: unknown;
  /** Returns the place of a path below the line's own, for messages: `input set:3:1` or `--set ports.grafana`. */
  readonly placeOf: (below: Path) => string;
}

/** Returns the lines of the inputs. Mistakes go to `mistakes`. */
export function readSetInputs({ inputs = {} }: SetTexts, mistakes: Mistake[]): SetLine[] {
  return setInputs.flatMap((name) => readSetInput(name, inputs[name] ?? "", mistakes));
}

/** Returns the lines of one input, a YAML mapping whose keys are paths. */
function readSetInput(name: SetInput, text: string, mistakes: Mistake[]): SetLine[] {
  const section = name === "set" ? [] : [name];
  const { pairs, errors } = readPairs(text);
  for (const { position, problem } of errors) {
    const [line = "1"] = position.split(":");
    const example = suggestLine(text.split("\n")[Number(line) - 1] ?? "");
    const expected = `expected lines of path: value${example && `, here ${example}`}`;
    mistakes.push({ where: `input ${name}:${position}`, path: "", problem: `${problem}; ${expected}` });
  }
  return pairs.flatMap(({ key, value, placeOf }) => {
    const placeInInput = (below: Path) => `input ${name}:${placeOf(below)}`;
    const path = splitSettingPath(key);
    if (path !== undefined) return [{ path: [...section, ...path], value, placeOf: placeInInput }];
    mistakes.push({ where: placeInInput([]), path: "", problem: describeBadPath(key) });
    return [];
  });
}

/** Returns `path: value` for a line `path=value`, which is the form of the flag; else an empty text. */
function suggestLine(line: string): string {
  const [path = "", value] = line.trim().split(/=(.*)/s, 2);
  return value === undefined || /[\s:]/.test(path) ? "" : `\`${path}: ${value}\``;
}

/** Returns a line for each flag `--set`. Mistakes go to `mistakes`, without the values, which can be secrets. */
export function readSetFlags({ flags = [] }: SetTexts, mistakes: Mistake[]): SetLine[] {
  return flags.flatMap((flag) => {
    const [pathText = "", valueText] = flag.split(/=(.*)/s, 2);
    const where = `--set ${pathText}`;
    const path = splitSettingPath(pathText);
    if (path === undefined || valueText === undefined) {
      const problem =
        path === undefined
          ? describeBadPath(pathText)
          : "has no value; expected path=value, for example retention=30d";
      mistakes.push({ where, path: "", problem });
      return [];
    }
    const { data, errors } = readYaml(valueText);
    mistakes.push(...errors.map(({ problem }) => ({ where, path: "", problem })));
    return errors.length > 0 ? [] : [{ path, value: data, placeOf: () => where }];
  });
}

function describeBadPath(text: string): string {
  return `${formatValue(text)} is not a path; expected for example ports.grafana, and mirrors."docker.io" for a key with a dot`;
}

/**
 * Returns the keys of a path: `ports.grafana`, `mirrors."docker.io"` or `mirrors.docker\.io`. Undefined if a key is
 * empty or a quote is not closed.
 */
export function splitSettingPath(text: string): readonly string[] | undefined {
  const keys: string[] = [];
  let key = "";
  let isQuoted = false;
  for (let offset = 0; offset < text.length; offset++) {
    const character = text.charAt(offset);
    if (character === "\\" && offset + 1 < text.length) {
      offset += 1;
      key += text.charAt(offset);
    } else if (character === '"') isQuoted = !isQuoted;
    else if (character === "." && !isQuoted) {
      keys.push(key);
      key = "";
    } else key += character;
  }
  keys.push(key);
  return isQuoted || keys.some((name) => name.trim() === "") ? undefined : keys;
}

/** The lines with one path. */
interface LinesOfPath {
  readonly path: readonly string[];
  readonly lines: readonly SetLine[];
}

/** Returns the lines by their paths, in the order of each path's first line. */
export function groupByPath(lines: readonly SetLine[]): readonly LinesOfPath[] {
  const groups = new Map<string, SetLine[]>();
  for (const line of lines) {
    const key = JSON.stringify(line.path);
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return [...groups.values()].map((group) => ({ path: group[0]?.path ?? [], lines: group }));
}

/**
 * Returns the place of a key for messages: that of the line which sets it, else of the first line that sets a key
 * below it or above it.
 */
export function findPlace(lines: readonly SetLine[], path: Path): string {
  const groups = groupByPath(lines);
  const above = groups.findLast((group) => isPrefix(group.path, path));
  if (above !== undefined) {
    const below = path.slice(above.path.length);
    const [index] = below;
    // Several lines are the items of one list.
    const line = above.lines.length > 1 && typeof index === "number" ? above.lines[index] : undefined;
    return (line ?? above.lines.at(-1))?.placeOf(line ? below.slice(1) : below) ?? formatPath(path);
  }
  const [inside] = groups.find((group) => isPrefix(path, group.path))?.lines ?? [];
  return inside?.placeOf([]) ?? formatPath(path);
}

/** True if a path begins with another one, or is the same. */
export function isPrefix(prefix: Path, path: Path): boolean {
  return prefix.length <= path.length && prefix.every((key, index) => key === path[index]);
}
