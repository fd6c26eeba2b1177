import { z } from "zod";
import type { DatasourceRef, Panel, PanelQuery } from "./dashboard.ts";
import { detectLanguage } from "./languages.ts";
import { findBottom, flowPanels, type Grid, lookSchema, readGrid, readLook } from "./look.ts";

const optionalText = z.string().nullish().catch(undefined);
const optionalBoolean = z.boolean().nullish().catch(undefined);

const datasourceSchema = z
  .union([z.string(), z.looseObject({ uid: optionalText, type: optionalText })])
  .nullish()
  .catch(undefined);

const targetSchema = z.looseObject({
  refId: optionalText,
  datasource: datasourceSchema,
  expr: optionalText,
  instant: optionalBoolean,
  range: optionalBoolean,
  hide: optionalBoolean,
  interval: optionalText,
  intervalFactor: z.number().nullish().catch(undefined),
  panelId: z.number().nullish().catch(undefined),
  legendFormat: optionalText,
});

const panelSchema = lookSchema.extend({
  id: z.number().nullish().catch(undefined),
  title: optionalText,
  type: optionalText,
  datasource: datasourceSchema,
  targets: z.array(targetSchema).nullish().catch(undefined),
  panels: z.array(z.looseObject({})).nullish().catch(undefined),
  repeat: optionalText,
  repeatPanelId: z.number().nullish().catch(undefined),
  libraryPanel: z.looseObject({ uid: optionalText, name: optionalText }).nullish().catch(undefined),
  interval: optionalText,
  timeShift: optionalText,
  collapsed: optionalBoolean,
});

type RawPanel = z.infer<typeof panelSchema>;

/** The row that a panel is in. */
interface Row {
  readonly title: string | undefined;
  /** The variable for whose values the row is repeated. */
  readonly repeat: string | undefined;
}

/** The row of panels that are before the first row. */
const noRow: Row = { title: undefined, repeat: undefined };

/**
 * Returns the panels of a dashboard in their order, including those in collapsed rows. A panel without an id gets a
 * new one.
 */
export function readPanels(panels: readonly unknown[], rows: readonly unknown[]): Panel[] {
  const panelsInRows = readRows(rows);
  const panelsWithRows = [
    ...panelsInRows,
    ...readPanelList(panels, findBottom(panelsInRows.map(({ grid }) => grid))),
  ];
  const highestId = Math.max(0, ...panelsWithRows.map(({ raw }) => raw.id ?? 0));
  let addedIds = 0;
  // Grafana creates the repeats of a panel again, so those that were saved are removed.
  return panelsWithRows
    .filter(({ raw }) => raw.repeatPanelId == null)
    .map(({ raw, row, grid }) => toPanel(raw, row, grid, raw.id ?? highestId + ++addedIds));
}

/** The panels as they are in the file (`raw`), each with its row and its place. */
type PanelsWithRows = readonly { readonly raw: RawPanel; readonly row: Row; readonly grid: Grid }[];

/** Returns the panels of a dashboard whose schema version is at most 15: its rows contain the panels. */
function readRows(rows: readonly unknown[]): PanelsWithRows {
  // The line of the row's title.
  let top = 0;
  return rows.flatMap((entry) => {
    const raw = panelSchema.parse(entry);
    const nested = (raw.panels ?? []).map((panel) => panelSchema.parse(panel));
    const grids = flowPanels(nested, raw.height, top + 1);
    top = Math.max(top + 1, findBottom(grids));
    const row = createRow(raw);
    return nested.map((panel, index) => ({ raw: panel, row, grid: grids[index] as Grid }));
  });
}

/**
 * Returns the panels of a dashboard whose schema version is above 15. Such a dashboard has one list of panels, and a row
 * is a panel too. The panels of an open row follow it in the list; a collapsed row contains its panels, which are placed
 * as if it were open.
 * @param top the first free line
 */
function readPanelList(panels: readonly unknown[], top: number): PanelsWithRows {
  // The row of the panels that follow in the list.
  let currentRow = noRow;
  // How many lines the panels of collapsed rows have added so far.
  let added = top;
  let bottom = top;
  const place = (raw: RawPanel, shift: number): Grid => {
    const grid = readGrid(raw);
    const placed = grid ? { ...grid, y: grid.y + shift } : { x: 0, y: bottom, w: 12, h: 8 };
    bottom = Math.max(bottom, placed.y + placed.h);
    return placed;
  };
  return panels.flatMap((entry) => {
    const raw = panelSchema.parse(entry);
    if (raw.type !== "row") return [{ raw, row: currentRow, grid: place(raw, added) }];
    currentRow = createRow(raw);
    const row = currentRow;
    const rowTop = (readGrid(raw)?.y ?? bottom - added) + added + 1;
    bottom = Math.max(bottom, rowTop);
    const nested = (raw.panels ?? []).map((panel) => panelSchema.parse(panel));
    const highest = Math.min(...nested.map((panel) => readGrid(panel)?.y ?? 0));
    const placed = nested.map((panel) => ({ raw: panel, row, grid: place(panel, rowTop - highest) }));
    if (placed.length > 0) added += findBottom(placed.map(({ grid }) => grid)) - rowTop;
    return placed;
  });
}

/** Returns a row's title and the variable that it is repeated for. */
function createRow({ title, repeat }: RawPanel): Row {
  return { title: title || undefined, repeat: repeat || undefined };
}

/** Returns monstack's form of a panel. `id` is the panel's own id, or a new one if it has none. */
function toPanel(raw: RawPanel, row: Row, grid: Grid, id: number): Panel {
  const { uid, name } = raw.libraryPanel ?? {};
  return {
    id,
    title: raw.title || name || `panel ${id}`,
    row: row.title,
    type: raw.type ?? "unknown",
    datasource: toDatasourceRef(raw.datasource),
    queries: (raw.targets ?? []).map(toQuery),
    repeats: [row.repeat, raw.repeat].filter((variable): variable is string => !!variable),
    library: uid ? { uid, name: name ?? uid } : undefined,
    interval: raw.interval || undefined,
    timeShift: raw.timeShift || undefined,
    grid,
    look: readLook(raw),
  };
}

/** Returns monstack's form of a query. A query without a refId gets a letter by its position. */
function toQuery(raw: z.infer<typeof targetSchema>, index: number): PanelQuery {
  const instant = raw.instant ?? false;
  return {
    refId: raw.refId || String.fromCharCode("A".charCodeAt(0) + (index % 26)),
    datasource: toDatasourceRef(raw.datasource),
    expr: raw.expr || undefined,
    language: detectLanguage(raw),
    instant,
    range: raw.range ?? !instant,
    hidden: raw.hide ?? false,
    interval: raw.interval || undefined,
    intervalFactor: raw.intervalFactor ?? undefined,
    ofPanel: raw.panelId ?? undefined,
    legendFormat: raw.legendFormat || undefined,
  };
}

/** Returns a reference to a data source; undefined for the default one. */
export function toDatasourceRef(raw: z.infer<typeof datasourceSchema>): DatasourceRef | undefined {
  if (raw == null || raw === "" || raw === "default") return undefined;
  if (typeof raw === "string") return { uid: raw, type: undefined };
  const uid = raw.uid || undefined;
  return uid === undefined && !raw.type ? undefined : { uid, type: raw.type || undefined };
}

/**
 * Returns the panel with the content of its library panel; undefined if the model can't be read. The dashboard keeps
 * the id, title and position.
 */
export function applyLibraryModel(panel: Panel, model: unknown): Panel | undefined {
  const parsed = panelSchema.safeParse(model);
  if (!parsed.success) return undefined;
  const libraryPanel = toPanel(parsed.data, { title: panel.row, repeat: undefined }, panel.grid, panel.id);
  return {
    ...libraryPanel,
    title: panel.title,
    repeats: [...new Set([...panel.repeats, ...libraryPanel.repeats])],
  };
}

export { datasourceSchema };
