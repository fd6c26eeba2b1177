/** Lines around a change that are shown with it. */
const around = 2;

interface Step {
  readonly sign: " " | "-" | "+";
  readonly line: string;
}

/** What changed between two texts, as `diff -u` shows it, without the names; empty when nothing did. */
export function lineDiff(before: string, after: string): string {
  const steps = stepsOf(before.split("\n"), after.split("\n"));
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

/** By the longest common subsequence; values files are short. */
function stepsOf(before: readonly string[], after: readonly string[]): Step[] {
  const common = commonLengths(before, after);
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old, fresh] = [before[i], after[j]];
    if (old !== undefined && old === fresh) {
      steps.push({ sign: " ", line: old });
      [i, j] = [i + 1, j + 1];
    } else if (
      old !== undefined &&
      (fresh === undefined || (common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0))
    ) {
      steps.push({ sign: "-", line: old });
      i += 1;
    } else {
      steps.push({ sign: "+", line: fresh ?? "" });
      j += 1;
    }
  }
  return steps;
}

/** How many lines the rests from `i` and from `j` have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const table = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  for (let i = before.length - 1; i >= 0; i--) {
    const row = table[i] ?? [];
    for (let j = after.length - 1; j >= 0; j--) {
      const below = table[i + 1] ?? [];
      row[j] = before[i] === after[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return table;
}
