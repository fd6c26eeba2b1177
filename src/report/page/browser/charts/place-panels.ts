/** A place in the grid of 24 columns. */
interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

const columns = 24;

/**
 * Returns the panels from the top down, each with its place as Grafana shows it: a panel moves up until another one is in
 * its way, and one that overlaps another moves below it (`compactType: vertical` of react-grid-layout).
 */
export function placePanels<T extends { readonly grid: Place }>(
  panels: readonly T[],
): { readonly panel: T; readonly place: Place }[] {
  const ordered = panels.toSorted((a, b) => a.grid.y - b.grid.y || a.grid.x - b.grid.x);
  const placed: { panel: T; place: Place }[] = [];
  for (const panel of ordered) {
    const x = Math.min(Math.max(Math.round(panel.grid.x), 0), columns - 1);
    const w = Math.min(Math.max(Math.round(panel.grid.w), 1), columns - x);
    const h = Math.max(Math.round(panel.grid.h), 1);
    const above = placed.filter(({ place }) => place.x < x + w && x < place.x + place.w);
    // What was placed in these columns is above this panel or beside an overlap, so the lowest end is the first free line.
    const y = Math.max(0, ...above.map(({ place }) => place.y + place.h));
    placed.push({ panel, place: { x, y, w, h } });
  }
  return placed;
}
