import { z } from "zod";

/** A panel that is known to show nothing: by its id, or by its title if it has no id. */
const entrySchema = z.object({
  id: z.number().optional(),
  title: z.string().optional(),
  why: z.string().optional(),
});

const boardSchema = z.object({ title: z.string().optional(), dead: z.array(entrySchema) });

const baselineSchema = z.looseObject({
  about: z.string().optional(),
  dashboards: z.record(z.string(), boardSchema),
});

/** Which panels of which dashboards (by uid) are known to show nothing. */
export type Baseline = z.infer<typeof baselineSchema>;

const defaultAbout =
  "Panels that are known to show nothing. monstack fails on others only; `update-baseline` writes this file anew.";

export const emptyBaseline: Baseline = { about: defaultAbout, dashboards: {} };

/** Parses the JSON of a baseline file. Returns the problem if the text is not a baseline. */
export function parseBaseline(text: string): { readonly baseline: Baseline } | { readonly problem: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  const parsed = baselineSchema.safeParse(json);
  if (parsed.success) return { baseline: parsed.data };
  const issue = parsed.error.issues[0];
  return { problem: `${issue?.path.join(".") || "the top level"}: ${issue?.message}` };
}

interface Board {
  readonly uid: string;
  readonly title: string;
}

/**
 * Returns the key of a dashboard's entry: its uid, else the uid of an entry with the same title, since Grafana creates
 * a new uid for a dashboard that has none. An entry whose own dashboard is in Grafana (`uids`) is not used for another
 * one.
 */
function findBoardKey(baseline: Baseline, { uid, title }: Board, uids: readonly string[]): string {
  if (baseline.dashboards[uid]) return uid;
  const sameTitle = Object.entries(baseline.dashboards).filter(
    ([key, board]) => board.title === title && !uids.includes(key),
  );
  return sameTitle.length === 1 ? (sameTitle[0]?.[0] ?? uid) : uid;
}

/**
 * True if the baseline lists the panel as empty: by its id, or by its title if the entry has no id.
 * @param uids the uids of all dashboards in Grafana
 */
export function isKnownEmptyPanel(
  baseline: Baseline,
  board: Board,
  panel: { readonly id: number; readonly title: string },
  uids: readonly string[],
): boolean {
  const entries = baseline.dashboards[findBoardKey(baseline, board, uids)]?.dead ?? [];
  return entries.some(({ id, title }) => (id === undefined ? title === panel.title : id === panel.id));
}

interface BoardWithDeadPanels extends Board {
  readonly dead: readonly { readonly id: number; readonly title: string; readonly why: string | undefined }[];
}

/** Returns the baseline with the panels that are empty now. Dashboards that are not in Grafana keep their entries. */
export function updateBaseline(baseline: Baseline, boards: readonly BoardWithDeadPanels[]): Baseline {
  const dashboards = { ...baseline.dashboards };
  const uids = boards.map(({ uid }) => uid);
  for (const board of boards) {
    const key = findBoardKey(baseline, board, uids);
    const deadPanels = board.dead
      .map(({ id, title, why }) => ({ id, title, ...(why === undefined ? {} : { why }) }))
      .sort((a, b) => a.id - b.id);
    if (deadPanels.length > 0) dashboards[key] = { title: board.title, dead: deadPanels };
    else delete dashboards[key];
  }
  return { about: defaultAbout, dashboards };
}

/** Formats a baseline file as JSON for people and for diffs: dashboards sorted by uid, one panel on each line. */
export function formatBaseline({ about = defaultAbout, dashboards }: Baseline): string {
  const entries = Object.entries(dashboards)
    .sort(([firstUid], [secondUid]) => (firstUid < secondUid ? -1 : 1))
    .map(([uid, { title, dead: deadPanels }]) => {
      const panelLines = deadPanels.map((panel) => `        ${JSON.stringify(panel)}`).join(",\n");
      const titleLine = title === undefined ? "" : `      "title": ${JSON.stringify(title)},\n`;
      return `    ${JSON.stringify(uid)}: {\n${titleLine}      "dead": [\n${panelLines}\n      ]\n    }`;
    });
  const dashboardsText = entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n  }`;
  return `{\n  "about": ${JSON.stringify(about)},\n  "dashboards": ${dashboardsText}\n}\n`;
}
