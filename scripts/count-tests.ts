// Adds up what vitest's JSON reports counted, in one closing line: `N passed, N failed, N skipped`.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder = ".", failedParts = "0"] = process.argv.slice(2);
const reports = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
const sum = (key: string) => reports.reduce((total, report) => total + (report[key] ?? 0), 0);
// A part that failed without a failed test (lint, types, a suite that didn't load) still counts as a failure.
const failed = Math.max(sum("numFailedTests"), Number(failedParts));
console.log(
  `${sum("numPassedTests")} passed, ${failed} failed, ${sum("numPendingTests") + sum("numTodoTests")} skipped`,
);
