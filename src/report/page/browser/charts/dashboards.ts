import { formatCount } from "../../../../lib/text.ts";
import type { Results } from "../../../results-schema.ts";
import { make, makeCode, makeFolded, makeSection, makeTable } from "../dom.ts";
import { makeBadge, makeMark, type StatusWord } from "../status.ts";
import { drawWhenSeen } from "./lazy.ts";
import { type Dashboard, drawPanelBody, gridRow, type Panel } from "./panels.ts";
import { placePanels } from "./place-panels.ts";

type PanelResult = Results["dashboards"][number]["panels"][number];

/** From this number of dashboards on there is a list to choose from. */
const listedFrom = 4;

/** Returns the section of the dashboards. The panels of each are drawn when it comes into view. */
export function drawDashboards({ dashboards, measurements }: Results): HTMLElement | undefined {
  const drawn = measurements?.dashboards ?? [];
  const uids = [...new Set([...drawn, ...dashboards].map(({ uid }) => uid))];
  if (uids.length === 0) return undefined;
  const parts = uids.map((uid) => {
    const dashboard = drawn.find((one) => one.uid === uid);
    const result = dashboards.find((one) => one.uid === uid);
    const id = `dashboard-${uids.indexOf(uid)}`;
    return {
      id,
      title: dashboard?.title ?? result?.title ?? uid,
      part: drawDashboard(id, dashboard, result),
    };
  });
  return makeSection(
    "dashboards",
    uids.length === 1 ? "The dashboard" : `The ${uids.length} dashboards`,
    make(
      "p",
      { class: "quiet" },
      drawn.length > 0
        ? "Drawn from what the queries of the panels returned. Grey panels have no data."
        : "What each panel showed; the data itself was not kept.",
    ),
    measurements?.plots.length === 0 &&
      measurements.left !== undefined &&
      make("p", { class: "notice" }, measurements.left),
    parts.length >= listedFrom &&
      makeFolded(
        "Choose a dashboard",
        { open: parts.length <= 12 },
        make(
          "ul",
          { class: "index" },
          ...parts.map(({ id, title }) => make("li", {}, make("a", { href: `#${id}` }, title))),
        ),
      ),
    ...parts.map(({ part }) => part),
  );
}

function drawDashboard(
  id: string,
  dashboard: Dashboard | undefined,
  result: Results["dashboards"][number] | undefined,
): HTMLElement {
  const title = dashboard?.title ?? result?.title ?? "";
  const part = make(
    "article",
    { id, class: "dashboard", "aria-labelledby": `${id}-title` },
    make(
      "header",
      {},
      make("h3", { id: `${id}-title` }, title),
      make("p", { class: "quiet" }, describePanels(result, dashboard)),
    ),
    dashboard?.left !== undefined && make("p", { class: "notice" }, dashboard.left),
  );
  const body = make("div", { class: "panels" });
  part.append(body);
  if (dashboard === undefined) {
    if (result !== undefined) body.append(drawPanelTable(result.panels));
    return part;
  }
  const rows = [...Map.groupBy(dashboard.panels, ({ row }) => row)];
  const height = rows.reduce((sum, [, panels]) => sum + countGridRows(panels) * gridRow + 40, 0);
  // Keeps the place of what is not drawn yet, so that the page does not jump.
  body.style.minHeight = `${height}px`;
  drawWhenSeen(part, () => {
    body.style.minHeight = "";
    for (const [row, panels] of rows) {
      if (row !== undefined) body.append(make("h4", { class: "row" }, row));
      body.append(drawGrid(panels, result?.panels ?? [], row === undefined ? "h4" : "h5"));
    }
  });
  return part;
}

/** Returns how many panels had data, and what the others had. */
function describePanels(
  result: Results["dashboards"][number] | undefined,
  dashboard: Dashboard | undefined,
): string {
  const panels = result?.panels ?? [];
  if (panels.length === 0) return formatCount(dashboard?.panels.length ?? 0, "panel");
  const count = (...states: PanelResult["status"][]) =>
    panels.filter(({ status }) => states.includes(status)).length;
  const words = [
    [count("data"), "with data"],
    [count("partial"), "with data for some queries"],
    [count("empty"), "without data"],
    [count("error"), "with an error"],
    [count("static", "unsupported"), "not queried"],
  ] as const;
  const counted = words.filter(([amount]) => amount > 0).map(([amount, word]) => `${amount} ${word}`);
  return `${formatCount(panels.length, "panel")}: ${counted.join(", ")}`;
}

function countGridRows(panels: readonly Panel[]): number {
  return Math.max(0, ...placePanels(panels).map(({ place }) => place.y + place.h));
}

/** Returns panels in their grid of 24 columns. */
function drawGrid(
  panels: readonly Panel[],
  results: readonly PanelResult[],
  heading: "h4" | "h5",
): HTMLElement {
  return make(
    "div",
    { class: "grid" },
    ...placePanels(panels).map(({ panel, place: { x, y, w, h } }) => {
      const frame = drawPanel(
        panel,
        results.find(({ id }) => id === panel.id),
        heading,
      );
      frame.style.setProperty("--column", `${x + 1} / span ${w}`);
      frame.style.setProperty("--row", `${y + 1} / span ${h}`);
      return frame;
    }),
  );
}

function drawPanel(panel: Panel, result: PanelResult | undefined, heading: "h4" | "h5"): HTMLElement {
  const isDead = panel.dead || panel.data.kind === "none";
  return make(
    "section",
    { class: `panel type-${panel.type.replaceAll(/[^\w-]/g, "")}${isDead ? " dead" : ""}` },
    make(
      heading,
      {},
      isDead && makeMark("none", panel.dead ? "No data" : "Not drawn"),
      make("span", { class: "title", title: panel.title }, panel.title || panel.type),
    ),
    make("div", { class: "body" }, drawPanelBody(panel)),
    panel.left !== undefined && make("p", { class: "left" }, panel.left),
    isDead && result !== undefined && result.queries.length > 0 && drawQueries(result.queries),
  );
}

function drawQueries(queries: readonly string[]): HTMLElement {
  return makeFolded(
    queries.length === 1 ? "Query" : "Queries",
    { className: "small" },
    ...queries.map((query) => make("pre", { tabindex: 0 }, makeCode(query))),
  );
}

const panelWords: Readonly<Record<PanelResult["status"], StatusWord>> = {
  data: { tone: "good", word: "data" },
  partial: { tone: "mixed", word: "partly" },
  empty: { tone: "bad", word: "no data" },
  error: { tone: "bad", word: "error" },
  static: { tone: "none", word: "static" },
  unsupported: { tone: "none", word: "not queried" },
};

/** Returns the panels of a dashboard whose data was not kept. */
function drawPanelTable(panels: readonly PanelResult[]): HTMLElement {
  return makeTable({
    caption: "Panels",
    columns: ["panel", "type", "shows", "why"],
    rows: panels.map(({ title, id, type, status, why }) => [
      title || `panel ${id}`,
      type,
      makeBadge(panelWords[status]),
      why ?? "",
    ]),
  });
}
