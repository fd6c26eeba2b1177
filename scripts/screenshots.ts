// Writes pictures of report.html into a folder, to be looked at: `node scripts/screenshots.ts DIR [results.json]`.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "puppeteer-core";
import { pageFileNames } from "../src/report/page/page-files.ts";
import { renderPage } from "../src/report/page/render-page.ts";
import { Results } from "../src/report/results-schema.ts";
import { startBrowser } from "../test/report/page/browser.ts";
import { sampleRedResults, sampleResults } from "../test/report/page/sample.ts";
import { buildPage } from "./build-page.ts";

/** The height of a picture, in pixels. */
const pieceHeight = 2200;

const [folder = "screenshots", file] = process.argv.slice(2);
const given = file === undefined ? undefined : Results.parse(JSON.parse(await readFile(file, "utf8")));
const { files: built } = await buildPage();
const files = { script: built[pageFileNames.script] ?? "", style: built[pageFileNames.style] ?? "" };
await mkdir(folder, { recursive: true });
const browser = await startBrowser();
try {
  await takeAll(browser);
} finally {
  await browser.close();
}

interface Shot {
  readonly results: Results;
  readonly width?: number;
  readonly height?: number;
  readonly scheme?: "light" | "dark";
  /** The first element of this selector instead of the whole page. */
  readonly part?: string;
  /** Only what is seen at first. */
  readonly isFirstScreen?: boolean;
}

async function takeAll(browser: Browser): Promise<void> {
  const good = given ?? sampleResults(4);
  const red = given ?? sampleRedResults(4);
  await takeShot(browser, "good-light", { results: good });
  await takeShot(browser, "good-dark", { results: good, scheme: "dark" });
  await takeShot(browser, "narrow", { results: red, width: 320, height: 640 });
  await takeShot(browser, "red-first-screen", { results: red, isFirstScreen: true });
  await takeShot(browser, "red-dark", { results: red, scheme: "dark", isFirstScreen: true });
  await takeShot(browser, "dashboards", { results: good, width: 1600, part: "#dashboards" });
  await takeShot(browser, "wide", { results: good, width: 3840, height: 2160, isFirstScreen: true });
  await printPage(browser, red);
}

async function takeShot(browser: Browser, name: string, shot: Shot): Promise<void> {
  const { results, width = 1280, height = 800, scheme = "light", part, isFirstScreen = false } = shot;
  const page = await browser.newPage();
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(await writePage(name, results));
  // What is drawn when it comes into view is drawn for the picture too.
  await page.evaluate(async () => {
    for (const element of document.querySelectorAll(".plot, .dashboard")) {
      element.scrollIntoView();
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    }
    scrollTo(0, 0);
  });
  const box = part === undefined ? undefined : await (await page.$(part))?.boundingBox();
  const full = await page.evaluate(() => document.documentElement.scrollHeight);
  const area = isFirstScreen ? { y: 0, height } : (box ?? { y: 0, height: full });
  // A picture of the whole page is too long to look at.
  for (let from = 0, count = 1; from < area.height; from += pieceHeight, count += 1) {
    const clip = { x: 0, y: area.y + from, width, height: Math.min(pieceHeight, area.height - from) };
    await page.screenshot({ path: join(folder, `${name}-${count}.png`) as `${string}.png`, clip });
  }
  await page.close();
}

async function printPage(browser: Browser, results: Results): Promise<void> {
  const page = await browser.newPage();
  await page.goto(await writePage("print", results));
  await page.pdf({ path: join(folder, "print.pdf"), format: "A4" });
  await page.close();
}

async function writePage(name: string, results: Results): Promise<string> {
  const path = resolve(folder, `${name}.html`);
  await writeFile(path, renderPage(results, files));
  return pathToFileURL(path).href;
}
