import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { randomFrom } from "../fuzz/random.ts";
import { startProcessorClock } from "../support/processor-clock.ts";
import { harmOf, judgeJournal, randomJournal } from "./random-journal.ts";

it("any journal is refused or harmless, and quickly, whether a key proves it or a user accepts it", () => {
  const random = randomFrom(20_261_102);
  const outcomes = { refused: 0, obeyed: 0 };
  for (let round = 0; round < 2_000; round += 1) {
    const text = randomJournal(random);
    const digest = createHash("sha256").update(text).digest("hex");
    const processorMs = startProcessorClock();
    for (const entries of [judgeJournal(text), judgeJournal(text, digest)]) {
      outcomes[entries === undefined ? "refused" : "obeyed"] += 1;
      for (const entry of entries ?? []) expect(harmOf(entry), text).toBeUndefined();
    }
    expect(processorMs()).toBeLessThan(2_000);
  }
  // Neither is nearly all of them: the numbers try both.
  expect(Math.min(outcomes.refused, outcomes.obeyed)).toBeGreaterThan(400);
});
