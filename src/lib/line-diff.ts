import { diffArrays } from "diff";

/** Lines around a change that are shown with it. */
const around = 2;

/** Nobody reads more, and the time to find them grows with the square of their number. */
const mostChanges = 1000;

/** What changed between two texts, as `diff -u` shows it, without the names; empty when nothing did. */
export function lineDiff(before: string, after: string): string {
  const parts = diffArrays(before.split("\n"), after.split("\n"), { maxEditLength: mostChanges });
  if (parts === undefined) return `(more than ${mostChanges} lines are different)`;
  const steps = parts.flatMap(({ added, removed, value }) =>
    value.map((line) => ({ sign: added ? "+" : removed ? "-" : " ", line })),
  );
  const isNear = (at: number) =>
    steps.slice(Math.max(0, at - around), at + around + 1).some(({ sign }) => sign !== " ");
  let wasShown = true;
  const shown = steps.flatMap(({ sign, line }, at) => {
    const gap = wasShown || !isNear(at) ? [] : ["..."];
    wasShown = isNear(at);
    return wasShown ? [...gap, `${sign} ${line}`.trimEnd()] : [];
  });
  return shown.join("\n");
}
