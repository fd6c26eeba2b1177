import { diffArrays } from "diff";

/** Lines around a change that are shown with it. */
const around = 2;

/** What changed between two texts, as `diff -u` shows it, without the names; empty when nothing did. */
export function lineDiff(before: string, after: string): string {
  const steps = diffArrays(before.split("\n"), after.split("\n")).flatMap(({ added, removed, value }) =>
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
