import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import type { Results } from "../../../src/report/results-schema.ts";
import { renderJunit } from "../../../src/report/test-results/junit.ts";
import { badResults, failed, goodResults, passed } from "../results.ts";

interface ParsedCase {
  readonly [attribute: `@_${string}`]: string;
  readonly failure?: ParsedProblem;
  readonly error?: ParsedProblem;
  readonly skipped?: { readonly "@_message": string };
  readonly "system-out"?: string;
}

interface ParsedProblem {
  readonly "@_type": string;
  readonly "@_message": string;
  readonly "#text": string;
}

interface ParsedSuite {
  readonly [attribute: `@_${string}`]: string;
  readonly testcase: readonly ParsedCase[];
}

/** Parses the file as the tools do: a flat list of suites, each with its cases. */
function parse(results: Results) {
  const xml = renderJunit(results);
  expect(XMLValidator.validate(xml)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    htmlEntities: true,
    parseTagValue: false,
    isArray: (name) => name === "testsuite" || name === "testcase",
  });
  const { testsuites } = parser.parse(xml) as {
    readonly testsuites: ParsedSuite & { readonly testsuite: readonly ParsedSuite[] };
  };
  const suites = testsuites.testsuite;
  const cases = suites.flatMap(({ testcase }) => testcase);
  const find = (name: string) => cases.find((candidate) => candidate["@_name"] === name);
  return { testsuites, suites, cases, find };
}

const place = { file: "ops/values.yaml", line: 12, column: 5 };
const cause = {
  id: "datasource-wrong-url",
  what: "Grafana's data source leads nowhere",
  how: ["Grafana's proxy: no such host"],
  fix: "correct the url",
  sureness: "certain",
  explains: ["grafana-query"],
  at: place,
} as const;
const warned = {
  ...failed,
  id: "range-windows",
  title: "Every range",
  status: "warn",
  severity: "warning",
} as const;
const broken = {
  ...passed,
  id: "alert-delivery",
  title: "An alert arrives",
  status: "error",
  error: "ECONNREFUSED",
  fix: "look at Alertmanager",
} as const;
const skipped = {
  ...passed,
  id: "own/shop",
  title: "Shop",
  status: "skipped",
  reason: "not deployed",
} as const;
const panel = {
  id: 1,
  title: "CPU",
  type: "timeseries",
  status: "data",
  queries: ["up"],
  known: false,
} as const;

/** A run with every outcome. */
const everything = goodResults({
  verified: false,
  checks: [passed, failed, warned, broken, skipped],
  causes: [cause],
  dashboards: [
    {
      uid: "a",
      title: "Nodes & <pods>",
      panels: [
        panel,
        { ...panel, id: 2, status: "empty", why: "no series", row: "Memory" },
        { ...panel, id: 2, status: "empty", row: "Memory", known: true },
        { ...panel, id: 3, status: "unsupported" },
      ],
    },
  ],
  teardown: { leaks: [{ kind: "mount", what: "/run/k3s" }], kept: [] },
});

describe("the JUnit file", () => {
  it("has a suite for each area, and the numbers of its cases", () => {
    const { suites, testsuites } = parse(everything);
    const numbers = ["name", "tests", "failures", "errors", "skipped"] as const;
    expect(suites.map((suite) => numbers.map((key) => suite[`@_${key}`]).join(" "))).toEqual([
      "deployment 1 0 0 0",
      "checks 4 1 0 1",
      "alerts 1 0 1 0",
      "dashboard Nodes & <pods> 4 0 0 1",
      "teardown 1 1 0 0",
    ]);
    expect(numbers.map((key) => testsuites[`@_${key}`]).join(" ")).toBe("monstack run 11 2 1 2");
    for (const suite of [testsuites, ...suites]) {
      expect(suite["@_time"]).toMatch(/^\d+\.\d{3}$/);
      expect(Date.parse(suite["@_timestamp"] ?? "")).toBeGreaterThan(0);
    }
    expect([testsuites["@_time"], suites[1]?.["@_time"]]).toEqual(["23.000", "4.000"]);
  });

  it("names each case once, with the name of its suite as its class", () => {
    const { suites, cases } = parse(everything);
    const names = cases.map((item) => `${item["@_classname"]} ${item["@_name"]}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("dashboard Nodes & <pods> Memory / CPU (panel 2) #2");
    for (const suite of suites)
      for (const item of suite.testcase) expect(item["@_classname"]).toBe(suite["@_name"]);
  });

  it("has a failure with its place as attributes and in its text", () => {
    const item = parse(everything).find("grafana-query: Grafana answers a query");
    expect([item?.["@_file"], item?.["@_line"], item?.["@_time"]]).toEqual([
      "ops/values.yaml",
      "12",
      "1.000",
    ]);
    expect(item?.failure?.["@_type"]).toBe("datasource-wrong-url");
    expect(item?.failure?.["@_message"]).toBe(
      "expected frames | with data, seen an <empty> answer from the proxy",
    );
    expect(item?.failure?.["#text"]).toMatch(/\nto fix it: correct the url\nat ops\/values\.yaml:12$/);
  });

  it("has a check that could not be made as an error, and a skipped one with its reason", () => {
    const { find } = parse(everything);
    expect(find("alert-delivery: An alert arrives")?.error).toMatchObject({
      "@_type": "alert-delivery",
      "@_message": "could not be made: ECONNREFUSED",
    });
    expect(find("own/shop: Shop")?.skipped?.["@_message"]).toBe("not deployed");
  });

  it("has a warning as a passed case that says why", () => {
    const { find } = parse(everything);
    const item = find("range-windows: Every range");
    expect([item?.failure, item?.error, item?.skipped]).toEqual([undefined, undefined, undefined]);
    expect(item?.["system-out"]).toMatch(/^warning: expected frames/);
    const known = find("Memory / CPU (panel 2) #2");
    expect(known?.["system-out"]).toBe("known from the baseline file: it shows nothing\nquery: up");
  });

  it("lets a panel fail only if the check of the panels fails", () => {
    const panels = { ...failed, id: "dashboard-panels", title: "Panels" } as const;
    const about = { ...cause, explains: ["dashboard-panels"] };
    const { find } = parse({ ...everything, checks: [panels], causes: [about] });
    const item = find("Memory / CPU (panel 2)");
    expect(item?.failure).toMatchObject({
      "@_type": "panel-empty",
      "@_message": "it shows nothing: no series",
    });
    expect(item?.["@_line"]).toBe("12");
    expect(find("Memory / CPU (panel 2) #2")?.failure).toBeUndefined();
    expect(parse(everything).find("Memory / CPU (panel 2)")?.failure).toBeUndefined();
  });

  it("has what ended a run early: its causes with their places, else its workloads, else its message", () => {
    const ended = badResults();
    const missing = { ...cause, id: "image-missing", explains: [] };
    const located = parse({ ...ended, checks: [], causes: [missing] }).find("image-missing");
    expect([located?.["@_file"], located?.["@_line"]]).toEqual(["ops/values.yaml", "12"]);
    expect(
      parse({ ...ended, checks: [] }).find("Deployment monitoring/a, container a")?.failure,
    ).toMatchObject({
      "@_type": "ImagePullBackOff",
      "@_message": 'ImagePullBackOff: Back-off pulling image "nope/a:1"',
    });
    const plain = { ...ended, checks: [], failure: { message: "no root", workloads: [] } };
    expect(parse(plain).find("run")?.failure?.["@_message"]).toBe("no root");
  });

  it("of a good run has no failure, and of a teardown alone what it found", () => {
    expect(parse(goodResults()).testsuites["@_failures"]).toBe("0");
    const down = parse(goodResults({ mode: "down", checks: [], apps: [], dashboards: [] }));
    expect(down.cases.map((item) => item["@_name"])).toEqual([
      "nothing-left: After the teardown nothing is left",
    ]);
  });
});
