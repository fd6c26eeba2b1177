import { expect, test } from "vitest";
import { parseCommandLine } from "../../src/cli/args.ts";

test.each([
  ["lock", { check: false, update: { kind: "nothing" } }],
  ["lock --check", { check: true, update: { kind: "nothing" } }],
  ["lock --update", { check: false, update: { kind: "all" } }],
  ["lock --update k3s grafana", { check: false, update: { kind: "named", names: ["k3s", "grafana"] } }],
  ["--verbose lock --update 1860", { check: false, update: { kind: "named", names: ["1860"] } }],
])("monstack %s", (line, flags) => {
  expect(parseCommandLine(line.split(" ")).lock).toEqual(flags);
});

test.each([
  ["lock --check --update", "--check and --update exclude each other"],
  ["lock k3s", "lock k3s: names belong to --update: `monstack lock --update k3s`"],
  ["run --check", "--check belongs to `lock`"],
  ["plan --update", "--update belongs to `lock`"],
])("monstack %s is refused", (line, words) => {
  expect(() => parseCommandLine(line.split(" "))).toThrow(words);
});
