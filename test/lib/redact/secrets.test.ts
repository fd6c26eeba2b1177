import { describe, expect, test } from "vitest";
import { createRedactor } from "../../../src/lib/redact/redactor.ts";
import { findCanary } from "../../support/canary.ts";
import { startProcessorClock } from "../../support/processor-clock.ts";

const secret = `pä"ss <w>&'rd/+?%=\\$1`;
const { message } = createRedactor([secret]);

describe("a secret is masked in every form", () => {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  test.each([
    ["as it is", secret],
    ["in JSON", JSON.stringify(secret)],
    [
      "in JSON as Go writes it",
      JSON.stringify(secret).replaceAll(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    ],
    ["in JSON of ASCII only", JSON.stringify(secret).replaceAll("ä", "\\u00e4")],
    ["in JSON in JSON", JSON.stringify(JSON.stringify(secret))],
    ["in a URL", encodeURIComponent(secret)],
    ["in a URL, in lower case", encodeURIComponent(secret).replaceAll(/%../g, (code) => code.toLowerCase())],
    ["in a form", String(new URLSearchParams({ a: secret }))],
    ["in HTML", secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")],
    [
      "in an attribute",
      secret.replaceAll(
        /[&<>"']/g,
        (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" })[c] ?? "",
      ),
    ],
    ["in a shell", `'${secret.replaceAll("'", `'\\''`)}'`],
    ["in Base64", base64(secret)],
    ["in Base64 behind one byte", base64(`u:${secret}`)],
    ["in Base64 behind two bytes", base64(`us:${secret}`)],
    ["in Base64 behind three bytes", base64(`use:${secret} and more`)],
    ["in Base64 for URLs", Buffer.from(`x${secret}y`).toString("base64url")],
    ["in Base64 in Base64", base64(JSON.stringify({ auth: base64(`user:${secret}`) }))],
  ])("%s", (_, text) => {
    const shown = message(`before ${text} after`);
    expect(shown).toContain("***");
    expect(shown).toMatch(/^before .* after$/s);
    expect(findCanary(shown, secret)).toEqual([]);
  });

  test("line by line, without the frame of a PEM block", () => {
    const key = "-----BEGIN X-----\nabcdefgh\n  ijklmnop\n}\n-----END X-----\n";
    const shown = createRedactor([key]).message(
      `a: |\n    abcdefgh\n    ijklmnop\n}\n-----BEGIN X----- is there`,
    );
    expect(shown).toBe("a: |\n    ***\n    ***\n}\n-----BEGIN X----- is there");
  });
});

describe("secrets that overlap leave no end of one", () => {
  test.each([
    [["abcdefgh", "efghijkl"], "x abcdefghijkl y", "x *** y"],
    [["efghijkl", "abcdefgh"], "x abcdefghijkl y", "x *** y"],
    [["secret-one", "secret-one-and-two"], "secret-one-and-two secret-one", "*** ***"],
    [["ababab"], "abababab", "***"],
    [["abcdefgh", "gh12"], "abcdefgh12", "***12"],
  ])("%j in %j", (secrets, text, shown) => {
    expect(createRedactor(secrets).message(text)).toBe(shown);
  });
});

describe("a short secret doesn't spoil words and doesn't reveal itself", () => {
  test.each([
    ["e", "email the error: e", "email the error: e"],
    ["no", "no node is not known", "no node is not known"],
    ["pass", "pass passed bypass pass_1 (pass) a-pass=pass", "*** passed bypass pass_1 (***) a-***=***"],
    [
      "admin",
      "http://x/?u=a%3Aadmin%40b {\\nadmin\\n} administrator",
      "http://x/?u=a%3A***%40b {\\n***\\n} administrator",
    ],
    ["übel", "übel übelst Kübel", "*** übelst Kübel"],
  ])("%s", (short, text, shown) => {
    expect(createRedactor([short]).message(text)).toBe(shown);
  });
});

describe("a secret that a text was cut within is masked", () => {
  const { message } = createRedactor(["monitoring-s3cret/1"]);
  test.each([
    ["answers monitoring-s3c...", "answers ***..."],
    ['answers "monitoring-s3cret/"', 'answers "***"'],
    ["a=1, b=monitoring-s and 12 more characters", "a=1, b=*** and 12 more characters"],
    ["cut in a URL: monitoring-s3cret%2…", "cut in a URL: ***…"],
    ["namespace monitoring has no pods", "namespace monitoring has no pods"],
  ])("%s", (text, shown) => {
    expect(message(text)).toBe(shown);
  });
});

test.each([["s3cr\u200det-word"], ["s3cr\u001b[0met-word"], ["s3cret\u00ad-word"]])(
  "a secret that invisible characters take apart is masked: %j",
  (text) => {
    const { message: mask } = createRedactor(["s3cret-word"]);
    expect(mask(`a ${text}`)).toBe("a ***");
    expect(mask("a \u001b[0mcolour")).toBe("a \u001b[0mcolour");
  },
);

test("what was added later is masked too; nothing is masked without secrets", () => {
  const redactor = createRedactor();
  expect(redactor.message("a s3cret-word")).toBe("a s3cret-word");
  redactor.add("s3cret-word");
  redactor.add("");
  expect(redactor.message("a s3cret-word")).toBe("a ***");
});

test("masking twice changes nothing more", () => {
  const text = `${secret} http://u:p@h/ {"password":"x"}`;
  expect(message(message(text))).toBe(message(text));
});

test("many secrets in several MB take well under a second", () => {
  const redactor = createRedactor(Array.from({ length: 50 }, (_, index) => `s3cret-nümber/${index}-`));
  redactor.message("");
  const text =
    'level=info ts=2026-11-23T12:00:00Z msg="scraped it all" target=http://a.b.svc:9090/x?y=1\n'.repeat(
      50_000,
    );
  const processorMs = startProcessorClock();
  expect(redactor.message(text)).toBe(text);
  expect(processorMs()).toBeLessThan(2_000);
});
