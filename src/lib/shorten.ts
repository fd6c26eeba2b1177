/**
 * Returns a text of at most `most` characters. What is left out is the middle: a message names its subject first and its reason
 * last.
 */
export function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  const gap = " [...] ";
  const head = Math.floor((most - gap.length) / 3);
  return text.slice(0, head) + gap + text.slice(text.length - (most - gap.length - head));
}
