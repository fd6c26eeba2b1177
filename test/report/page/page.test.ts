import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe, { type AxeResults } from "axe-core";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPage } from "../../../scripts/build-page.ts";
import { createHost } from "../../../src/host/create.ts";
import { pageFileNames } from "../../../src/report/page/page-files.ts";
import { renderPage } from "../../../src/report/page/render-page.ts";
import type { Results } from "../../../src/report/results-schema.ts";
import { findBrowser, startBrowser } from "./browser.ts";
import { sampleRedResults, sampleResults } from "./sample.ts";

// Without a browser these tests are left out; scripts/test.sh installs one, and CI must have it.
const canRun = findBrowser() !== undefined || process.env["CI"] === "true";

describe.runIf(canRun)("report.html in a browser", () => {
  let browser: Browser;
  let folder: string;
  let files: { readonly script: string; readonly style: string };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "monstack-page-"));
    const { files: built } = await buildPage();
    files = { script: built[pageFileNames.script] ?? "", style: built[pageFileNames.style] ?? "" };
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true });
  });

  /** Opens the page of results from the disk, and records what it requests and reports. */
  async function open(results: Results, { width = 1280, height = 800, scheme = "light" } = {}) {
    const path = join(folder, `${Math.random()}.html`);
    const host = await createHost();
    await host.files.write(path, renderPage(results, files));
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => problems.push(`error: ${String(error)}`));
    page.on("request", (request) => {
      if (!request.url().startsWith("data:") && request.url() !== pathToFileURL(path).href)
        problems.push(`request: ${request.url()}`);
    });
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(pathToFileURL(path).href);
    await page.waitForSelector("html.drawn");
    return { page, path, problems, [Symbol.asyncDispose]: () => page.close() };
  }

  test.each([
    ["good", "light", 1280],
    ["good", "dark", 320],
    ["red", "light", 320],
    ["red", "dark", 1280],
  ] as const)("of a %s run, %s, %i px wide: whole, silent and accessible", async (outcome, scheme, width) => {
    const results = outcome === "good" ? sampleResults() : sampleRedResults();
    await using opened = await open(results, { scheme, width });
    await drawEverything(opened.page);
    expect(await listBlankCharts(opened.page)).toEqual({ charts: 10, blank: [] });
    expect(await opened.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    expect(await findViolations(opened.page)).toEqual([]);
    expect(opened.problems).toEqual([]);
  });

  test("has the cause, its place and the fix of a red run on the first screen", async () => {
    await using opened = await open(sampleRedResults(), { width: 1024, height: 768 });
    for (const part of [".reason h3", ".reason .place", ".reason .fix"]) {
      const bottom = await opened.page.$eval(part, (element) => element.getBoundingClientRect().bottom);
      expect(bottom, part).toBeLessThan(768);
    }
    expect(await opened.page.$eval(".reason", (element) => element.textContent)).toContain(
      "monstack/values-prometheus.yaml:23:9",
    );
  });

  test("draws every panel as its type, and dead ones grey with the reason", async () => {
    await using opened = await open(sampleResults(1));
    await drawEverything(opened.page);
    const texts = await opened.page.$$eval(".panel", (panels) =>
      panels.map(({ className, textContent }) => `${className}: ${textContent}`),
    );
    expect(texts).toHaveLength(10);
    expect(texts.find((text) => text.startsWith("panel type-gauge"))).toContain("%");
    expect(texts.find((text) => text.includes("Memory used"))).toMatch(/[\d.]+ GiB/);
    expect(texts.find((text) => text.startsWith("panel type-timeseries dead"))).toContain(
      "this machine has no sensors",
    );
    expect(texts.find((text) => text.startsWith("panel type-heatmap"))).toContain("last value");
    const kept = await opened.page.$$eval(".panel.type-gauge .arc", (arcs) => arcs.length);
    expect(kept).toBe(1);
  });

  test("shows foreign text as text", async () => {
    const hostile = "</script><script>document.title = 'owned'</script><img src=x onerror=alert(1)>\u2028-->";
    const results = sampleRedResults(1);
    const [cause] = results.causes;
    await using opened = await open({
      ...results,
      causes: cause === undefined ? [] : [{ ...cause, what: hostile }],
      warnings: [hostile],
    });
    expect(await opened.page.title()).toMatch(/^monstack: /);
    expect(await opened.page.$eval(".reason h3", (element) => element.textContent)).toContain("<img src=x");
    expect(await opened.page.$$("img")).toEqual([]);
    expect(opened.problems).toEqual([]);
  });

  test("prints everything in light colours", async () => {
    await using opened = await open(sampleResults(3), { scheme: "dark" });
    const pdf = await opened.page.pdf({ format: "A4" });
    expect(
      Buffer.from(pdf)
        .toString("latin1")
        .match(/\/Type \/Page\b/g)?.length ?? 0,
    ).toBeGreaterThan(3);
    // The event of the print has drawn what nobody has scrolled to.
    expect(await listBlankCharts(opened.page)).toEqual({ charts: 12, blank: [] });
  });

  test("of 200 dashboards opens quickly and draws what comes into view", async () => {
    const results = sampleResults(200);
    await using opened = await open(results);
    expect((await stat(opened.path)).size).toBeLessThan(2_000_000);
    const navigation = await opened.page.evaluate(
      () => performance.getEntriesByType("navigation")[0]?.toJSON() as { readonly domComplete: number },
    );
    expect(navigation.domComplete).toBeLessThan(5_000);
    expect((await opened.page.$$("canvas")).length).toBeLessThan(30);
    await opened.page.$eval(".dashboard:last-child", (last) => last.scrollIntoView());
    await opened.page.waitForSelector(".dashboard:last-child .panel");
    expect(opened.problems).toEqual([]);
  });
});

/** Scrolls through the page and opens what is folded, as a patient reader does. */
async function drawEverything(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (const folded of document.querySelectorAll("details")) folded.open = true;
    for (const part of document.querySelectorAll(".plot, .dashboard")) {
      part.scrollIntoView();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    }
    scrollTo(0, 0);
  });
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".dashboard")].every((dashboard) =>
      dashboard.querySelector(".panel, table"),
    ),
  );
}

/** Returns how many charts there are, and the names of those on which nothing is drawn. */
async function listBlankCharts(page: Page): Promise<{ readonly charts: number; readonly blank: string[] }> {
  return await page.$$eval(".chart", (charts) => {
    const isBlank = (chart: Element) => {
      const canvas = chart.querySelector("canvas");
      const data = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
      return !data.some((value) => value !== 0);
    };
    return {
      charts: charts.length,
      blank: charts.filter(isBlank).map((chart) => chart.getAttribute("aria-label") ?? ""),
    };
  });
}

/** Returns what axe-core finds, as one line for each element. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}
