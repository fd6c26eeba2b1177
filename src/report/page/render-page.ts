import { createHash } from "node:crypto";
import type { Results } from "../results-schema.ts";
import { summarizeVerdict } from "../verdict.ts";
import { encodePageData } from "./page-data.ts";
import type { PageFiles } from "./page-files.ts";

/** The maximum size of report.html, in bytes. */
export const maxPageBytes = 2_000_000;

/** The icons of a browser's tab. They are data, so that no browser requests /favicon.ico. */
const icons = {
  good: "<circle cx='8' cy='8' r='8' fill='%231a7f37'/><path d='M4.5 8.2 7 10.7 11.5 5.6' fill='none' stroke='white' stroke-width='1.8'/>",
  bad: "<circle cx='8' cy='8' r='8' fill='%23c5221f'/><path d='m5 5 6 6M11 5l-6 6' stroke='white' stroke-width='1.8'/>",
  mixed:
    "<path d='M8 1 15.5 14.5H.5Z' fill='%239a6700'/><path d='M8 6v4M8 11.3v1.5' stroke='white' stroke-width='1.6'/>",
} as const;

/**
 * Renders report.html: one file that needs nothing else. Its content security policy allows the script and the style in
 * it by their hashes, and no request.
 * @param results must be redacted already
 */
export function renderPage(results: Results, { script, style }: PageFiles): string {
  const { tone, text } = summarizeVerdict(results);
  const title = escapeHtml(`monstack: ${text}`);
  const policy = [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  const parts = (data: string) => [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<link rel="icon" href="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>${icons[tone]}</svg>">`,
    `<title>${title}</title>`,
    `<style>${requireWhole(style, "</style")}</style>`,
    "</head>",
    "<body>",
    `<noscript><h1>${title}</h1><p>This page draws its content with JavaScript, which is off. The same is in results.json and summary.md.</p></noscript>`,
    `<script type="application/json" id="data">${data}</script>`,
    `<script>${requireWhole(script, "</script")}</script>`,
    "</body>",
    "</html>",
    "",
  ];
  const ownBytes = Buffer.byteLength(parts("").join("\n"));
  return parts(encodePageData(results, maxPageBytes - ownBytes)).join("\n");
}

/** Returns the text; its element must not end before it. */
function requireWhole(text: string, end: string): string {
  if (text.toLowerCase().includes(end) || text.includes("<!--"))
    throw new Error(`the page's own file contains ${end} or <!--`);
  return text;
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

/** Returns a text that can stand in an element or an attribute. */
function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replaceAll(/[&<>"]/g, (character) => entities[character] ?? character);
}
