// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { describe, expect, it } from "vitest";
import type { Variable } from "../../src/dashboards/dashboard.ts";
import {
  chooseValue,
  filterOptions,
  listFixedOptions,
  parseVariableQuery,
} from "../../src/dashboards/options.ts";
import { readVariables, sortByUse } from "../../src/dashboards/variables.ts";

function variable(raw: Record<string, unknown>): Variable {
  const [read] = readVariables([{ name: "v", type: "query", ...raw }]);
  if (read === undefined) throw new Error("not a variable");
  return read;
}

const values = (raw: Record<string, unknown>, options: string[]) => {
  const one = variable(raw);
  return chooseValue(
    one,
    options.map((text) => ({ text, value: text })),
    300_000,
  ).values;
};

describe("a query variable asks for", () => {
  it.each([
    ["label_values(job)", { kind: "label-values", label: "job", match: undefined }],
    [
      'label_values(up{a="x,y", b=~"(c|d)"}, instance)',
      { kind: "label-values", label: "instance", match: 'up{a="x,y", b=~"(c|d)"}' },
    ],
    ["label_names()", { kind: "label-names", match: undefined }],
    ["metrics(node_.*)", { kind: "metrics", pattern: "node_.*" }],
    ["query_result(topk(1, up))", { kind: "query-result", expr: "topk(1, up)" }],
    ['up{job="x"}', { kind: "series", match: 'up{job="x"}' }],
    ["  ", undefined],
  ])("%s", (query, request) => {
    expect(parseVariableQuery(query)).toEqual(request);
  });

  it("what is written in the object of newer models", () => {
    expect(variable({ query: { query: "label_values(job)", refId: "x" } }).query).toBe("label_values(job)");
    expect(variable({ definition: "label_values(job)" }).query).toBe("label_values(job)");
  });
});

describe("a filter", () => {
  const found = ['up{job="b"} 1 5', 'up{job="a"} 0 5', 'up{job="b"} 2 5'];
  const cut = (regex: string, sort = 0) =>
    filterOptions(found, variable({ sort }), regex).map((one) => `${one.text}=${one.value}`);

  it.each([
    ['/job="(\\w+)"/', ["b=b", "a=a"]],
    ['/job="(?<text>\\w+)"} (?<value>\\d)/', ["b=1", "a=0", "b=2"]],
    ["/nothing/", []],
    [".*0 5", ['up{job="a"} 0 5=up{job="a"} 0 5']],
    ["/(broken/", found.map((one) => `${one}=${one}`)],
  ])("%s leaves %j", (regex, expected) => {
    expect(cut(regex)).toEqual(expected);
  });

  it.each([
    [0, ["b10", "B2", "a1"]],
    [1, ["B2", "a1", "b10"]],
    [2, ["b10", "a1", "B2"]],
    [3, ["a1", "B2", "b10"]],
    [4, ["b10", "B2", "a1"]],
    [5, ["a1", "b10", "B2"]],
  ])("sorts by %i: %j", (sort, expected) => {
    const options = filterOptions(["b10", "B2", "a1"], variable({ sort }), "");
    expect(options.map(({ text }) => text)).toEqual(expected);
  });
});

describe("the value of a dashboard that is opened", () => {
  it("is the saved one where there still is one, else the first", () => {
    expect(values({ current: { value: "b" } }, ["a", "b"])).toEqual(["b"]);
    expect(values({ current: { value: "gone" } }, ["a", "b"])).toEqual(["a"]);
    expect(values({ current: {}, multi: true }, ["a", "b"])).toEqual(["a"]);
    expect(values({ current: { value: ["b", "a"] }, multi: true }, ["a", "b"])).toEqual(["a", "b"]);
    expect(values({}, [])).toEqual([]);
  });

  it("is all of them when All is saved, or first in the list", () => {
    expect(values({ includeAll: true, current: { value: ["$__all"] } }, ["a", "b"])).toEqual(["a", "b"]);
    expect(values({ includeAll: true }, ["a", "b"])).toEqual(["a", "b"]);
    expect(values({ includeAll: true, current: { value: "b" } }, ["a", "b"])).toEqual(["b"]);
    const all = variable({ includeAll: true, allValue: ".+" });
    expect(chooseValue(all, [], 1)).toMatchObject({ allValue: ".+", isList: true });
  });
});

describe("a variable that asks nobody", () => {
  const datasources = [
    { uid: "p2", name: "prom-b", type: "prometheus", isDefault: true },
    { uid: "l", name: "loki", type: "loki", isDefault: false },
    { uid: "p1", name: "Prom-a", type: "prometheus", isDefault: false },
  ];
  const options = (raw: Record<string, unknown>) =>
    listFixedOptions(variable(raw), datasources)?.map((one) => one.value);

  it.each([
    [{ type: "custom", query: "a,b : c, d\\,e" }, ["a", "c", "d,e"]],
    [{ type: "interval", query: '1m,"10m",1h' }, ["1m", "10m", "1h"]],
    [{ type: "constant", query: ".*" }, [".*"]],
    [{ type: "textbox", query: "x", current: { value: "typed" } }, ["typed"]],
    [{ type: "datasource", query: "prometheus" }, ["p1", "p2"]],
    [{ type: "datasource", query: "prometheus", regex: "/b$/" }, ["p2"]],
    [{ type: "query", query: "label_values(job)" }, undefined],
  ])("%j has %j", (raw, expected) => {
    expect(options(raw)).toEqual(expected);
  });

  it("works out an automatic interval", () => {
    const automatic = variable({
      type: "interval",
      query: "1m",
      auto: true,
      auto_count: 10,
      auto_min: "10s",
    });
    expect(chooseValue(automatic, [], 300_000).values).toEqual(["30s"]);
    expect(
      chooseValue({ ...automatic, current: ["1m"] }, [{ text: "1m", value: "1m" }], 300_000).values,
    ).toEqual(["1m"]);
  });
});

describe("the order", () => {
  it("puts a variable after those that it uses", () => {
    const list = readVariables([
      { name: "node", query: 'label_values(up{job="$job"}, node)', datasource: { uid: "${ds}" } },
      { name: "job", query: "label_values(job)", regex: "/[[ds]]/" },
      { name: "ds", type: "datasource", query: "prometheus" },
      { broken: true },
    ]);
    expect(sortByUse(list).map(({ name }) => name)).toEqual(["ds", "job", "node"]);
  });

  it("ends where they go round in a circle", () => {
    const list = readVariables([
      { name: "a", query: "$b" },
      { name: "b", query: "$a" },
    ]);
    expect(sortByUse(list)).toHaveLength(2);
  });
});
