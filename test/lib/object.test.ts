import { describe, expect, it } from "vitest";
import { matchesLabel } from "../../src/alerting/matchers.ts";
import { isSecretField } from "../../src/alerting/secrets.ts";
import { createCredentialSchemas } from "../../src/config/registries.ts";
import { readDashboard } from "../../src/dashboards/dashboard.ts";
import { importDashboard } from "../../src/dashboards/import.ts";
import { getOwnValue, isTooDeep } from "../../src/lib/object.ts";
import { listNodes } from "../../src/promql/promql.ts";
import { describeNonObject } from "../../src/sources/published-dashboard.ts";
import { getFileName } from "../../src/sources/web/download.ts";
import { applyMirrorsToOci } from "../../src/sources/web/mirrors.ts";
import { parseData } from "../../src/yaml/mistakes.ts";
import { readYaml } from "../../src/yaml/read.ts";
import { parseQuery } from "../support/expressions.ts";
import { startProcessorClock } from "../support/processor-clock.ts";

/** What every object has without being asked. */
const inherited = ["constructor", "toString", "__proto__", "hasOwnProperty"];

describe.each(inherited)("%s is a name as any other", (name) => {
  it("of a key", () => {
    expect(getOwnValue({}, name)).toBeUndefined();
    expect(getOwnValue({ [name]: "x" }, name)).toBe("x");
  });

  it("of a chart's registry", () => {
    expect(applyMirrorsToOci(`oci://${name}/charts/x`, {})).toEqual({
      url: `oci://${name}/charts/x`,
      plainHttp: false,
    });
  });

  it("of a label", () => {
    expect(matchesLabel({ label: name, op: "=~", value: "" }, {})).toBe(true);
    expect(matchesLabel({ label: name, op: "=", value: "x" }, { [name]: "x" })).toBe(true);
  });

  it("of a field, a variable and a dashboard's input", () => {
    expect(isSecretField([name], "x")).toBe(false);
    const { password } = createCredentialSchemas({ folder: "/", home: undefined, env: {} }, "registry");
    expect(parseData(password, `\${${name}}`)).toHaveProperty(
      "problems.0.message",
      expect.stringContaining(`the environment has no ${name}`),
    );
    const file = {
      title: "x",
      panels: [{ title: `\${${name}}` }],
      __inputs: [{ name, type: "constant", value: "given" }],
    };
    const options = { inputs: {}, mayNameOthers: true, datasources: [], fallbackUid: "x" };
    expect(importDashboard(file, options)).toMatchObject({ model: { panels: [{ title: "given" }] } });
  });
});

it("a YAML text can't change what all objects are made of", () => {
  expect(readYaml("a: 1\nb:\n  __proto__: {c: 1}\n").errors).toEqual([
    { position: "3:3", problem: expect.stringContaining("__proto__ can't be a key") },
  ]);
});

it("a percent sign in an address needs no digits after it", () => {
  expect(getFileName("https://charts.example/a%zz.tgz")).toBe("a%zz.tgz");
  expect(getFileName("https://charts.example/a%20b.tgz")).toBe("a b.tgz");
});

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

describe("what is nested thousands of levels deep is refused in words", () => {
  const text = `{"title": "x", "panels": [${nested(20_000)}]}`;
  const data: unknown = JSON.parse(text);
  const options = { inputs: {}, mayNameOthers: true, datasources: [], fallbackUid: "x" };

  it("a dashboard's file", () => {
    expect(describeNonObject(text)).toBe("it is JSON, but nested deeper than 200 levels");
    expect(describeNonObject(nested(100))).toBeUndefined();
  });

  it("a dashboard that is imported, or that Grafana has", () => {
    expect(importDashboard(data, options)).toEqual({ problems: ["it is nested deeper than 200 levels"] });
    expect(readDashboard(data)).toEqual({ problem: "its model is nested deeper than 200 levels" });
  });

  it("lists and mappings alike", () => {
    expect(isTooDeep(JSON.parse("[".repeat(150) + "]".repeat(150)))).toBe(false);
    expect(isTooDeep(JSON.parse("[".repeat(250) + "]".repeat(250)))).toBe(true);
  });

  it("a query, and one without end", async () => {
    expect((await parseQuery("(".repeat(20_000) + ")".repeat(20_000))).status).toBe("invalid");
    for (const deep of [`${"(".repeat(5_000)}1${")".repeat(5_000)}`, `a${"+a".repeat(5_000)}`])
      expect(await parseQuery(deep)).toMatchObject({
        status: "invalid",
        error: { message: "not judged: its parts are nested deeper than 2000 levels" },
      });
    const parsed = await parseQuery(`a${"+a".repeat(300)}`);
    if (parsed.status === "invalid") throw new Error(parsed.error.message);
    expect(listNodes(parsed.tree)).toHaveLength(601);
    const processorMs = startProcessorClock();
    expect(await parseQuery("(".repeat(10_000_000))).toMatchObject({ status: "invalid" });
    expect(processorMs()).toBeLessThan(500);
  });
});
