import { expect, it } from "vitest";
import { matchesGlob } from "../../src/lib/path.ts";
import { hasWord } from "../../src/lib/text.ts";
import { startProcessorClock } from "../support/processor-clock.ts";

it.each([
  ["grafana-*", "grafana-query", true],
  ["grafana-*", "grafana", false],
  ["*-quiet", "alerts-quiet", true],
  ["a*b*c", "a.b.b.c", true],
  ["a*b*c", "a.b.b", false],
  ["rules?.yml", "rules1.yml", true],
  ["rules?.yml", "rules.yml", false],
  ["*", "", true],
  ["a.b", "axb", false],
  ["[a]", "a", false],
])("%s and %s", (pattern, name, fits) => {
  expect(matchesGlob(pattern, name)).toBe(fits);
});

it("a glob of many stars takes no longer", () => {
  const processorMs = startProcessorClock();
  expect(matchesGlob("*a".repeat(500), `${"a".repeat(5_000)}b`)).toBe(false);
  expect(processorMs()).toBeLessThan(1_000);
});

it.each([
  ["the service grafana has none", "grafana", true],
  ["grafana: none", "grafana", true],
  ["grafana-2 has none", "grafana", false],
  ["my_grafana has none", "grafana", false],
  ["my-grafana, grafana", "grafana", true],
  ["a.b", "axb", false],
  ["x", "", false],
])("%s has the word %s", (text, word, has) => {
  expect(hasWord(text, word)).toBe(has);
});
