import { showControls } from "../../lib/sanitize.ts";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Returns a foreign text for HTML, also within an attribute in quotes. */
export function escapeHtml(text: string): string {
  return showControls(text).replaceAll(/[&<>"']/g, (char) => entities[char] ?? char);
}
