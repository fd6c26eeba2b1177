/** A text as one part of a URL's path or query. Half of a surrogate pair, which JSON and YAML can hold, becomes U+FFFD. */
export function encodeUrlPart(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
