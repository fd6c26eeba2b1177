import { expect, test } from "vitest";
import { parse } from "yaml";
import { findInhibitionPair, readRouting } from "../../src/alerting/routes.ts";

const base = { alertname: "Test" };
const pairOf = (rule: string) => {
  const [inhibition] = readRouting(
    parse(`route: {receiver: a}\nreceivers: [{name: a}]\ninhibit_rules: [${rule}]`),
  ).inhibitions;
  if (inhibition === undefined) throw new Error("there is a rule");
  return findInhibitionPair(inhibition, base, "own");
};

test.each([
  [
    "{source_matchers: [severity=critical], target_matchers: ['severity=~\"warning|info\"'], equal: [namespace, alertname]}",
    { ...base, severity: "critical", namespace: "own" },
    { ...base, severity: "warning", namespace: "own" },
  ],
  [
    "{source_match: {alertname: NodeDown}, target_match_re: {alertname: 'Pod.*'}}",
    { alertname: "NodeDown" },
    { alertname: "Pod" },
  ],
  [
    "{source_matchers: [team=db, severity=critical], target_matchers: [severity=warning], equal: [team]}",
    { ...base, team: "db", severity: "critical" },
    { ...base, team: "db", severity: "warning" },
  ],
  ["{source_matchers: [a=b]}", { ...base, a: "b" }, base],
])("two alerts for %s", (rule, source, target) => {
  expect(pairOf(rule)).toEqual({ source, target });
});

test.each([
  "{source_matchers: [team=db], target_matchers: [team=web], equal: [team]}",
  "{source_matchers: [a=b], target_matchers: [a=b]}",
])("none for %s", (rule) => {
  expect(pairOf(rule)).toBeUndefined();
});
