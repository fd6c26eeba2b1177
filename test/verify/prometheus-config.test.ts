import { expect, test } from "vitest";
import { parsePrometheusConfig } from "../../src/model/prometheus-config.ts";

const named = (name: string) => `scrape_configs:\n  - job_name: ${name}\n`;

test("the same text is read once, also beside others; a changed one is read anew", () => {
  const first = parsePrometheusConfig(named("one"));
  expect(first?.scrape_configs?.map(({ job_name }) => job_name)).toEqual(["one"]);
  expect(parsePrometheusConfig(named("two"))?.scrape_configs?.[0]?.job_name).toBe("two");
  expect(parsePrometheusConfig(named("one"))).toBe(first);
});

test("only the last few are kept, and what is no configuration is told again", () => {
  const first = parsePrometheusConfig(named("kept"));
  for (const other of ["a", "b", "c", "d"]) parsePrometheusConfig(named(other));
  expect(parsePrometheusConfig(named("kept"))).not.toBe(first);
  expect(parsePrometheusConfig(named("kept"))).toEqual(first);
  for (const _ of [1, 2]) expect(parsePrometheusConfig("scrape_configs: [")).toBeUndefined();
});
