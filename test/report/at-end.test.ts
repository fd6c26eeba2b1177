import { expect, test } from "vitest";
import { renderLater, renderSummary } from "../../src/report/summary.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { failed, goodResults, passed } from "./results.ts";

const cause = {
  id: "oom-killed",
  what: "container a needs more memory than its limit",
  how: ["kubelet: OOMKilled"],
  fix: "raise it",
  sureness: "certain",
  explains: ["nothing-restarted"],
} as const;
const fell = { verified: false, checks: [passed, failed], causes: [cause] };

test("a stack that did not hold turns a good run bad, with the cause first", () => {
  const text = renderTerminal(goodResults({ atEnd: fell }));
  expect(text).toContain(
    "monstack run: verified, 1 check passed, but it did not hold until the end (23.0 s)",
  );
  expect(text).toContain(
    "  - container a needs more memory than its limit\n      kubelet: OOMKilled\n    to fix it: raise it",
  );
});

test("a teardown alone says so as well", () => {
  const down = goodResults({ mode: "down", verified: false, checks: [], atEnd: fell });
  expect(renderTerminal(down)).toContain("monstack down: the stack did not hold until the end");
});

test("the summary has what was checked at the end, of a stack that held too", () => {
  const later = renderLater({ atEnd: fell, teardown: { leaks: [], kept: [] } });
  expect(later).toContain("### Checked once more at the end: ❌ it did not hold: 1 of 2 checks failed");
  expect(later).toContain("- container a needs more memory than its limit");
  const held = { verified: true, checks: [passed], causes: [] };
  expect(renderSummary(goodResults({ atEnd: held }))).toContain(
    "### Checked once more at the end: ✅ it held",
  );
  expect(renderTerminal(goodResults({ atEnd: held }))).toContain(
    "monstack run: verified, 1 check passed (23.0 s)",
  );
});
