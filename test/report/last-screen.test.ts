import { describe, expect, test } from "vitest";
import { renderTerminal } from "../../src/report/terminal.ts";
import { createScreen } from "../cli/screen.ts";
import { failed, goodResults, passed } from "./results.ts";

const prompt = "user@machine:~/work$ ";
const reportPath = `report: /home/somebody/${"folder/".repeat(12)}monstack-report/results.json`;

/** Returns the rows of a terminal of 80 x 24 after a run whose output has scrolled through it. */
async function getLastScreen(text: string): Promise<string[]> {
  const screen = createScreen(80, 24, true);
  await screen.write(`${"an earlier line\n".repeat(60)}${text}${reportPath}\n${prompt}`);
  return screen.visible();
}

const cause = {
  id: "oom-killed",
  what: "container grafana needs more memory than its limit of 128Mi",
  how: ["kubelet: OOMKilled", "the pod restarted 4 times"],
  fix: "raise resources.limits.memory of grafana",
  sureness: "certain",
  explains: ["grafana-query"],
  at: { file: "monstack.yaml", line: 12, column: 7 },
} as const;
const long = {
  ...cause,
  how: Array.from({ length: 12 }, (_, n) => `line ${n} of the log: ${"x".repeat(150)}`),
};
const wordy = {
  ...long,
  what: `${"many words ".repeat(40)}end`,
  fix: `${"do this, then that, ".repeat(20)}done`,
};
const checks = [passed, ...Array.from({ length: 40 }, (_, n) => ({ ...failed, id: `check-${n}` }))];
const phases = Array.from({ length: 12 }, (_, n) => ({
  ...{ name: `phase ${n}`, startedAt: "2026-11-23T12:00:00.000Z", endedAt: "2026-11-23T12:00:09.000Z" },
}));

describe("the last 24 rows of 80 columns of a red run", () => {
  test.each([
    ["one cause", [cause]],
    ["three causes", [cause, { ...cause, id: "b" }, { ...cause, id: "c" }]],
    ["a cause with much evidence", [long]],
    ["many causes with much evidence", Array.from({ length: 9 }, () => long)],
    ["a cause with a long title and a long fix", [wordy, wordy]],
  ])("hold the verdict, the cause, its place and its fix: %s", async (_, causes) => {
    const results = goodResults({ verified: false, checks, causes, phases });
    const rows = (await getLastScreen(renderTerminal(results))).join("\n");
    const [{ what, fix, at }] = causes as [typeof cause];
    const unwrapped = rows.replaceAll("\n", "");
    expect(rows).toContain("monstack run: not verified, 40 of 41 checks failed");
    expect(unwrapped.replaceAll(/\s+/g, "")).toContain(`-${what}`.replaceAll(/\s+/g, ""));
    expect(rows).toContain(`where: ${at.file}:${at.line}:${at.column}`);
    expect(unwrapped.replaceAll(/\s+/g, "")).toContain(`tofixit:${fix}`.replaceAll(/\s+/g, ""));
    expect(rows).toContain(prompt.trim());
  });

  test("hold the first failed check and its fix where there is no diagnosis", async () => {
    const results = goodResults({ verified: false, checks, causes: [], phases });
    const rows = (await getLastScreen(renderTerminal(results))).join("\n");
    expect(rows).toContain(failed.title);
    expect(rows).toContain(`to fix it: ${failed.fix}`);
    expect(rows).toMatch(/\.\.\. and \d+ more in the report/);
  });
});

test("what does not fit is counted, and a short reason is shown in full", () => {
  const text = renderTerminal(goodResults({ verified: false, checks, causes: [long, cause], phases }));
  expect(text).toMatch(/\(evidence: \d+ more in the report\)/);
  const short = renderTerminal(goodResults({ verified: false, checks, causes: [cause, cause], phases }));
  expect(short).not.toContain("more in the report");
  expect(short.match(/OOMKilled/g)).toHaveLength(2);
});

describe("how much is said", () => {
  test("with --quiet only the verdict and why", () => {
    expect(renderTerminal(goodResults(), "quiet")).toBe("monstack run: verified, 1 check passed (23.0 s)\n");
    const red = renderTerminal(goodResults({ verified: false, causes: [cause] }), "quiet");
    expect(red).toMatch(/^monstack run: not verified.*\n\n {2}- container grafana/);
  });

  test("with --verbose a line for each check", () => {
    const text = renderTerminal(goodResults({ checks: [passed, failed] }), "verbose");
    expect(text).toContain("    pass     targets-up     8 of 8 up\n");
    expect(text).toContain("    fail     grafana-query  expected");
  });
});
