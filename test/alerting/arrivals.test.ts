import { describe, expect, it } from "vitest";
import { readMail, readRequest } from "../../src/alerting/endpoints.ts";
import { startProcessorClock } from "../support/processor-clock.ts";

const token = "0123456789abcdef";
const endpoint = { receiver: "x", integration: "slack", index: 0 };
const slack = (text: string) => readRequest(endpoint, "application/json", JSON.stringify({ text }));

describe("a message of 1 MB that is made to take long is read in no time", () => {
  it.each([
    ["openings without an end", () => slack("monstack-probes(".repeat(65_000))],
    ["a list of blanks", () => slack(`monstack-probes(${" ".repeat(1_000_000)}`)],
    ["a header of blanks", () => readMail(`X: ${"\t".repeat(1_000_000)}\n\r\n\r\n`, token)],
    ["folded lines", () => readMail(`X: ${"\r\n ".repeat(300_000)}`, token)],
    ["blanks before a line's end", () => readMail(`${" ".repeat(1_000_000)}x`, token)],
    ["deep nesting", () => readRequest(endpoint, "application/json", "[".repeat(1_000_000))],
  ])("%s", (_, read) => {
    const processorMs = startProcessorClock();
    read();
    expect(processorMs()).toBeLessThan(1_000);
  });
});

it("finds the probes of a message, and the values of a mail's headers without blanks around them", () => {
  expect(slack("x monstack-probes(a b ) y monstack-probes( c)")).toMatchObject({ probes: ["a", "b", "c"] });
  const mail =
    "X-Monstack-Endpoint:  0123456789abcdef/ops/email/0  \r\nX-Monstack-Probe: monstack-probes(a\r\n b)\r\n\r\nhi";
  expect(readMail(mail, token)).toEqual({
    endpoint: { receiver: "ops", integration: "email", index: 0 },
    probes: ["a", "b"],
  });
});
