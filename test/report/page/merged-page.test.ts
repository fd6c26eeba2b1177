import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe, { type AxeResults } from "axe-core";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createHost } from "../../../src/host/create.ts";
import { addToHistory, type History } from "../../../src/report/merge/overview.ts";
import { renderMergedPage } from "../../../src/report/merge/page.ts";
import { badResults, goodResults } from "../results.ts";
import { findBrowser, startBrowser } from "./browser.ts";

// Without a browser these tests are left out; scripts/test.sh installs one, and CI must have it.
const canRun = findBrowser() !== undefined || process.env["CI"] === "true";

const names = ["helm-v3-profile-ci", "helm-v4-profile-as-is"];

/** A history of 30 nights, in one of which a run failed. */
function createHistory(): History | undefined {
  let history: History | undefined;
  for (let day = 1; day <= 30; day++) {
    const run = { verified: day !== 17, checksFailed: day === 17 ? 3 : 0, series: 21_000 + day };
    const runs = names.map((name) => ({ name, toVerdictMs: 28_000 + 100 * day, memoryBytes: 9e8, ...run }));
    const at = `2026-11-${String(day).padStart(2, "0")}T03:17:00.000Z`;
    history = addToHistory(history, { at, runs }, 30);
  }
  return history;
}

describe.runIf(canRun)("the merged page in a browser", () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "monstack-merged-"));
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    ["light", 1280],
    ["dark", 320],
  ] as const)(
    "%s, %i px wide: silent, accessible, and no wider than the screen",
    async (scheme, width) => {
      const path = join(folder, `${scheme}.html`);
      const runs = names.map((name, index) => ({
        name,
        results: index === 0 ? goodResults() : badResults(),
      }));
      const host = await createHost();
      await host.files.write(path, renderMergedPage(runs, createHistory()));
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on("console", (message) => problems.push(`console: ${message.text()}`));
      page.on("request", (request) => {
        if (request.url() !== pathToFileURL(path).href) problems.push(`request: ${request.url()}`);
      });
      await page.setViewport({ width, height: 800 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.goto(pathToFileURL(path).href);
      // The style counts only if its hash in the policy is right.
      expect(await page.$eval("main", (element) => getComputedStyle(element).paddingLeft)).toBe("16px");
      expect(await page.$$eval("svg circle", (dots) => dots.length)).toBe(2 * 4 * 30);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await page.evaluate(axe.source);
      const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
      expect(problems).toEqual([]);
      await page.close();
    },
    60_000,
  );
});
