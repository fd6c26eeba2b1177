import type { LoadedConfig } from "../../config/load.ts";
import { placeInApp } from "../../config/locate.ts";
import { describeError, type MonstackError, UserError } from "../../lib/errors.ts";
import { NotInIndex } from "../../sources/charts/repo.ts";
import { type Mistake, throwIfAny } from "../../yaml/mistakes.ts";

/** A chart, or a version of it, that isn't there: no run can have it either. */
export interface RefusedChart {
  readonly mistake: Mistake;
  readonly fix: string | undefined;
}

/** What a failure to have an app's chart tells about the configuration; undefined when it is another one's fault. */
export function refusalOf(loaded: LoadedConfig, app: string, error: unknown): RefusedChart | undefined {
  if (error instanceof NotInIndex) return refused(loaded, app, error.missing, error);
  if (error instanceof UserError) return refused(loaded, app, "chart", error);
  return undefined;
}

/** @throws UserError for charts and versions that aren't there */
export function refuseCharts(refused: readonly RefusedChart[]): void {
  const fixes = new Set(refused.flatMap(({ fix }) => fix ?? []));
  try {
    throwIfAny(refused.map(({ mistake }) => mistake));
  } catch (cause) {
    throw new UserError(describeError(cause), fixes.size > 0 ? { fix: [...fixes].join("; ") } : {});
  }
}

/** Where the user's files name an app's chart, or its version; undefined when they name neither. */
export function placeOfChart(loaded: LoadedConfig, app: string, first: "chart" | "version" = "chart") {
  const second = first === "chart" ? "version" : "chart";
  return placeInApp(loaded, app, [first]) ?? placeInApp(loaded, app, [second]);
}

function refused(
  loaded: LoadedConfig,
  app: string,
  what: "chart" | "version",
  { message, fix }: MonstackError,
): RefusedChart {
  const place = placeOfChart(loaded, app, what);
  const where = place ? `${place.file}:${place.line}:${place.column}` : `app ${app}`;
  return { mistake: { where, path: `apps.${app}.${what}`, problem: message }, fix };
}
