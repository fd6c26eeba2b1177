import { sanitizeMessage } from "../../lib/sanitize.ts";
import type { Results } from "../results-schema.ts";
import { listSuites } from "./list-suites.ts";
import type { TestCase } from "./suite.ts";

/**
 * Returns the results in the Test Anything Protocol, version 14 (https://testanything.org/tap-version-14-specification.html).
 * @param results redacted; their places are relative to the repository
 */
export function renderTap(results: Results): string {
  const cases = listSuites(results).flatMap((suite) =>
    suite.cases.map((testCase) => ({ ...testCase, name: `${suite.name}: ${testCase.name}` })),
  );
  const lines = cases.flatMap((testCase, index) => renderCase(testCase, index + 1));
  return ["TAP version 14", `1..${cases.length}`, ...lines, ""].join("\n");
}

function renderCase({ name, outcome, place }: TestCase, number: number): string[] {
  const title = `${number} - ${escapeDescription(name)}`;
  switch (outcome.kind) {
    case "passed":
      return [
        `ok ${title}`,
        ...(outcome.output === undefined ? [] : renderDiagnostics({ output: outcome.output })),
      ];
    case "skipped":
      return [`ok ${title} # SKIP ${escapeDescription(outcome.reason)}`];
    case "failed":
    case "error": {
      const { type, message, details } = outcome.failure;
      const at = place && `${place.file}:${place.line}`;
      return [`not ok ${title}`, ...renderDiagnostics({ type, message, at, details: details.join("\n") })];
    }
  }
}

/** Returns a text as a description on one line. A `#` would begin a directive. */
function escapeDescription(text: string): string {
  return sanitizeMessage(text, "").replaceAll("\n", " ").replaceAll(/[\\#]/g, "\\$&");
}

/** Returns a block of YAML; a JSON text is YAML too. */
function renderDiagnostics(values: Readonly<Record<string, string | undefined>>): string[] {
  const lines = Object.entries(values)
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([key, value]) => `  ${key}: ${JSON.stringify(sanitizeMessage(value ?? "", ""))}`);
  return ["  ---", ...lines, "  ..."];
}
