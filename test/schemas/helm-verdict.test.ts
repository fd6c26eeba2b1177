import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { createHost } from "../../src/host/create.ts";
import type { Values } from "../../src/lib/object.ts";
import { validateChartValues } from "../../src/schemas/helm-values.ts";
import { readChartSource } from "../../src/sources/charts/contents.ts";
import { genuineHelms } from "../deploy/helms.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const run = promisify(execFile);
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

interface Chart {
  readonly schema?: unknown;
  readonly values?: Values;
  readonly dependencies?: readonly Values[];
  readonly charts?: Readonly<Record<string, Chart>>;
}

async function writeChart(folder: string, name: string, chart: Chart): Promise<void> {
  const files: Record<string, string> = {
    "Chart.yaml": stringify({
      apiVersion: "v2",
      name,
      version: "1.0.0",
      ...(chart.dependencies ? { dependencies: chart.dependencies } : {}),
    }),
    "values.yaml": stringify(chart.values ?? {}),
    "templates/a.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
    ...(chart.schema === undefined ? {} : { "values.schema.json": JSON.stringify(chart.schema) }),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const [inner, subchart] of Object.entries(chart.charts ?? {}))
    await writeChart(join(folder, "charts", inner), inner, subchart);
}

/** The places that monstack refuses, and whether each genuine helm refuses the values. */
async function verdicts(chart: Chart, values: Values) {
  const folder = await mkdtemp(join(tmpdir(), "monstack-schema-"));
  folders.push(folder);
  const path = join(folder, "top");
  await writeChart(path, "top", chart);
  const valuesFile = join(folder, "v.yaml");
  await writeFile(valuesFile, stringify(values, { version: "1.1" }));
  const host = await createHost({ HOME: folder });
  const context = { host, log: createRecordingLogger(), signal: new AbortController().signal };
  const file = { path, name: "top", version: "1.0.0", appVersion: "", sha256: undefined, origin: path };
  const source = await readChartSource(context, file);
  const found = await validateChartValues(source, values);
  const helms = await Promise.all(
    genuineHelms().map(async ({ version, tool }) => {
      const failed = await run(tool.path, ["template", "x", path, "-f", valuesFile]).then(
        () => undefined,
        (error: { stderr: string }) => error.stderr,
      );
      const own = await validateChartValues(source, values, version);
      return { version, expected: own.length > 0, refuses: failed !== undefined, why: failed ?? "" };
    }),
  );
  return { places: found.map((one) => one.path.join(".")), problems: found, helms };
}

const draft7 = "http://json-schema.org/draft-07/schema#";
const draft2019 = "https://json-schema.org/draft/2019-09/schema";
const draft2020 = "https://json-schema.org/draft/2020-12/schema";
const text = { type: "string" };
const closed = {
  type: "object",
  properties: { a: text, b: { type: "integer" } },
  additionalProperties: false,
};
const withRef = (ref: string, $schema: string) => ({
  $schema,
  properties: { a: { $ref: ref } },
  definitions: { name: { type: "string", pattern: "^[a-z]+$" } },
  $defs: { name: { type: "string", pattern: "^[a-z]+$" } },
});

/** Name, chart, values, and the places that are refused. */
const cases: readonly (readonly [string, Chart, Values, readonly string[]])[] = [
  ["right values", { schema: closed, values: { a: "x" } }, { b: 1 }, []],
  ["a wrong type", { schema: closed }, { a: 1 }, ["a"]],
  ["an unknown key", { schema: closed }, { A: "x" }, ["A"]],
  ["a number that is whole", { schema: closed }, { b: 1.0 }, []],
  ["a number that is not whole", { schema: closed }, { b: 1.5 }, ["b"]],
  ["a default that is wrong itself", { schema: closed, values: { b: "x" } }, {}, ["b"]],
  ["a missing key", { schema: { required: ["a"] } }, { b: 1 }, [""]],
  ["a missing key that has a default", { schema: { required: ["a"] }, values: { a: 1 } }, {}, []],
  ["null takes a default away", { schema: { required: ["a"] }, values: { a: 1 } }, { a: null }, [""]],
  [
    "null takes an inner default away",
    { schema: { properties: { m: { properties: { a: text } } } }, values: { m: { a: "x", b: 1 } } },
    { m: { a: null } },
    [],
  ],
  ["null of a key without default", { schema: { properties: { a: text } } }, { a: null }, ["a"]],
  ["an enum", { schema: { properties: { a: { enum: ["x", 1] } } } }, { a: "y" }, ["a"]],
  ["one of some types", { schema: { properties: { a: { type: ["string", "null"] } } } }, { a: [] }, ["a"]],
  [
    "alternatives",
    { schema: { properties: { a: { anyOf: [{ type: "string" }, { type: "integer" }] } } } },
    { a: {} },
    ["a"],
  ],
  [
    "exactly one of the alternatives",
    { schema: { oneOf: [{ required: ["a"] }, { required: ["b"] }] } },
    { a: 1, b: 1 },
    [""],
  ],
  ["not", { schema: { not: { required: ["a"] } } }, { a: 1 }, [""]],
  [
    "if and then",
    {
      schema: {
        $schema: draft7,
        if: { properties: { on: { const: true } }, required: ["on"] },
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        then: { required: ["url"] },
      },
    },
    { on: true },
    [""],
  ],
  ["patternProperties", { schema: { patternProperties: { "^x-": text } } }, { "x-a": 1 }, ["x-a"]],
  ["propertyNames", { schema: { propertyNames: { pattern: "^[a-z]+$" } } }, { A: 1 }, ["A"]],
  ["items", { schema: { properties: { l: { items: text } } } }, { l: ["a", 1] }, ["l.1"]],
  [
    "draft-07 items as a list",
    { schema: { $schema: draft7, properties: { l: { items: [text] } } } },
    { l: [1] },
    ["l.0"],
  ],
  [
    "prefixItems",
    { schema: { $schema: draft2020, properties: { l: { prefixItems: [text] } } } },
    { l: [1] },
    ["l.0"],
  ],
  ["uniqueItems", { schema: { properties: { l: { uniqueItems: true } } } }, { l: [1, 1] }, ["l"]],
  ["a local reference, draft-07", { schema: withRef("#/definitions/name", draft7) }, { a: "X" }, ["a"]],
  ["a local reference, 2019-09", { schema: withRef("#/$defs/name", draft2019) }, { a: "X" }, ["a"]],
  ["a local reference, 2020-12", { schema: withRef("#/$defs/name", draft2020) }, { a: "X" }, ["a"]],
  [
    "what is beside a reference, draft-07",
    {
      schema: {
        $schema: draft7,
        properties: { a: { $ref: "#/definitions/t", maxLength: 1 } },
        definitions: { t: text },
      },
    },
    { a: "long" },
    [],
  ],
  [
    "what is beside a reference, 2019-09",
    {
      schema: {
        $schema: draft2019,
        properties: { a: { $ref: "#/$defs/t", maxLength: 1 } },
        $defs: { t: text },
      },
    },
    { a: "long" },
    ["a"],
  ],
  [
    "unevaluatedProperties",
    { schema: { $schema: draft2019, properties: { a: true, global: true }, unevaluatedProperties: false } },
    { b: 1 },
    ["b"],
  ],
  ["dependentRequired", { schema: { $schema: draft2019, dependentRequired: { a: ["b"] } } }, { a: 1 }, [""]],
  ["dependencies, draft-07", { schema: { $schema: draft7, dependencies: { a: ["b"] } } }, { a: 1 }, [""]],
  [
    "a format, draft-07",
    { schema: { $schema: draft7, properties: { a: { format: "ipv4" } } } },
    { a: "x" },
    ["a"],
  ],
  [
    "a format, 2020-12",
    { schema: { $schema: draft2020, properties: { a: { format: "ipv4" } } } },
    { a: "x" },
    [],
  ],
  [
    "an unknown format",
    { schema: { $schema: draft7, properties: { a: { format: "quantity" } } } },
    { a: "x" },
    [],
  ],
  [
    "nullable is no word of JSON Schema",
    { schema: { properties: { a: { type: "string", nullable: true } } } },
    { a: null },
    ["a"],
  ],
  ["a pattern of Go's", { schema: { properties: { a: { pattern: "(?i)^x$" } } } }, { a: "X" }, []],
  [
    "draft-04",
    {
      schema: {
        $schema: "http://json-schema.org/draft-04/schema#",
        properties: { a: { maximum: 3, exclusiveMaximum: true } },
      },
    },
    { a: 3 },
    ["a"],
  ],
  [
    "draft-06",
    { schema: { $schema: "http://json-schema.org/draft-06/schema#", properties: { a: { const: 1 } } } },
    { a: 2 },
    ["a"],
  ],
  [
    "an id that is not one for this draft",
    { schema: { $schema: draft7, id: "x", properties: { a: text } } },
    { a: 1 },
    ["a"],
  ],
  [
    "keys that look like methods",
    { schema: { required: ["constructor"], properties: { toString: text } } },
    {},
    [""],
  ],
  ["a multiple of a fraction", { schema: { properties: { a: { multipleOf: 0.1 } } } }, { a: 0.3 }, []],
];

const sub = (more: Partial<Chart> = {}): Chart => ({ schema: closedSub, values: { a: "x" }, ...more });
const closedSub = {
  $schema: draft7,
  type: "object",
  properties: {
    a: text,
    global: { type: "object", properties: { zone: text } },
    enabled: { type: "boolean" },
  },
  additionalProperties: false,
};

const withSubcharts: typeof cases = [
  ["a subchart's values", { charts: { sub: sub() } }, { sub: { a: 1 } }, ["sub.a"]],
  [
    "a subchart that is listed",
    { charts: { sub: sub() }, dependencies: [{ name: "sub", version: "*" }] },
    { sub: { b: 1 } },
    ["sub.b"],
  ],
  [
    "a subchart by its alias",
    { charts: { sub: sub() }, dependencies: [{ name: "sub", version: "*", alias: "other" }] },
    { other: { a: 1 }, sub: { a: 1 } },
    ["other.a"],
  ],
  [
    "one subchart with two aliases",
    {
      charts: { sub: sub() },
      dependencies: ["one", "two"].map((alias) => ({ name: "sub", version: "*", alias })),
    },
    { one: { a: 1 }, two: { a: "x" } },
    ["one.a"],
  ],
  [
    "a subchart that a condition switches off",
    { charts: { sub: sub() }, dependencies: [{ name: "sub", version: "*", condition: "sub.enabled" }] },
    { sub: { a: 1, enabled: false } },
    [],
  ],
  [
    "the first condition that says something",
    {
      charts: { sub: sub() },
      dependencies: [{ name: "sub", version: "*", condition: "x.y,sub.enabled" }],
      values: { sub: { enabled: false } },
    },
    { sub: { a: 1, enabled: true } },
    ["sub.a"],
  ],
  [
    "a subchart that a tag switches off",
    { charts: { sub: sub() }, dependencies: [{ name: "sub", version: "*", tags: ["t"] }] },
    { tags: { t: false }, sub: { a: 1 } },
    [],
  ],
  [
    "a condition wins over a tag",
    {
      charts: { sub: sub() },
      dependencies: [{ name: "sub", version: "*", tags: ["t"], condition: "sub.enabled" }],
    },
    { tags: { t: false }, sub: { a: 1, enabled: true } },
    ["sub.a"],
  ],
  ["globals reach a subchart", { charts: { sub: sub() } }, { global: { zone: 1 } }, ["sub.global.zone"]],
  [
    "the top's schema sees the subchart's defaults",
    { schema: { properties: { sub: { properties: { a: { const: "y" } } } } }, charts: { sub: sub() } },
    {},
    ["sub.a"],
  ],
  [
    "null takes a subchart's default away",
    { charts: { sub: sub({ schema: { required: ["a"] } }) } },
    { sub: { a: null } },
    ["sub"],
  ],
  [
    "a parent's default over a subchart's",
    { charts: { sub: sub() }, values: { sub: { a: 1 } } },
    {},
    ["sub.a"],
  ],
  [
    "a parent's null over a subchart's default",
    { charts: { sub: sub({ schema: { required: ["a"] } }) }, values: { sub: { a: null } } },
    {},
    [],
  ],
  ["a subchart's values that are no mapping", { charts: { sub: sub() } }, { sub: [1] }, ["sub"]],
  ["a subchart's values that are a text", { charts: { sub: {} } }, { sub: "x" }, ["sub"]],
  [
    "a subchart's subchart",
    {
      charts: {
        mid: {
          charts: { sub: sub() },
          dependencies: [{ name: "sub", version: "*", condition: "sub.enabled" }],
        },
      },
      dependencies: [{ name: "mid", version: "*" }],
    },
    { mid: { sub: { a: 1 } } },
    ["mid.sub.a"],
  ],
  [
    "a subchart's subchart that is switched off",
    {
      charts: {
        mid: {
          charts: { sub: sub() },
          dependencies: [{ name: "sub", version: "*", condition: "sub.enabled" }],
        },
      },
      dependencies: [{ name: "mid", version: "*" }],
    },
    { mid: { sub: { a: 1, enabled: false } } },
    [],
  ],
  [
    "imported values",
    {
      schema: { properties: { port: { type: "string" } } },
      charts: { sub: { values: { exports: { data: { port: 80 } } } } },
      dependencies: [{ name: "sub", version: "*", "import-values": ["data"] }],
    },
    {},
    ["port"],
  ],
  [
    "imported values that the user sets",
    {
      schema: { properties: { net: { properties: { port: { type: "string" } } } } },
      charts: { sub: { values: { service: { port: 80 } } } },
      dependencies: [{ name: "sub", version: "*", "import-values": [{ child: "service", parent: "net" }] }],
    },
    { net: { port: "http" } },
    [],
  ],
];

describe.skipIf(genuineHelms().length === 0)(
  "values.schema.json: the verdict is that of the genuine helms",
  () => {
    it.concurrent.each([...cases, ...withSubcharts])("%s", async (_, chart, values, places) => {
      const found = await verdicts(chart, values);
      expect(found.places).toEqual(places);
      for (const { version, expected, refuses, why } of found.helms)
        expect({ version, refuses, why: refuses === expected ? "" : why }).toEqual({
          version,
          refuses: expected,
          why: "",
        });
      expect(found.helms.at(-1)?.refuses).toBe(places.length > 0);
    });
  },
);

describe("values.schema.json", () => {
  const remote = "https://schemas.invalid/pod.json";
  it.each([
    ["a reference elsewhere", { properties: { a: { $ref: remote }, b: text } }, { a: 1, b: 2 }, ["b"]],
    [
      "a list of what is elsewhere",
      { properties: { a: { items: { $ref: `${remote}#/x` } } } },
      { a: [1] },
      [],
    ],
    ["not what is elsewhere", { properties: { a: { not: { $ref: remote } } } }, { a: 1 }, []],
    ["one of what is elsewhere", { properties: { a: { oneOf: [{ $ref: remote }, true] } } }, { a: 1 }, []],
    ["a file", { properties: { a: { $ref: "common.json" } } }, { a: 1 }, []],
    [
      "a dialect of its own",
      { $schema: "https://schemas.invalid/mine", properties: { a: text } },
      { a: 1 },
      [],
    ],
    ["a pattern that Go doesn't take", { properties: { a: { pattern: "(?=x)" } } }, { a: "y" }, []],
  ])("fetches nothing, and leaves to helm what only helm can know: %s", async (_, schema, values, places) => {
    const source = {
      name: "top",
      isLibrary: false,
      values: {},
      schema,
      templates: [],
      dependencies: [],
      charts: [],
    };
    expect((await validateChartValues(source, values)).map((one) => one.path.join("."))).toEqual(places);
  });

  it("says in plain words what is expected", async () => {
    const schema = {
      properties: {
        retention: text,
        replicas: { type: "integer", minimum: 1 },
        server: { properties: { resources: { type: "object" } }, additionalProperties: false },
        adminPassword: text,
      },
    };
    const source = {
      name: "top",
      isLibrary: false,
      values: {},
      schema,
      templates: [],
      dependencies: [],
      charts: [],
    };
    const values = {
      retention: 15,
      replicas: 0,
      server: { resources: "100m", resource: {} },
      adminPassword: 12345,
    };
    expect(
      (await validateChartValues(source, values)).map(
        (one) => `${one.path.join(".")} ${one.on}: ${one.problem}`,
      ),
    ).toEqual([
      "retention value: 15 is not a text",
      "replicas value: 0 is out of range; expected >= 1",
      "server.resource key: unknown key; did you mean resources?",
      'server.resources value: "100m" is not a mapping',
      "adminPassword value: a number is not a text",
    ]);
  });
});
