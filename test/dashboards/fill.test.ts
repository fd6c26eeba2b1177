// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { describe, expect, it } from "vitest";
import type { Value } from "../../src/dashboards/dashboard.ts";
import { formatInterval, listGlobals, parseInterval } from "../../src/dashboards/options.ts";
import { fillVariables } from "../../src/dashboards/variables.ts";

function value(values: string[], more: Partial<Value> = {}): Value {
  return { values, texts: values, allValue: undefined, isList: false, ...more };
}

const values = new Map([
  ["v", value(["a.b"])],
  ["list", value(["a.b", "c|d"], { isList: true })],
  ["one", value(["a.b"], { isList: true })],
  ["all", value(["a", "b"], { isList: true, allValue: ".*" })],
  ["none", value([])],
  ["named", value(["uid-1"], { texts: ["Prometheus"] })],
  ["quoted", value(['say "x\\y"'])],
]);

describe("a variable in PromQL", () => {
  it.each([
    ["$v ${v} [[v]]", "a.b a.b a.b"],
    ['x{a=~"$list"}', 'x{a=~"(a\\\\.b|c\\\\|d)"}'],
    ["$one", "a\\\\.b"],
    ["^$all$", "^.*$"],
    ['x{a="$none"}', 'x{a=""}'],
    ['x{a="$quoted"}', 'x{a="say \\"x\\\\y\\""}'],
    ["$unknown ${unknown:regex} [[unknown]]", "$unknown ${unknown:regex} [[unknown]]"],
    ["rate(x[5m])", "rate(x[5m])"],
  ])("%s is %s", (source, expected) => {
    expect(fillVariables(source, values, "promql")).toBe(expected);
  });

  it.each([
    ["${list:regex}", "(a\\.b|c\\|d)"],
    ["[[list:pipe]]", "a.b|c|d"],
    ["${list:csv}", "a.b,c|d"],
    ["${list:glob}", "{a.b,c|d}"],
    ["${list:json}", '["a.b","c|d"]'],
    ["${list:singlequote}", "'a.b','c|d'"],
    ["${list:doublequote}", '"a.b","c|d"'],
    ["${list:sqlstring}", "'a.b','c|d'"],
    ["${list:join: or }", "a.b or c|d"],
    ["${v:percentencode}", "a.b"],
    ["${named:text} ${named.text} ${named:raw}", "Prometheus Prometheus uid-1"],
    ["${all:regex}", ".*"],
  ])("has the format %s: %s", (source, expected) => {
    expect(fillVariables(source, values, "promql")).toBe(expected);
  });

  it("is one value in the name of a datasource, alternatives in a filter", () => {
    expect(fillVariables("$list", values, "plain")).toBe("a.b");
    expect(fillVariables("/$list/", values, "regex")).toBe("/(a\\.b|c\\|d)/");
  });
});

describe("Grafana's own variables", () => {
  const timing = { rangeMs: 300_000, intervalMs: 2_000, scrapeMs: 15_000, from: 1_000, to: 301_000 };
  const all =
    "$__interval $__interval_ms $__rate_interval ${__rate_interval_ms} $__range ${__range_s} $__from [[__to]]";

  it("are worked out as Grafana does: the rate interval holds four scrapes", () => {
    expect(fillVariables(all, values, "promql", listGlobals(timing, "filled"))).toBe(
      "2s 2000 1m 60000 300s 300 1000 301000",
    );
    const slow = listGlobals({ ...timing, intervalMs: 120_000 }, "filled");
    expect(slow.get("__rate_interval")).toBe("135s");
  });

  it("are left to Grafana where it knows them, in a form that it knows", () => {
    expect(fillVariables(`${all} [[__interval]]`, values, "promql", listGlobals(timing, "asked"))).toBe(
      "${__interval} ${__interval_ms} ${__rate_interval} 60000 ${__range} ${__range_s} 1000 301000 ${__interval}",
    );
  });
});

describe("intervals", () => {
  it.each([
    ["15s", 15_000],
    [">1m", 60_000],
    ["10", 10_000],
    ["500ms", 500],
    ["1d", 86_400_000],
    ["$interval", undefined],
    ["", undefined],
    ["0s", undefined],
  ])("%s is %s ms", (text, ms) => {
    expect(parseInterval(text)).toBe(ms);
  });

  it.each([
    [90_000, "90s"],
    [300_000, "5m"],
    [1_500, "1500ms"],
    [86_400_000, "1d"],
  ])("%i ms are %s", (ms, text) => {
    expect(formatInterval(ms)).toBe(text);
  });
});
