/** How a registry wants to be shown who asks (WWW-Authenticate). */
export type Challenge =
  | { readonly scheme: "basic" }
  | {
      readonly scheme: "bearer";
      /** Where a token is to be had. */
      readonly realm: string;
      readonly service: string | undefined;
      /** What it is to allow, e.g. `repository:grafana/grafana:pull`. */
      readonly scope: string | undefined;
    };

/**
 * Reads WWW-Authenticate; of several ways the token is preferred, as every client does. Undefined: none that is known.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  const found: { scheme: string; values: Map<string, string> }[] = [];
  // Parameters come first in the pattern, so that a word inside of quotes is never taken for a scheme.
  const parts =
    /([\w-]{1,100})\s{0,10}=\s{0,10}(?:"((?:[^"\\]|\\.){0,4000})"|([^\s",]{1,4000}))|([A-Za-z][\w-]*)/g;
  for (const [, key, quoted, bare, scheme] of (header ?? "").matchAll(parts)) {
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), values: new Map() });
    else if (key !== undefined)
      found.at(-1)?.values.set(key.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? bare ?? "");
  }
  const bearer = found.find(({ scheme }) => scheme === "bearer")?.values;
  const realm = bearer?.get("realm");
  if (bearer && realm !== undefined && URL.canParse(realm))
    return { scheme: "bearer", realm, service: bearer.get("service"), scope: bearer.get("scope") };
  return found.some(({ scheme }) => scheme === "basic") ? { scheme: "basic" } : undefined;
}
