import { expect } from "vitest";
import { judgeWorkload } from "../../src/deploy/judge.ts";
import type { WorkloadView } from "../../src/kube/objects.ts";
import { pod, view } from "./recorded.ts";

export const judgeAfter = (seconds: number, seen: WorkloadView) => judgeWorkload(seen, () => seconds * 1_000);

/** Final after so many seconds, and still waiting shortly before (0: at once). */
export function expectFinal(
  seen: WorkloadView,
  reason: string,
  { after = 0, fix }: { after?: number; fix?: RegExp } = {},
) {
  const final = judgeAfter(after, seen);
  expect(final).toMatchObject({ state: "failed", reason });
  if (fix && final.state === "failed") expect(final.fix).toMatch(fix);
  if (after > 0) expect(judgeAfter(after - 1, seen).state).toBe("waiting");
}

export const expectWaiting = (seen: WorkloadView, seconds: number, missing?: RegExp) => {
  const status = judgeAfter(seconds, seen);
  expect(status.state).toBe("waiting");
  if (missing && status.state === "waiting") expect(status.missing).toMatch(missing);
};

export const waitingPod = (reason: string, message: string) =>
  pod({ state: { waiting: { reason, message } } });
export const pulls = (reason: string, message: string) => view({ pods: [waitingPod(reason, message)] });
