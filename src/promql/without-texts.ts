/** An expression of PromQL or LogQL without comments, and with nothing in its quotes: what stands in a text is no syntax. */
export function withoutTexts(expr: string): string {
  return expr.replace(
    /"(?:\\[\s\S]?|[^"\\])*(?:"|$)|'(?:\\[\s\S]?|[^'\\])*(?:'|$)|`[^`]*(?:`|$)|#[^\n]*/g,
    (text) => (text.startsWith("#") ? "" : '""'),
  );
}
