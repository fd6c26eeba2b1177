import type { Results } from "../results-schema.ts";
import { countSeconds, listSuites } from "./list-suites.ts";
import { countOutcomes, type TestCase, type TestSuite } from "./suite.ts";
import { renderXml, type XmlElement } from "./xml.ts";

/**
 * Returns the results as JUnit's XML: a flat list of suites, since several tools read no nested ones.
 *
 * The tools find a failure's place in different ways, so it is there twice: in the attributes `file` and `line` of the
 * case, and as ` path:line` in the failure's text.
 * @param results redacted; their places are relative to the repository
 */
export function renderJunit(results: Results): string {
  const { mode, startedAt, endedAt } = results;
  return renderSuites(`monstack ${mode}`, listSuites(results), startedAt, countSeconds(startedAt, endedAt));
}

/**
 * Returns the results of several runs as one file. Each suite has the name of its run before its own, so that the cases
 * of two runs are not taken for the same ones.
 */
export function renderMergedJunit(
  runs: readonly { readonly name: string; readonly results: Results }[],
): string {
  const suites = runs.flatMap(({ name: run, results }) =>
    listSuites(results).map((suite) => ({ ...suite, name: `${run}: ${suite.name}` })),
  );
  const [startedAt = ""] = runs.map(({ results }) => results.startedAt).toSorted();
  const endedAt =
    runs
      .map(({ results }) => results.endedAt)
      .toSorted()
      .at(-1) ?? startedAt;
  return renderSuites("monstack", suites, startedAt, countSeconds(startedAt, endedAt));
}

function renderSuites(
  name: string,
  suites: readonly TestSuite[],
  startedAt: string,
  seconds: number,
): string {
  return renderXml({
    name: "testsuites",
    attributes: { name, ...countAll(suites), time: formatSeconds(seconds), timestamp: startedAt },
    children: suites.map(toSuiteElement),
  });
}

function countAll(suites: readonly TestSuite[]) {
  return {
    tests: suites.reduce((sum, { cases }) => sum + cases.length, 0),
    failures: countOutcomes(suites, "failed"),
    errors: countOutcomes(suites, "error"),
    skipped: countOutcomes(suites, "skipped"),
  };
}

function toSuiteElement(suite: TestSuite): XmlElement {
  const { name, startedAt, cases } = suite;
  return {
    name: "testsuite",
    attributes: {
      name,
      ...countAll([suite]),
      time: formatSeconds(cases.reduce((sum, { seconds }) => sum + seconds, 0)),
      timestamp: startedAt,
    },
    children: cases.map((testCase) => toCaseElement(testCase, name)),
  };
}

/** Returns a case. Its class is the name of its suite: tools show no group of its own for it then. */
function toCaseElement({ name, seconds, place, outcome }: TestCase, suite: string): XmlElement {
  return {
    name: "testcase",
    attributes: {
      name,
      classname: suite,
      time: formatSeconds(seconds),
      file: place?.file,
      line: place?.line,
    },
    children: toOutcomeElements(outcome, place),
  };
}

function toOutcomeElements(outcome: TestCase["outcome"], place: TestCase["place"]): XmlElement[] {
  switch (outcome.kind) {
    case "passed":
      return outcome.output === undefined ? [] : [{ name: "system-out", text: outcome.output }];
    case "skipped":
      return [{ name: "skipped", attributes: { message: outcome.reason } }];
    case "failed":
    case "error": {
      const { type, message, details } = outcome.failure;
      const where = place ? [`at ${place.file}:${place.line}`] : [];
      return [
        {
          name: outcome.kind === "error" ? "error" : "failure",
          attributes: { type, message: message.replaceAll(/\s+/g, " ") },
          text: [message, ...details, ...where].join("\n"),
        },
      ];
    }
  }
}

function formatSeconds(seconds: number): string {
  return Math.max(0, seconds).toFixed(3);
}
