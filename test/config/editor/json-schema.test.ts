import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { toConfigJsonSchema } from "../../../src/config/editor/json-schema.ts";
import { listSettingNames, settings } from "../../../src/config/settings.ts";

type Node = Readonly<Record<string, unknown>>;

const root = join(import.meta.dirname, "../../..");
const schema = toConfigJsonSchema();
// As an editor reads it: what it does not know is left aside.
const validate: ValidateFunction = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

/** Returns the errors for a text in YAML, each as `path: message`. */
function errorsIn(yaml: string): string[] {
  validate(parse(yaml) ?? {});
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

/** Returns every property of a schema with its path. */
function listProperties(node: unknown, path = ""): [string, Node][] {
  if (typeof node !== "object" || node === null) return [];
  const { properties = {}, items, additionalProperties, anyOf = [] } = node as Record<string, never>;
  return [
    ...Object.entries<Node>(properties).flatMap(([key, property]): [string, Node][] => [
      [`${path}.${key}`, property],
      ...listProperties(property, `${path}.${key}`),
    ]),
    ...listProperties(items, `${path}.*`),
    ...listProperties(additionalProperties, `${path}.*`),
    ...(anyOf as unknown[]).flatMap((choice) => listProperties(choice, path)),
  ];
}

describe("the JSON Schema of monstack.yaml", () => {
  it("describes every key", () => {
    const properties = listProperties(schema);
    expect(properties.length).toBeGreaterThan(150);
    expect(properties.filter(([, { description }]) => !description).map(([path]) => path)).toEqual([]);
    // The same name has another meaning in each of these.
    const described = new Map(properties.map(([path, { description }]) => [path, description]));
    expect(described.get(".grafana")).toBe("Grafana's login.");
    expect(described.get(".storage.grafana")).toMatch(/^Size of its volume/);
    expect(described.get(".resources.grafana")).toMatch(/^Resources of this component/);
  });

  it("has every setting, with its default where that is a value", () => {
    const properties = new Map(listProperties(schema));
    for (const name of listSettingNames()) {
      const { inFile } = settings[name];
      if (inFile !== undefined) expect([...properties.keys()]).toContain(`.${inFile.join(".")}`);
    }
    expect(properties.get(".ports.grafana")).toMatchObject({ default: 3000, type: "integer" });
    expect(properties.get(".verify.at-end")).toMatchObject({ default: false, type: "boolean" });
    expect(properties.get(".namespace")).toMatchObject({ default: "monitoring" });
    expect([...properties.keys()].filter((path) => /^\.(trust|env|state-dir)$/.test(path))).toEqual([]);
  });

  it.each(["air-gapped", "app-with-servicemonitor", "existing-cluster", "production", "use-case-03"])(
    "accepts examples/%s",
    (name) => {
      expect(errorsIn(readFileSync(join(root, "examples", name, "monstack.yaml"), "utf8"))).toEqual([]);
    },
  );

  it("accepts every example of the documentation", () => {
    for (const page of [
      "configuration",
      "settings",
      "own-checks",
      "dashboards",
      "rules",
      "outgrown",
      "operator",
    ]) {
      const text = readFileSync(join(root, "docs", `${page}.md`), "utf8");
      const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml = ""]) => yaml);
      // Prometheus' own configuration, and steps of a workflow.
      const own = examples.filter(
        (yaml) => !/^(# in the source's|- uses:|scrape_configs:|groups:| {2}default:$)/m.test(yaml),
      );
      for (const yaml of own) expect(errorsIn(yaml), `${page}: ${yaml}`).toEqual([]);
    }
  });

  it("accepts other forms of a value, as the code does", () => {
    const forms = [
      "rules: one.yaml",
      "storage: 50Gi",
      "storage: {grafana: 1Gi}",
      "apps: {prometheus: {values: a.yaml, depends_on: b}}",
      "apps: {grafana: {set: ['a=1']}, prometheus:}",
      `repos: {a: "https://a.example", b: {url: "https://b.example", username: x, password: "$\{P}"}}`,
      "checks: [{name: a, http: {url: 'http://x.y.svc', status: [200, 2xx], body: {a: 1}}}]",
      "checks: [{name: a, resource: {kind: Pod, condition: {type: Ready, status: True}}}]",
      "dashboards: 1860",
      "verify: {skip: [grafana-*=not ours], only: prometheus-ready}",
      "resources: {prometheus: {requests: {cpu: 1, memory: 2Gi}}}",
      "ports:",
    ];
    for (const yaml of forms) expect(errorsIn(yaml), yaml).toEqual([]);
  });

  it.each([
    ["port: {grafana: 3000}", ": must NOT have additional properties"],
    ["ports: {grafna: 3000}", "/ports: must NOT have additional properties"],
    ["ports: {grafana: three}", "/ports/grafana: must be integer"],
    ["ports: {grafana: 70000}", "/ports/grafana: must be <= 65535"],
    ["timeouts: {verify: 90}", "/timeouts/verify: must be string"],
    ["retention: 30 days", "/retention: must match pattern"],
    ["retention-size: 40G", "/retention-size: must match pattern"],
    ["profile: cl", "/profile: must be equal to one of the allowed values"],
    ["apps: {prometheus: {vaules: x.yaml}}", "/apps/prometheus: must NOT have additional properties"],
    [
      "repos: {a: {url: 'https://x', username: u, password: secret}}",
      "/repos/a/password: must match pattern",
    ],
    ["checks: {name: a, promql: up}", "/checks: must be array"],
    ["state-dir: /tmp", ": must NOT have additional properties"],
  ])("refuses %s", (yaml, error) => {
    expect(errorsIn(yaml).join("\n")).toContain(error);
  });
});
