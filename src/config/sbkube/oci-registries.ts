import { isMapping } from "../../lib/object.ts";
import { didYouMean } from "../../lib/suggest.ts";
import { type Parser, type Problem, text } from "../../yaml/parsers.ts";
import { credentials } from "../registries/credentials.ts";
import { registryName } from "../registries/registries.ts";
import type { Registries } from "../schema.ts";

/** A registry that charts come from. */
export interface OciRegistry {
  /** `oci://ghcr.io/org`: the chart's name goes behind it. */
  readonly url: string;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
}

const keys = ["registry", "username", "password"];
const address = text(
  "an image registry; right would be e.g. ghcr.io/org",
  (given) => hostOf(ociUrl(given)) !== "",
);

/** `url` is taken for `registry`: it is what `helm_repos` calls the same thing. */
export const ociRegistry: Parser<OciRegistry> = (given, base) => {
  if (!isMapping(given)) {
    const parsed = address(given, base);
    return "problems" in parsed ? parsed : { value: { url: ociUrl(parsed.value), credentials: undefined } };
  }
  const { registry, url, username, password, ...others } = given;
  const problems: Problem[] = Object.keys(others).map((key) => ({
    at: [key],
    text: `unknown key; ${didYouMean(key, keys)}`,
  }));
  const at = !registry && url ? "url" : "registry";
  const parsed = address(registry || url, base);
  if ("problems" in parsed) problems.push(...parsed.problems.map((one) => ({ ...one, at: [at] })));
  // sbkube takes a key without a value for one that isn't there.
  const login = credentials(
    { username: username || undefined, password: password || undefined },
    base,
    "registry",
  );
  if ("problems" in login) problems.push(...login.problems);
  if (problems.length > 0 || "problems" in parsed || "problems" in login) return { problems };
  return { value: { url: ociUrl(parsed.value), credentials: login.value } };
};

/**
 * Their logins, by host. A host knows one of them only.
 * @returns besides, the name of each registry whose login is another one than its host's
 */
export function loginsOf(registries: Readonly<Record<string, OciRegistry>>): {
  readonly registries: Registries;
  readonly contradicting: readonly { readonly name: string; readonly host: string }[];
} {
  const known = new Map<string, NonNullable<OciRegistry["credentials"]>>();
  const contradicting: { name: string; host: string }[] = [];
  for (const [name, { url, credentials: login }] of Object.entries(registries)) {
    if (login === undefined) continue;
    const host = registryName(hostOf(url));
    const other = known.get(host);
    if (other && (other.username !== login.username || other.password !== login.password))
      contradicting.push({ name, host });
    else known.set(host, login);
  }
  return {
    registries: Object.fromEntries([...known].map(([host, login]) => [host, { credentials: login }])),
    contradicting,
  };
}

function ociUrl(given: string): string {
  const bare = given.replace(/(?<!\/)\/+$/, "");
  return bare.includes("://") ? bare : `oci://${bare}`;
}

/** Empty for what is no registry's address. */
function hostOf(url: string): string {
  return /^oci:\/\/([^/\s@]+)(?:\/[^\s]*)?$/.exec(url)?.[1] ?? "";
}
