import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { reportToGithub } from "../../src/cli/github-report.ts";
import { createHost } from "../../src/host/create.ts";
import type { Results } from "../../src/report/results-schema.ts";
import { failed, goodResults } from "../report/results.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { commandIn } from "../support/runner-commands.ts";

/** Reports into a step whose summary has a text already. Returns the whole summary and the commands. */
async function report(results: Results, before = "") {
  const folder = await mkdtemp(join(tmpdir(), "monstack-github-"));
  const file = join(folder, "summary");
  await writeFile(file, before);
  const commands: string[] = [];
  const context = { host: await createHost({ GITHUB_STEP_SUMMARY: file }), log: createRecordingLogger() };
  await reportToGithub(context, results, (command) => commands.push(command));
  const summary = await readFile(file, "utf8");
  await rm(folder, { recursive: true });
  return { summary, commands };
}

const cause = {
  id: "datasource-wrong-url",
  what: "100% wrong\n::stop-commands::x",
  how: [],
  fix: "correct it",
  sureness: "certain",
  explains: ["grafana-query"],
  at: { file: "ops/a,b.yaml", line: 3, column: 5 },
} as const;

it("adds the summary to what the step has written, and writes the causes as annotations", async () => {
  const results = goodResults({ verified: false, checks: [failed], causes: [cause], warnings: ["slow"] });
  const { summary, commands } = await report(results, "mine\n");
  expect(summary).toMatch(/^mine\n## ❌ monstack: not verified/);
  expect(commands).toEqual([
    expect.stringMatching(
      /^::error title=monstack%3A datasource-wrong-url,file=ops\/a%2Cb\.yaml,line=3,col=5::100%25 wrong%0A {4}\\::stop-commands::x%0A/,
    ),
    "::warning title=monstack::slow",
  ]);
  expect(commands.map(commandIn)).toEqual(["error", "warning"]);
});

it("stays below GitHub's limit with what the step has written", async () => {
  const before = "x".repeat(1024 * 1024 - 600);
  const { summary } = await report(goodResults(), before);
  expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1024 * 1024);
  expect(summary.slice(before.length)).toMatch(/^## ✅ monstack: verified/);
});

it("of a good run is a summary alone, and nothing outside of a workflow", async () => {
  expect((await report(goodResults())).commands).toEqual([]);
  const context = { host: await createHost({}), log: createRecordingLogger() };
  await reportToGithub(context, goodResults(), undefined);
});
