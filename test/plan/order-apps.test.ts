import { describe, expect, test } from "vitest";
import { UserError } from "../../src/lib/errors.ts";
import { orderApps } from "../../src/plan/order-apps.ts";
import { configOf } from "./configs.ts";

async function order(yaml: string, select: string[] = []): Promise<string[]> {
  return orderApps((await configOf(yaml)).apps, select);
}

async function mistake(yaml: string, select: string[] = []): Promise<string> {
  return order(yaml, select).then(
    (names) => `no mistake: ${names.join()}`,
    (error: unknown) =>
      error instanceof UserError ? [error.message, error.fix].join(" | ") : `not a UserError: ${error}`,
  );
}

describe("the order", () => {
  test("dependencies first, ties in alphabetical order", async () => {
    const yaml = `apps:
  zoo: {chart: ./z}
  ant: {chart: ./a, depends_on: [zoo, grafana]}
  bee: {chart: ./b}
`;
    expect(await order(yaml)).toEqual(["bee", "prometheus", "grafana", "zoo", "ant"]);
  });

  test("a selected app brings what it depends on, and nothing else", async () => {
    expect(await order("apps: {loki: {chart: ./l}}", ["grafana"])).toEqual(["prometheus", "grafana"]);
    expect(await order("", ["prometheus"])).toEqual(["prometheus"]);
  });

  test("a disabled app is left out", async () => {
    expect(await order("apps: {grafana: {enabled: false}}")).toEqual(["prometheus"]);
  });
});

describe("mistakes", () => {
  test.each([
    ["an unknown app", "", ["grafna"], "apps: there is no app grafna; did you mean grafana? | "],
    [
      "a disabled dependency",
      "apps: {prometheus: {enabled: false}}",
      [],
      "apps.grafana.depends_on: grafana depends on prometheus, which is disabled (apps.prometheus.enabled: false)" +
        " | enable prometheus, or write depends_on for grafana without it",
    ],
    [
      "a disabled app that is selected",
      "apps: {grafana: {enabled: false}}",
      ["grafana"],
      "apps: grafana is selected but disabled (apps.grafana.enabled: false) | ",
    ],
    [
      "nothing enabled",
      "apps: {grafana: {enabled: false}, prometheus: {enabled: false}}",
      [],
      "no app is enabled | take `enabled: false` away from one of them",
    ],
    [
      "a circle, without the apps that only lead to it",
      `apps:
  first: {chart: ./f, depends_on: b}
  a: {chart: ./a, depends_on: c}
  b: {chart: ./b, depends_on: a}
  c: {chart: ./c, depends_on: b}
`,
      [],
      "monstack.yaml:3:31: apps.a.depends_on: apps depend on each other in a circle: a -> c -> b -> a; take one of these out of the other's depends_on | ",
    ],
  ])("%s", async (_, yaml, select, expected) => {
    expect(await mistake(yaml, select)).toBe(expected);
  });
});

test("a circle ends the ordering, whoever made it", async () => {
  const { apps } = await configOf("apps: {a: {chart: ./a}, b: {chart: ./b, depends_on: [a]}}");
  const a = { ...apps["a"], dependsOn: [{ app: "b", until: "ready" }] } as (typeof apps)[string];
  expect(() => orderApps({ ...apps, a }, ["a"])).toThrow(
    "apps depend on each other in a circle: a -> b -> a",
  );
});
