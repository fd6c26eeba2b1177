import { describe, expect, test } from "vitest";
import type * as z from "zod";
import { parseQuantity } from "../../src/lib/quantity.ts";
import { parseData } from "../../src/yaml/mistakes.ts";
import { byteQuantity, coreQuantity, prometheusDuration, prometheusSize } from "../../src/yaml/primitives.ts";

function messageOf(schema: z.ZodType<string>, given: unknown): string {
  const parsed = parseData(schema, given);
  return "value" in parsed ? `= ${parsed.value}` : parsed.problems.map(({ message }) => message).join();
}

describe("a duration of Prometheus", () => {
  test.each(["15s", "30d", "1d12h", "1y2w3d4h5m6s7ms"])("%s", (text) => {
    expect(messageOf(prometheusDuration, text)).toBe(`= ${text}`);
  });

  test.each([
    [30, /^30 has no unit; expected a duration of Prometheus such as 15s, 30d or 1d12h$/],
    ["12h1d", /^"12h1d" has its units out of order/],
    ["1h1h", /one of them twice/],
    ["1.5h", /^"1.5h" is not a duration; .* without fractions$/],
    ["0s", /not longer than 0/],
    ["30 days", /^"30 days" is not a duration/],
    ["", /^an empty value is not a duration/],
  ])("not %s", (given, problem) => {
    expect(messageOf(prometheusDuration, given)).toMatch(problem);
  });
});

describe("a size of Prometheus", () => {
  test.each(["512MB", "40GB", "1.5TB", "10GiB"])("%s", (text) => {
    expect(messageOf(prometheusSize, text)).toBe(`= ${text}`);
  });

  test.each([
    ["40Gi", '"40Gi" is not a size; did you mean 40GB?'],
    ["40G", '"40G" is not a size; did you mean 40GB?'],
    [40, "40 has no unit; expected a size with a unit of Prometheus: 512MB, 40GB, 1TB"],
    ["0GB", '"0GB" is not a size; expected a size with a unit of Prometheus: 512MB, 40GB, 1TB'],
  ])("not %s", (given, problem) => {
    expect(messageOf(prometheusSize, given)).toBe(problem);
  });
});

describe("a quantity of Kubernetes", () => {
  test.each([
    ["2", 2],
    ["0.5", 0.5],
    [".5", 0.5],
    ["250m", 0.25],
    ["100u", 1e-4],
    ["8Gi", 8 * 1024 ** 3],
    ["8G", 8e9],
    ["64Ki", 65_536],
    ["1.5Ti", 1.5 * 1024 ** 4],
    ["3k", 3000],
    ["1e3", 1000],
    ["2E", 2e18],
    ["1E3", 1000],
  ])("%s is %d", (text, number) => {
    expect(parseQuantity(text)).toBeCloseTo(number, 9);
  });

  test.each(["", "Gi", "8GB", "8K", "8gi", "1 Gi", "-1"])("not %j", (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });

  test("of bytes", () => {
    expect(messageOf(byteQuantity, "50Gi")).toBe("= 50Gi");
    expect(messageOf(byteQuantity, 2_147_483_648)).toBe("= 2147483648");
    expect(messageOf(byteQuantity, "50GB")).toBe('"50GB" is not a Kubernetes quantity; did you mean 50Gi?');
    expect(messageOf(byteQuantity, "512m")).toMatch(
      /^"512m" is only 0.512 bytes \(m is a thousandth\); expected /,
    );
    expect(messageOf(byteQuantity, 512)).toMatch(
      /^512 is only 512 bytes; expected for example 512Mi or 50Gi/,
    );
  });

  test("of cores", () => {
    expect(messageOf(coreQuantity, 2)).toBe("= 2");
    expect(messageOf(coreQuantity, "2000m")).toBe("= 2000m");
    expect(messageOf(coreQuantity, "2Gi")).toMatch(/^"2Gi" is not a number of cores/);
  });
});
