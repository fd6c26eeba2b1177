import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { mergeReports } from "../../src/app/merge-reports.ts";
import { createHost } from "../../src/host/create.ts";
import { badResults, goodResults } from "../report/results.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-merge-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function writeReport(path: string, results: unknown): Promise<string> {
  await mkdir(join(folder, path), { recursive: true });
  await writeFile(join(folder, path, "results.json"), JSON.stringify(results));
  return join(folder, path);
}

async function merge(folders: readonly string[], historyFile?: string) {
  const { files } = await createHost({});
  return await mergeReports(files, { folders, output: join(folder, "merged"), historyFile, keep: 30 });
}

it("merges folders of reports and single ones, and keeps a history", async () => {
  await writeReport("reports/b", goodResults());
  await writeReport("reports/a", badResults());
  const single = await writeReport("x/a", goodResults());
  const historyFile = join(folder, "history/history.json");
  const { runs, written } = await merge([join(folder, "reports"), single, single], historyFile);
  expect(runs.map(({ name }) => name)).toEqual(["a", "b", "a (2)"]);
  expect(written.map((path) => path.replace(folder, ""))).toEqual([
    "/merged/report.html",
    "/merged/summary.md",
    "/merged/junit.xml",
    "/history/history.json",
  ]);
  expect(await readFile(join(folder, "merged/report.html"), "utf8")).toContain("1 of 3 runs failed");
  const junit = await readFile(join(folder, "merged/junit.xml"), "utf8");
  expect(junit.match(/<testsuite name="[^"]*"/g)).toEqual(
    ["a: deployment", "a: checks", "a: teardown", "b: deployment", "b: checks", "b: teardown"]
      .concat(["a (2): deployment", "a (2): checks", "a (2): teardown"])
      .map((name) => `<testsuite name="${name}"`),
  );
  await writeReport("reports/a", goodResults({ startedAt: "2026-11-22T12:00:00.000Z" }));
  const { history } = await merge([join(folder, "reports")], historyFile);
  expect(history?.entries.map(({ at, runs: kept }) => [at.slice(0, 10), kept.length])).toEqual([
    ["2026-11-22", 2],
    ["2026-11-23", 3],
  ]);
  expect(await readFile(join(folder, "merged/report.html"), "utf8")).toContain("The last 2 times");
});

it("names a folder without a report, and a history that is something else", async () => {
  await expect(merge([folder])).rejects.toThrow(`${folder} has no report`);
  const report = await writeReport("a", goodResults());
  await writeFile(join(folder, "h.json"), '{"version": 2}');
  await expect(merge([report], join(folder, "h.json"))).rejects.toThrow(
    "h.json is not a history of monstack",
  );
});
