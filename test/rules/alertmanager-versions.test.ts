import { expect, it, test } from "vitest";
import { findNewerKeys, isNewer } from "../../src/rules/alertmanager-versions.ts";
import { readYaml } from "../../src/yaml/read.ts";

const config = readYaml(`
route: { receiver: a, labels: { team: x }, routes: [{ labels: { kind: y }, receiver: a }] }
receivers:
  - { name: a, jira_configs: [{ project: X }], slack_configs: [{ channel: x, timeout: 5s }], labels: { x: y } }
time_intervals: [{ name: x, time_intervals: [{ location: UTC }] }]
`).data;

it.each([
  ["v0.34.0", []],
  ["0.33.1", ["route.labels", "route.routes.0.labels"]],
  [
    "v0.28.1",
    ["route.labels", "route.routes.0.labels", "receivers.0.slack_configs.0.timeout", "receivers.0.labels"],
  ],
  ["main", []],
])("keys that a deployed Alertmanager does not know yet: %s", (version, paths) => {
  expect(findNewerKeys(config, version).map(({ path }) => path.join("."))).toEqual(paths);
});

test("the version and the one that brought the key are named", () => {
  expect(findNewerKeys({ receivers: [{ jira_configs: [] }] }, "v0.27.0")).toEqual([
    {
      path: ["receivers", 0, "jira_configs"],
      problem:
        "Alertmanager 0.27.0, which is deployed, does not know the key jira_configs: it came with 0.28.0",
    },
  ]);
});

it.each([
  ["v0.35.0", true],
  ["0.34.1", true],
  ["0.34.0", false],
  ["v0.9.0", false],
  ["latest", false],
])("a newer one may know more: %s", (version, expected) => {
  expect(isNewer(version, "0.34.0")).toBe(expected);
});
