import { checklistPoints, type PointId } from "../model/checklist-points.ts";
import type { Check, Verdict } from "../stack/check.ts";
import type { Stack } from "../stack/stack.ts";

/** A piece of evidence, and whether the point holds as far as it goes. */
export interface Line {
  readonly met: boolean;
  readonly text: string;
}

/** What a point came to: met when every line is. What can't be asked is thrown, and so is neither. */
export interface Judgement {
  readonly lines: readonly Line[];
  /** More exact than the point's own. */
  readonly fix?: string | undefined;
}

export function met(text: string): Line {
  return { met: true, text };
}

export function unmet(text: string): Line {
  return { met: false, text };
}

/** Milliseconds: hardly anything of what the points judge changes by waiting, but measurements and pods do. */
const lookAgainMs = 2_000;

/** A point as a check. An unmet one is judged a second time before that is final. */
export function pointCheck(
  id: PointId,
  judge: (stack: Stack) => Promise<Judgement>,
  more: Pick<Check, "absence"> = {},
): Check {
  return { ...pointOf(id), ...more, run: async (stack) => toVerdict(id, await judge(stack)) };
}

/** What a point's check says of itself. */
export function pointOf(id: PointId): Omit<Check, "run"> {
  const point = checklistPoints.find((one) => one.id === id) as (typeof checklistPoints)[number];
  return { ...point, severity: "error" };
}

export function toVerdict(id: PointId, { lines, fix }: Judgement): Verdict {
  const findings = { checklist: [{ id, lines }] };
  const textOf = (wanted: boolean) =>
    lines
      .filter((line) => line.met === wanted)
      .map(({ text }) => text)
      .join("; ");
  // Nothing that was seen proves nothing.
  if (lines.length > 0 && lines.every((line) => line.met))
    return { status: "pass", seen: textOf(true), findings };
  return {
    status: "fail",
    expected: "the point to be met",
    seen: textOf(false) || "no evidence at all",
    ...(fix === undefined ? {} : { fix }),
    fault: { id, graceMs: lookAgainMs },
    findings,
  };
}
