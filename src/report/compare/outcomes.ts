import type { Results } from "../results-schema.ts";
import { type AreaComparison, describeMissing, findInventories, joinKeys, toMap } from "./area.ts";
import type { Change } from "./schema.ts";

type Status = Results["checks"][number]["status"];
type Panel = Results["dashboards"][number]["panels"][number];

/** How bad a check's status is: the higher, the worse. A skipped check says nothing about the stack. */
const badness: Readonly<Record<Status, number>> = { pass: 0, skipped: 0, warn: 1, error: 2, fail: 2 };

/** Returns the checks that have another outcome, and those that only one of the runs has. */
export function compareChecks(before: Results, after: Results): AreaComparison {
  if (before.checks.length === 0 || after.checks.length === 0)
    return { why: describeMissing(before.checks.length === 0, "made no checks") };
  const earlier = new Map(before.checks.map(({ id, status }) => [id, status]));
  const later = new Map(after.checks.map(({ id, status }) => [id, status]));
  const changes = joinKeys(earlier, later).flatMap((name): Change[] => {
    const [was, is] = [earlier.get(name), later.get(name)];
    if (was === is) return [];
    const effect = compareNumbers(badness[was ?? "skipped"], badness[is ?? "skipped"]);
    return [{ area: "checks", name, before: was, after: is, effect }];
  });
  return { changes, count: later.size };
}

/** Returns the alerts that fire in one run only. A pending alert does not count: its state depends on the moment. */
export function compareAlerts(before: Results, after: Results): AreaComparison {
  const inventories = findInventories(before, after);
  if ("why" in inventories) return inventories;
  const [earlier, later] = [toMap(inventories.before.alerts), toMap(inventories.after.alerts)];
  const names = joinKeys(earlier, later);
  const changes = names.flatMap((name): Change[] => {
    const [was, is] = [earlier.get(name), later.get(name)];
    if ((was === "firing") === (is === "firing")) return [];
    return [{ area: "alerts", name, before: was, after: is, effect: is === "firing" ? "worse" : "better" }];
  });
  return { changes, count: names.length };
}

/** Returns the panels that newly show nothing or only a part, and those that show data again. */
export function comparePanels(before: Results, after: Results): AreaComparison {
  if (before.dashboards.length === 0 || after.dashboards.length === 0) {
    if (before.dashboards.length === after.dashboards.length) return { changes: [], count: 0 };
    return { why: describeMissing(before.dashboards.length === 0, "looked at no dashboards") };
  }
  const earlier = listPanels(before);
  const later = listPanels(after);
  const changes = [...later].flatMap(([key, { name, panel }]): Change[] => {
    const old = earlier.get(key)?.panel;
    if (old?.status === panel.status) return [];
    // Only what became dead or came back is news: `static` to `unsupported` is an edit of the dashboard.
    const effect = compareNumbers(rateDeadness(old), rateDeadness(panel));
    if (effect === "neutral") return [];
    return [{ area: "panels", name, before: old?.status, after: panel.status, effect }];
  });
  return { changes, count: later.size };
}

/** Returns the names of metrics that are new or have vanished, with their numbers of series where these were read. */
export function compareMetricNames(before: Results, after: Results): AreaComparison {
  const inventories = findInventories(before, after);
  if ("why" in inventories) return inventories;
  const [earlier, later] = [inventories.before.metricNames, inventories.after.metricNames];
  if (earlier === undefined || later === undefined)
    return { why: describeMissing(earlier === undefined, "has no list of them") };
  const compareLists = (names: readonly string[], others: readonly string[]) => {
    const known = new Set(others);
    return names.filter((name) => !known.has(name));
  };
  const sizes = [toMap(inventories.before.metrics), toMap(inventories.after.metrics)] as const;
  const describe = (size: number | undefined) => (size === undefined ? "present" : `${size} series`);
  const changes: Change[] = [
    ...compareLists(earlier, later).map(
      (name): Change => ({ area: "metrics", name, before: describe(sizes[0].get(name)), effect: "worse" }),
    ),
    ...compareLists(later, earlier).map(
      (name): Change => ({ area: "metrics", name, after: describe(sizes[1].get(name)), effect: "neutral" }),
    ),
  ];
  return { changes, count: later.length };
}

/** Returns the effect of a change of something that is better when it is smaller. */
function compareNumbers(before: number, after: number): Change["effect"] {
  if (before === after) return "neutral";
  return after > before ? "worse" : "better";
}

/** Rates how little a panel shows; a panel that was not there showed what it should. */
function rateDeadness(panel: Panel | undefined): number {
  if (panel === undefined) return 0;
  return { data: 0, static: 0, unsupported: 0, partial: 1, empty: 2, error: 2 }[panel.status];
}

/** Returns the panels of all dashboards with their names for the reader. */
function listPanels({ dashboards }: Results): Map<string, { readonly name: string; readonly panel: Panel }> {
  return new Map(
    dashboards.flatMap(({ uid, title, panels }) =>
      panels.map((panel) => [
        `${uid}/${panel.id}`,
        { name: `${title} / ${panel.title || `panel ${panel.id}`}`, panel },
      ]),
    ),
  );
}
