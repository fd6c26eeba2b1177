import { formatKeyPath } from "../../lib/object.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import type { UnknownValue } from "../../model/plan.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { locateUnknownValues } from "../locate-causes.ts";
import type { Session } from "../session/session.ts";

/** What should be known of the charts before anything is deployed: each a warning, at its line where it has one. */
export function tellCharts(session: Session, rendered: readonly RenderedApp[]): void {
  const { context, draft } = session;
  const deprecated = rendered.flatMap(({ app, chart }) => deprecationOf(app.name, chart));
  for (const text of deprecated) context.log.warn(text, { title: "monstack: deprecated chart" });
  draft.warnings = [...draft.warnings, ...deprecated];
  tellUnknownValues(
    session,
    rendered.flatMap(({ unknownValues = [] }) => unknownValues),
  );
}

/** Each at its line: that is where it is fixed. */
export function tellUnknownValues({ context, loaded }: Session, unknown: readonly UnknownValue[]): void {
  for (const { value, at } of locateUnknownValues(loaded, unknown))
    context.log.warn(describeUnknown(value), { title: "monstack: value without effect", ...at });
}

export function describeUnknown({ app, path, meant, hint }: UnknownValue): string {
  const told = hint ?? (meant === undefined ? undefined : `did you mean ${meant}?`);
  const what = `${app}: nothing in the chart reads ${formatKeyPath(path)}, so it changes nothing`;
  return told === undefined ? what : `${what}; ${told}`;
}

export function deprecationOf(app: string, { name, version, deprecated }: ChartFile): string[] {
  return deprecated ? [`${app}: chart ${name} ${version} is deprecated by its authors`] : [];
}
