import { sanitizeText } from "../../lib/sanitize.ts";

/** An XML element with either children or a text. */
export interface XmlElement {
  readonly name: string;
  /** Attributes without a value are left out. */
  readonly attributes?: Readonly<Record<string, string | number | undefined>>;
  readonly children?: readonly XmlElement[];
  readonly text?: string;
}

/** Matches what XML 1.0 allows in no document, not even escaped (https://www.w3.org/TR/xml/#charsets). */
const forbiddenPattern = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;

/** Returns an XML document with the given root element. */
export function renderXml(root: XmlElement): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderElement(root, "")}`;
}

function renderElement({ name, attributes = {}, children = [], text }: XmlElement, indent: string): string {
  const attributeTexts = Object.entries(attributes).map(([key, value]) =>
    value === undefined ? "" : ` ${key}="${escapeAttribute(String(value))}"`,
  );
  const begin = `${indent}<${name}${attributeTexts.join("")}`;
  if (text !== undefined) return `${begin}>${escapeText(text)}</${name}>\n`;
  if (children.length === 0) return `${begin}/>\n`;
  const inner = children.map((child) => renderElement(child, `${indent}  `)).join("");
  return `${begin}>\n${inner}${indent}</${name}>\n`;
}

/**
 * Returns a foreign text as the text of an element. Control characters become visible escapes, and whatever else XML
 * forbids is removed. Tools print these texts into the logs of CI runners, so they hold no commands for one either.
 */
export function escapeText(text: string): string {
  return sanitizeText(text)
    .replaceAll(forbiddenPattern, "")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** Returns a foreign text as the value of an attribute. A parser would read its line breaks and tabs as spaces. */
export function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', "&quot;").replaceAll("\t", "&#9;").replaceAll("\n", "&#10;");
}
