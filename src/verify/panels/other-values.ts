import type { Dashboard, Values } from "../../dashboards/types.ts";
import { inOrderOfUse, namesIn } from "../../dashboards/variables.ts";
import { type Filled, fillVariables, type Surroundings } from "./variables.ts";

/** A value of a variable that a reader could choose instead of the one that the dashboard starts with. */
export interface Choice {
  readonly name: string;
  readonly value: string;
}

export type Choose = (choice: Choice) => Promise<Filled>;

/** How many choices are tried for one panel. */
const mostTries = 10;

/** Fills a dashboard's variables once for each choice. */
export function createChooser(dashboard: Dashboard, around: Surroundings): Choose {
  const filled = new Map<string, Promise<Filled>>();
  return (choice) => {
    const key = JSON.stringify([choice.name, choice.value]);
    const known = filled.get(key) ?? fillVariables(dashboard, around, choice);
    filled.set(key, known);
    return known;
  };
}

interface Choosing {
  readonly dashboard: Dashboard;
  readonly filled: Filled;
  readonly choose: Choose;
  readonly lucky: Choice[];
}

/**
 * A panel can be empty only because of the value that a variable starts with, e.g. `default` of `$namespace`. Tries others.
 * @returns `empty for namespace=default; has data for namespace=monitoring`; undefined if none was found
 */
export async function findChoice(
  used: readonly string[],
  { dashboard, filled, choose, lucky }: Choosing,
  hasData: (values: Values) => Promise<boolean>,
): Promise<string | undefined> {
  const relevant = withThoseBehind(used, dashboard);
  const each = inOrderOfUse(dashboard.variables)
    .filter(({ name }) => relevant.has(name))
    .flatMap(({ name }) => (filled.others.get(name) ?? []).map((value) => ({ name, value })));
  const isLucky = (one: Choice) => lucky.some(({ name, value }) => name === one.name && value === one.value);
  const inOrder = [...each.filter(isLucky), ...each.filter((one) => !isLucky(one))];
  for (const choice of inOrder.slice(0, mostTries)) {
    if (!(await hasData((await choose(choice)).values))) continue;
    if (!isLucky(choice)) lucky.push(choice);
    const start = filled.values.get(choice.name)?.values[0] ?? "";
    return `empty for ${choice.name}=${start}; has data for ${choice.name}=${choice.value}`;
  }
  return undefined;
}

/** The names, and those of the variables that these are filled from. */
function withThoseBehind(names: readonly string[], { variables }: Dashboard): Set<string> {
  const all = new Set(names);
  for (const name of all) {
    const { query = "", regex = "" } = variables.find((one) => one.name === name) ?? {};
    for (const behind of namesIn(`${query} ${regex}`)) all.add(behind);
  }
  return all;
}
