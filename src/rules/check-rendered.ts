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

/** A mistake in a file, with its place in the user's configuration. */
export interface FoundMistake {
  /** Id of the cause in the report; undefined: `rules-invalid`. */
  readonly id?: string;
  readonly what: string;
  /** The place in the rendered file, and the expression with a caret. */
  readonly how: readonly string[];
  readonly fix: string;
  readonly at: Place | undefined;
}

/** The error for rules or a configuration that Prometheus, Alertmanager or Grafana would refuse. */
export class RulesInvalid extends UserError {
  readonly found: readonly FoundMistake[];

  constructor(message: string, found: readonly FoundMistake[]) {
    super(message, { fix: generalFix });
    this.found = found;
  }
}

const generalFix = "correct it; `promtool check rules` finds such mistakes in rules too";

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
      mistakes.map((mistake) => ({ ...createFoundInValues(mistake), id })),
    );
  }
}

function createFoundInValues({ where, path, problem }: Mistake): FoundMistake {
  const [firstLine = "", ...furtherLines] = problem.split("\n");
  const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(where) ?? [];
  const place = file === undefined ? undefined : { file, line: Number(line), column: Number(column) };
  const how = place === undefined ? [where, ...furtherLines] : furtherLines;
  return { what: `${path}: ${firstLine}`, how, fix: "correct this value", at: place };
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
  const mistakes = fileMistakes.map((mistake) => ({ ...mistake, at: findPlace(loaded, rendered, mistake) }));
  try {
    throwIfAny(mistakes.map(createMistake));
  } catch (error) {
    throw new RulesInvalid(describeError(error), mistakes.map(createFound));
  }
}

type PlacedMistake = FileMistake & { readonly at: Place | undefined };

function createMistake({ app, file, part, problem, at }: PlacedMistake): Mistake {
  const where = at ? `${at.file}:${at.line}:${at.column}` : `app ${app}`;
  return { where, path: part ? `${file}, ${part}` : file, problem };
}

function createFound({ app, file, part, problem, at }: PlacedMistake): FoundMistake {
  const [firstLine = "", ...furtherLines] = problem.split("\n");
  return {
    what: `${part || file}: ${firstLine}`,
    how: [`in ${file}, app ${app}`, ...furtherLines],
    fix: generalFix,
    at,
  };
}

/** Returns the place in the user's values that a mistake comes from; undefined if it comes from the chart. */
function findPlace(
  loaded: LoadedConfig,
  rendered: readonly RenderedApp[],
  { app, path, character, content, problem }: FileMistake,
): Place | undefined {
  const values = rendered.find((renderedApp) => renderedApp.app.name === app)?.app.values ?? {};
  const contentPath = findContent(values, content);
  if (contentPath === undefined) return undefined;
  const options = { what: locateFault({ problem }), ...(character === undefined ? {} : { character }) };
  // A missing key has no place of its own, so the place of the nearest existing key above it is returned.
  for (let length = path.length; length >= 0; length--) {
    const place = placeInValues(
      loaded,
      app,
      [...contentPath, ...path.slice(0, length)],
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

/**
 * True if a value in the user's values is the content of a rendered file: the same text, or a mapping with the same
 * groups or receivers.
 */
function isSameContent(value: unknown, content: unknown): boolean {
  if (typeof content === "string") return typeof value === "string" && value.trim() === content.trim();
  if (!isMapping(value) || !isMapping(content)) return false;
  // Only these lists are compared: the file may have further keys from the chart, and the values keys that the file lacks.
  const lists = ["groups", "receivers"].filter((key) => Array.isArray(content[key]));
  return lists.length > 0 && lists.every((key) => isDeepStrictEqual(value[key], content[key]));
}

/** A mistake in a rendered file with which Prometheus or Alertmanager does not start. */
export interface FileMistake {
  readonly app: string;
  /** e.g. `alerting_rules.yml of ConfigMap monitoring/prometheus-server`. */
  readonly file: string;
  /** e.g. `group custom, rule HighPodMemory` or `receiver slack`; empty for the file as a whole. */
  readonly part: string;
  readonly problem: string;
  /** The place in the rendered file: keys, and indices from 0. */
  readonly path: readonly (string | number)[];
  /** Position in the scalar at `path`, from 0. */
  readonly character?: number | undefined;
  /** The parsed content of the rendered file. */
  readonly content: unknown;
}

/** Records a problem at a path in the file. */
export type Complain = (path: readonly (string | number)[], problem: string, character?: number) => void;
