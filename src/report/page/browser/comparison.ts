import type { Change } from "../../compare/schema.ts";
import type { Results } from "../../results-schema.ts";
import { formatDuration, formatValue } from "../format-value.ts";
import { make, makeFolded, makeSection, makeTable } from "./dom.ts";
import { makeBadge, makeMark } from "./status.ts";

const titles: Readonly<Record<Change["area"], string>> = {
  checks: "Checks",
  alerts: "Alerts",
  panels: "Panels",
  phases: "Phases",
  versions: "Versions",
  resources: "Memory and CPU",
  series: "Series by job",
  metrics: "Metrics",
};

const effects = {
  worse: { tone: "bad", word: "worse" },
  better: { tone: "good", word: "better" },
  neutral: { tone: "none", word: "changed" },
} as const;

/** How many changes of an area are open; the others are folded. */
const shownChanges = 12;

/** Returns the section with what changed since an earlier run. */
export function drawComparison({ comparison }: Results): HTMLElement | undefined {
  if (comparison === undefined) return undefined;
  const { baseline, changes, left, notCompared, compared } = comparison;
  const areas = [...Map.groupBy(changes, ({ area }) => area)];
  const count = compared.reduce((sum, one) => sum + one.count, 0);
  return makeSection(
    "changes",
    "What changed",
    make(
      "p",
      { class: "quiet" },
      `Compared with the run of ${baseline.startedAt.slice(0, 16).replace("T", " ")} UTC (${baseline.verified ? "verified" : "not verified"}), from ${baseline.from}: ${count} things.`,
    ),
    changes.length === 0 && make("p", {}, makeMark("good", "Good"), " Nothing changed."),
    ...areas.map(([area, found]) => drawArea(area, found, left.find((one) => one.area === area)?.count ?? 0)),
    notCompared.length > 0 &&
      make(
        "ul",
        { class: "quiet" },
        ...notCompared.map(({ area, why }) => make("li", {}, `${titles[area]} not compared: ${why}`)),
      ),
  );
}

function drawArea(area: Change["area"], changes: readonly Change[], leftCount: number): HTMLElement {
  const toTable = (shown: readonly Change[], caption: string) =>
    makeTable({
      caption,
      columns: [titles[area], "before", "now", "effect"],
      rows: shown.map(({ name, before, after, unit, effect }) => [
        name,
        formatSide(before, unit, "not there"),
        formatSide(after, unit, "gone"),
        makeBadge(effects[effect]),
      ]),
    });
  const more = changes.slice(shownChanges);
  return make(
    "div",
    { class: "changes" },
    make("h3", {}, titles[area]),
    toTable(changes.slice(0, shownChanges), `Changes: ${titles[area]}`),
    more.length > 0 && makeFolded(`${more.length} more`, {}, toTable(more, `More changes: ${titles[area]}`)),
    leftCount > 0 && make("p", { class: "quiet" }, `and ${leftCount} more that are not listed`),
  );
}

function formatSide(value: string | number | undefined, unit: Change["unit"], none: string): string {
  if (value === undefined) return none;
  if (typeof value === "string") return value;
  if (unit === "ms") return formatDuration(value);
  return unit === "series" ? `${value} series` : formatValue(value, unit);
}
