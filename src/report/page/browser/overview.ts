import { formatCount } from "../../../lib/text.ts";
import { formatDuration } from "../format-value.ts";
import type { PageData } from "../page-data.ts";
import { type Content, make, makeCode, makeFolded } from "./dom.ts";
import { makeMark } from "./status.ts";

/** Returns the first screen: the verdict, the figures of the run, and why it is red. */
export function drawOverview(data: PageData): HTMLElement {
  const { results, verdict, reasons } = data;
  return make(
    "section",
    { id: "verdict", class: `verdict ${verdict.tone}`, "aria-labelledby": "verdict-title" },
    make(
      "div",
      { class: "headline" },
      makeMark(verdict.tone, { good: "Good", bad: "Bad", mixed: "Mixed" }[verdict.tone]),
      make(
        "div",
        {},
        make("h1", { id: "verdict-title" }, capitalize(verdict.text)),
        make("p", { class: "quiet" }, ...describeRun(data)),
      ),
    ),
    reasons.length > 0 && drawReasons(data),
    results.warnings.length > 0 && drawWarnings(results.warnings),
    drawFigures(data),
    data.cut.length > 0 && drawCuts(data.cut),
  );
}

function describeRun({ results }: PageData): Content[] {
  const { mode, profile, cluster, monstack, startedAt } = results;
  const clusterText =
    cluster.version === undefined
      ? cluster.kind
      : `${cluster.kind === "k3s" ? "" : "cluster "}${cluster.version}`;
  const date = make(
    "time",
    { datetime: startedAt },
    `${startedAt.slice(0, 10)} ${startedAt.slice(11, 19)} UTC`,
  );
  return [makeCode(`monstack ${mode}`), ` ${monstack} · profile ${profile} · ${clusterText} · `, date];
}

/** Returns the causes of a failure with their evidence, the place in the user's files, and the fix. */
function drawReasons({ reasons }: PageData): HTMLElement {
  const cards = reasons.map(({ title, details, fix, place }) =>
    make(
      "li",
      { class: "reason" },
      make("h3", {}, title),
      place !== undefined && make("p", { class: "place" }, "Where: ", makeCode(place)),
      fix !== undefined && make("p", { class: "fix" }, make("strong", {}, "To fix it: "), fix),
      details.length > 0 && drawEvidence(details),
    ),
  );
  return make(
    "div",
    { class: "reasons" },
    make("h2", {}, "What went wrong"),
    make("ol", {}, ...cards.slice(0, shownReasons)),
    cards.length > shownReasons &&
      make(
        "details",
        { class: "folded" },
        make("summary", {}, `${cards.length - shownReasons} more`),
        make("ol", { start: shownReasons + 1 }, ...cards.slice(shownReasons)),
      ),
  );
}

/** How many reasons are open; the others are folded. */
const shownReasons = 3;

function drawEvidence(details: readonly string[]): HTMLElement {
  return make(
    "ul",
    { class: "evidence", "aria-label": "Evidence" },
    ...details.map((line) => make("li", {}, line)),
  );
}

/** How many warnings are open; the others are folded. */
const shownWarnings = 3;

function drawWarnings(warnings: readonly string[]): HTMLElement {
  const items = warnings.map((warning) =>
    make("li", {}, makeMark("mixed", "Warning"), make("span", {}, warning)),
  );
  const more = items.slice(shownWarnings);
  return make(
    "div",
    {},
    make("ul", { class: "warnings", "aria-label": "Warnings" }, ...items.slice(0, shownWarnings)),
    more.length > 0 &&
      makeFolded(
        formatCount(more.length, "more warning"),
        {},
        make("ul", { class: "warnings", "aria-label": "More warnings" }, ...more),
      ),
  );
}

function drawCuts(cut: readonly string[]): HTMLElement {
  return make(
    "p",
    { class: "notice" },
    "This page is limited to 2 MB; results.json has everything. ",
    cut.join(" "),
  );
}

/** Returns the figures of the run; those that do not apply are left out. */
function drawFigures({ results }: PageData): HTMLElement {
  const { checks, targets, startedAt, endedAt, trace, mode } = results;
  const counted = checks.filter(({ status }) => status !== "skipped");
  const passed = counted.filter(({ status }) => status === "pass").length;
  const up = targets.filter(({ health }) => health === "up").length;
  const panels = results.dashboards.flatMap((dashboard) => dashboard.panels);
  const asking = panels.filter(({ status }) => status !== "static" && status !== "unsupported");
  const withData = asking.filter(({ status }) => status === "data" || status === "partial").length;
  const decidedMs = trace?.decidedAt && Date.parse(trace.decidedAt) - Date.parse(startedAt);
  const figures: (Figure | false)[] = [
    counted.length > 0 && { name: "Checks passed", value: `${passed}`, of: counted.length },
    targets.length > 0 && { name: "Targets up", value: `${up}`, of: targets.length },
    asking.length > 0 && { name: "Panels with data", value: `${withData}`, of: asking.length },
    decidedMs !== undefined && decidedMs !== "" && mode !== "down"
      ? { name: "To the verdict", value: formatDuration(decidedMs) }
      : false,
    { name: "Whole run", value: formatDuration(Date.parse(endedAt) - Date.parse(startedAt)) },
  ];
  return make("dl", { class: "figures" }, ...figures.filter((figure) => figure !== false).map(drawFigure));
}

interface Figure {
  readonly name: string;
  readonly value: string;
  readonly of?: number;
}

function drawFigure({ name, value, of }: Figure): HTMLElement {
  return make(
    "div",
    {},
    make("dt", {}, name),
    make("dd", {}, value, of !== undefined && make("span", { class: "of" }, ` of ${of}`)),
  );
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
