import { isDeepStrictEqual } from "node:util";
import type { LoadedConfig } from "../config/load.ts";
import { type Place, placeInValues } from "../config/locate.ts";
import { describeError, UserError } from "../lib/errors.ts";
import { isMapping } from "../lib/object.ts";
import type { RenderedApp } from "../model/rendered.ts";
import type { Judge } from "../upstream/protocol.ts";
import { type Mistake, throwIfAny } from "../yaml/mistakes.ts";
import { judgeRenderedAlertmanager, judgeRenderedRules } from "./rendered-files.ts";
import { locateFault } from "./rule-errors.ts";

type Path = readonly (string | number)[];

/** What is wrong in a file, and where in the user's configuration it comes from. */
export interface FoundMistake {
  /** Of the cause that it is reported as; `rules-invalid` if undefined. */
  readonly id?: string;
  readonly what: string;
  /** Where it stands, and the expression with a caret. */
  readonly how: readonly string[];
  readonly fix: string;
  readonly at: Place | undefined;
}

/** Rules, or a configuration of Prometheus, Alertmanager or Grafana, that would be refused. */
export class RulesInvalid extends UserError {
  readonly found: readonly FoundMistake[];

  constructor(message: string, found: readonly FoundMistake[]) {
    super(message, { fix });
    this.found = found;
  }
}

const fix = "correct it; `promtool check rules` finds such mistakes in rules too";

/**
 * Refuses mistakes in the user's values. The error lists each mistake as a cause with this id.
 * @throws RulesInvalid if there is any mistake
 */
export function refuseAs(id: string, mistakes: readonly Mistake[]): void {
  try {
    throwIfAny(mistakes);
  } catch (error) {
    throw new RulesInvalid(
      describeError(error),
      mistakes.map((mistake) => ({ ...toFoundInValues(mistake), id })),
    );
  }
}

function toFoundInValues({ where, path, problem }: Mistake): FoundMistake {
  const [first = "", ...rest] = problem.split("\n");
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(where) ?? [];
  const place = file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
  const how = place === undefined ? [where, ...rest] : rest;
  return { what: `${path}: ${first}`, how, fix: "correct this value", at: place };
}

/**
 * Checks the rule files and Alertmanager's configuration before anything is deployed.
 * @throws RulesInvalid that names each mistake with its file, group and rule, and with the line in the user's file if
 *   there is one
 */
export async function checkRendered(
  judge: Pick<Judge, "ask">,
  loaded: LoadedConfig,
  rendered: readonly RenderedApp[],
): Promise<void> {
  const fileMistakes = [
    ...(await judgeRenderedRules(judge, rendered)),
    ...(await judgeRenderedAlertmanager(judge, rendered)),
  ];
  const mistakes = fileMistakes.map((one) => ({ ...one, at: findPlace(loaded, rendered, one) }));
  try {
    throwIfAny(mistakes.map(toMistake));
  } catch (error) {
    throw new RulesInvalid(describeError(error), mistakes.map(toFound));
  }
}

type Placed = FileMistake & { readonly at: Place | undefined };

function toMistake({ app, file, part, problem, at }: Placed): Mistake {
  const where = at ? `${at.file}:${at.line}:${at.column}` : `app ${app}`;
  return { where, path: part ? `${file}, ${part}` : file, problem };
}

function toFound({ app, file, part, problem, at }: Placed): FoundMistake {
  const [first = "", ...rest] = problem.split("\n");
  return { what: `${part || file}: ${first}`, how: [`in ${file}, app ${app}`, ...rest], fix, at };
}

/** Returns the place in the user's values that a mistake comes from; undefined if it comes from the chart. */
function findPlace(
  loaded: LoadedConfig,
  rendered: readonly RenderedApp[],
  { app, path, character, content, problem }: FileMistake,
): Place | undefined {
  const values = rendered.find((renderedApp) => renderedApp.app.name === app)?.app.values ?? {};
  const base = findContent(values, content);
  if (base === undefined) return undefined;
  const options = { what: locateFault({ problem }), ...(character === undefined ? {} : { character }) };
  // A key that is missing has no line of its own: that of what it is missing in.
  for (let length = path.length; length >= 0; length--) {
    const place = placeInValues(
      loaded,
      app,
      [...base, ...path.slice(0, length)],
      length === path.length ? options : {},
    );
    if (place) return place;
  }
  return undefined;
}

/**
 * Returns the key path at which the values hold a file's content: as a mapping with at least the same lists, or as a
 * text. Undefined if they don't.
 */
function findContent(values: unknown, content: unknown, path: Path = []): Path | undefined {
  if (isSameContent(values, content)) return path;
  if (!isMapping(values)) return undefined;
  for (const [key, value] of Object.entries(values)) {
    const contentPath = findContent(value, content, [...path, key]);
    if (contentPath) return contentPath;
  }
  return undefined;
}

function isSameContent(value: unknown, content: unknown): boolean {
  if (typeof content === "string") return typeof value === "string" && value.trim() === content.trim();
  if (!isMapping(value) || !isMapping(content)) return false;
  // The charts' own defaults may be beside what the user wrote, and what only the chart reads isn't in the file.
  const lists = ["groups", "receivers"].filter((key) => Array.isArray(content[key]));
  return lists.length > 0 && lists.every((key) => isDeepStrictEqual(value[key], content[key]));
}

/** Something in a file for Prometheus or Alertmanager with which it would not start. */
export interface FileMistake {
  readonly app: string;
  /** e.g. `alerting_rules.yml of ConfigMap monitoring/prometheus-server`. */
  readonly file: string;
  /** e.g. `group custom, rule HighPodMemory` or `receiver slack`; empty for the file as a whole. */
  readonly part: string;
  readonly problem: string;
  /** Where it stands in the rendered file, keys and indices. */
  readonly path: readonly (string | number)[];
  /** Position in the scalar at `path`, from 0. */
  readonly character?: number | undefined;
  /** The file as it was rendered. */
  readonly content: unknown;
}

/** Notes what is wrong at a path below the file's top. */
export type Complain = (path: readonly (string | number)[], problem: string, character?: number) => void;
