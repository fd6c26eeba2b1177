// Builds the script and the style that report.html has in it: one text each, which nothing else is loaded for.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { pageFileNames } from "../src/report/page/page-files.ts";

const root = join(import.meta.dirname, "..");
const browser = join(root, "src/report/page/browser");
const uplot = join(root, "node_modules/uplot");
/** In this order: a later one may override a former one. */
const styles = [
  join(uplot, "dist/uPlot.min.css"),
  ..."theme marks layout overview content timeline plots dashboards print"
    .split(" ")
    .map((name) => join(browser, `style/${name}.css`)),
];

/** The page's files by their names, and the paths of the modules in its script. */
interface BuiltPage {
  readonly files: Readonly<Record<string, string>>;
  readonly modules: readonly string[];
}

/** Builds the page's files. */
export async function buildPage(): Promise<BuiltPage> {
  const bundle = await rolldown({
    input: join(browser, "main.ts"),
    platform: "browser",
    tsconfig: join(root, "tsconfig.browser.json"),
    logLevel: "silent",
  });
  const { output } = await bundle.generate({ format: "iife", minify: true, comments: false });
  await bundle.close();
  const [{ code, moduleIds }] = output;
  // The library's license wants to be in each copy, and a report is one.
  const license = readFileSync(join(uplot, "LICENSE"), "utf8").trim();
  const files = {
    [pageFileNames.script]: `/* The charts are drawn by uPlot:\n${license}\n*/\n${code}`,
    [pageFileNames.style]: styles.map((file) => readFileSync(file, "utf8").trim()).join("\n"),
  };
  return { files, modules: moduleIds };
}
