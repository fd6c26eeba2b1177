import { unpackKey } from "../pack-points.ts";
import type { PageData } from "../page-data.ts";
import { drawDashboards } from "./charts/dashboards.ts";
import { drawAll } from "./charts/lazy.ts";
import { redrawCharts } from "./charts/line-chart.ts";
import { setPrinting } from "./charts/palette.ts";
import { drawPlots } from "./charts/plots.ts";
import { drawChecks } from "./checks.ts";
import { drawComparison } from "./comparison.ts";
import { make } from "./dom.ts";
import { drawEnd } from "./end.ts";
import { drawOverview } from "./overview.ts";
import { drawChecklist, drawSettings, drawTargets, drawVersions } from "./stack.ts";
import { drawTimeline } from "./timeline.ts";

/** Builds the page from the data in it. */
function drawPage(): void {
  const source = document.getElementById("data");
  if (source === null) return;
  const data = JSON.parse(source.textContent ?? "", unpackKey) as PageData;
  const { results } = data;
  const parts = [
    drawComparison(results),
    drawChecklist(results),
    drawChecks(results),
    drawTimeline(results),
    drawPlots(results.measurements),
    drawDashboards(results),
    drawTargets(results),
    drawVersions(results),
    drawSettings(results),
    drawEnd(results),
  ].filter((part) => part !== undefined);
  document.body.append(
    make("a", { class: "skip", href: "#content" }, "To the content"),
    make(
      "header",
      { class: "top" },
      make("span", { class: "product" }, "monstack"),
      make("nav", { "aria-label": "Parts of the report" }, drawNavigation(parts)),
    ),
    make("main", { id: "content", tabindex: -1 }, drawOverview(data), ...parts),
    make(
      "footer",
      {},
      `Written by monstack ${results.monstack} from results.json, which has everything that is here.`,
    ),
  );
  document.documentElement.classList.add("drawn");
}

function drawNavigation(parts: readonly HTMLElement[]): HTMLElement {
  return make(
    "ul",
    {},
    ...parts.map((part) =>
      make("li", {}, make("a", { href: `#${part.id}` }, part.querySelector("h2")?.textContent ?? part.id)),
    ),
  );
}

/** What is open only for the print. */
let opened: HTMLDetailsElement[] = [];

/** Paper shows everything: what is folded is opened, what waits is drawn, in light colours. */
function preparePrint(): void {
  setPrinting(true);
  drawAll();
  opened = [...document.querySelectorAll("details")].filter(({ open }) => !open);
  for (const folded of opened) folded.open = true;
  // Rows that are drawn or shown on demand.
  for (const part of document.querySelectorAll("details, .scroll")) part.dispatchEvent(new Event("draw"));
  redrawCharts();
}

function finishPrint(): void {
  setPrinting(false);
  for (const folded of opened) folded.open = false;
  opened = [];
  redrawCharts();
}

drawPage();
addEventListener("beforeprint", preparePrint);
addEventListener("afterprint", finishPrint);
