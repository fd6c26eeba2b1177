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
 * A parameter with its value, else a scheme. A text in quotes is taken whole, so that no word in it is taken for a scheme;
 * also one that is left open, so that nothing is read twice.
 */
const parts = /([\w-]+)(?:\s{0,10}=\s{0,10}(?:"((?:[^"\\]|\\.)*)"?|([^\s",]+)))?/g;

/**
 * Reads WWW-Authenticate; of several ways the token is preferred, as every client does. Undefined: none that is known.
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export function parseChallenge(header: string | null): Challenge | undefined {
  const found: { scheme: string; values: Map<string, string> }[] = [];
  for (const [, word = "", quoted, bare] of (header ?? "").matchAll(parts)) {
    const value = quoted?.replace(/\\(.)/g, "$1") ?? bare;
    if (value !== undefined) found.at(-1)?.values.set(word.toLowerCase(), value);
    else if (/^[A-Za-z]/.test(word)) found.push({ scheme: word.toLowerCase(), values: new Map() });
  }
  const bearer = found.find(({ scheme }) => scheme === "bearer")?.values;
  const realm = bearer?.get("realm");
  if (bearer && realm !== undefined && URL.canParse(realm))
    return { scheme: "bearer", realm, service: bearer.get("service"), scope: bearer.get("scope") };
  return found.some(({ scheme }) => scheme === "basic") ? { scheme: "basic" } : undefined;
}
