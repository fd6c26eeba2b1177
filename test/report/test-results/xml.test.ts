import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, it } from "vitest";
import { renderXml } from "../../../src/report/test-results/xml.ts";

/** Every code unit below U+00A0, what XML forbids above it, halves of pairs, and a character beyond the basic plane. */
const nasty = [
  ...Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)),
  "\ufffe\uffff\ud800\udc00\udfff x \u{1f600}\u202e]]>",
].join("");

/** Matches what no XML 1.0 document may contain. */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

it("renders every text as valid XML without what XML forbids", () => {
  const xml = renderXml({
    name: "a",
    attributes: { text: nasty, none: undefined, count: 3 },
    children: [{ name: "b", text: nasty }],
  });
  expect(XMLValidator.validate(xml)).toBe(true);
  expect(xml).not.toMatch(forbidden);
  expect(xml).not.toMatch(/&#x?0*[0-8];/);
});

it("keeps signs, quotes and line breaks", () => {
  const text = `<a href="x">'b' & c</a>\n\tnext ]]> line`;
  const xml = renderXml({ name: "a", attributes: { text }, children: [{ name: "b", text }] });
  const parsed = new XMLParser({ ignoreAttributes: false, trimValues: false, htmlEntities: true }).parse(xml);
  expect(parsed.a["@_text"]).toBe(text);
  expect(parsed.a.b).toBe(text);
  // A parser that follows the standard reads a plain line break in an attribute as a space.
  expect(/text="([^"]*)"/.exec(xml)?.[1]).not.toContain("\n");
});

it("holds no command of a CI runner, because tools print what they read", () => {
  const xml = renderXml({ name: "a", text: "x\n::stop-commands::y\n##[error]z" });
  expect(xml).not.toMatch(/^::/m);
  expect(xml).not.toContain("##[");
});
