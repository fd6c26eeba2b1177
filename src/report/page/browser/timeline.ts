import type { Results } from "../../results-schema.ts";
import { formatDuration } from "../format-value.ts";
import { type Bar, type BarGroup, groupBars, listTicks } from "../timeline-groups.ts";
import { make, makeSection } from "./dom.ts";

/** Groups that are open at first. */
const openGroups = ["critical", "phase"];
/** How many rows of a group are shown; the others are in results.json. */
const shownRows = 200;

/** Returns the section of the timeline: for each kind of work a strip with its bars, which opens into one row for each. */
export function drawTimeline(results: Results): HTMLElement | undefined {
  const groups = groupBars(results);
  const toMs = Math.max(0, ...groups.flatMap(({ bars }) => bars.map((bar) => bar.toMs)));
  if (toMs === 0) return undefined;
  const leftOut = results.trace?.leftOut ?? 0;
  return makeSection(
    "timeline",
    "Timeline",
    make(
      "p",
      { class: "quiet" },
      make("span", { class: "key critical" }),
      " on the critical path: it decided how long the run took to its verdict. ",
      make("span", { class: "key" }),
      " beside it.",
      leftOut > 0 && ` ${leftOut} spans were not recorded.`,
    ),
    make("div", { class: "timeline" }, drawAxis(toMs), ...groups.map((group) => drawGroup(group, toMs))),
  );
}

/** Returns the seconds above the bars. The rows have them as text too. */
function drawAxis(toMs: number): HTMLElement {
  const marks = listTicks(toMs).map((tick) => {
    const mark = make("span", {}, tick < 120_000 ? `${tick / 1000} s` : `${Math.round(tick / 60_000)} min`);
    mark.style.left = `${(tick / toMs) * 100}%`;
    return mark;
  });
  return make("div", { class: "axis", "aria-hidden": "true" }, make("div", { class: "track" }, ...marks));
}

function drawGroup({ id, title, bars }: BarGroup, toMs: number): HTMLElement {
  const from = Math.min(...bars.map((bar) => bar.fromMs));
  const to = Math.max(...bars.map((bar) => bar.toMs));
  const summary = make(
    "summary",
    {},
    make("span", { class: "name" }, title, " ", make("span", { class: "count" }, bars.length)),
    drawTrack(bars, toMs),
    make(
      "span",
      { class: "took" },
      make("span", { class: "hidden" }, `from ${formatDuration(from)} to ${formatDuration(to)}, `),
      formatDuration(to - from),
    ),
  );
  const group = make("details", { class: `group kind-${id}`, open: openGroups.includes(id) }, summary);
  // Hundreds of rows are drawn only when somebody opens them.
  const drawOnce = () => {
    if (group.open && group.childElementCount === 1) group.append(drawRows(title, bars, toMs));
  };
  group.addEventListener("toggle", drawOnce);
  group.addEventListener("draw", () => {
    group.open = true;
    drawOnce();
  });
  drawOnce();
  return group;
}

function drawRows(title: string, bars: readonly Bar[], toMs: number): HTMLElement {
  const rows = bars
    .slice(0, shownRows)
    .map((bar) =>
      make(
        "tr",
        {},
        make(
          "th",
          { scope: "row", title: bar.note === "" ? bar.name : `${bar.name} (${bar.note})` },
          bar.name,
        ),
        make(
          "td",
          { class: "bars" },
          drawTrack([bar], toMs),
          make(
            "span",
            { class: "hidden" },
            `from ${formatDuration(bar.fromMs)}${bar.isCritical ? ", on the critical path" : ""}`,
          ),
        ),
        make("td", { class: "took" }, formatDuration(bar.toMs - bar.fromMs)),
      ),
    );
  const more = bars.length - shownRows;
  return make(
    "div",
    {},
    make(
      "table",
      {},
      make("caption", { class: "hidden" }, title),
      make(
        "thead",
        { class: "hidden" },
        make("tr", {}, ...["name", "when", "took"].map((name) => make("th", { scope: "col" }, name))),
      ),
      make("tbody", {}, ...rows),
    ),
    more > 0 && make("p", { class: "quiet" }, `and ${more} more in results.json`),
  );
}

/** Returns a strip of bars. */
function drawTrack(bars: readonly Bar[], toMs: number): HTMLElement {
  const drawn = bars.map(({ fromMs, toMs: endMs, isCritical }) => {
    const bar = make("i", { class: isCritical ? "critical" : undefined });
    bar.style.left = `${(fromMs / toMs) * 100}%`;
    bar.style.width = `${(Math.max(endMs - fromMs, 0) / toMs) * 100}%`;
    return bar;
  });
  return make("span", { class: "track", "aria-hidden": "true" }, ...drawn);
}
