import * as z from "zod";
import { describeMismatch } from "../../yaml/mistakes.ts";
import { addRefusal, type Context } from "../../yaml/primitives.ts";
import {
  type Credentials,
  createCredentialKeys,
  normalizeRegistryHost,
  readCredentials,
} from "../registries.ts";
import type { Registries } from "../schema.ts";

/** A registry that charts come from. */
interface OciRegistry {
  /** `oci://ghcr.io/org`: the chart's name is appended. */
  readonly url: string;
  readonly credentials: Credentials | undefined;
}

const addressError = ({ input }: { readonly input?: unknown }) =>
  describeMismatch(input, "an image registry", "for example ghcr.io/org");

const address = z.string({ error: addressError }).transform((given, issues) => {
  const url = toOciUrl(given.trim());
  return parseHost(url) === "" ? addRefusal(issues, addressError({ input: given })) : url;
});

/**
 * Returns the schema of a registry. As in sbkube, a key without a value counts as missing, and `url` is an alias of
 * `registry`.
 */
export function createOciRegistrySchema(context: Context) {
  const fields = z.strictObject({
    registry: address.optional(),
    url: address.optional(),
    ...createCredentialKeys(context, "registry"),
  });
  const mapping = z
    .preprocess(withoutEmptyKeys, fields)
    .transform(({ registry, url, ...login }, issues): OciRegistry => {
      const address = registry ?? url;
      if (address === undefined)
        return addRefusal(issues, "missing; expected for example ghcr.io/org", ["registry"]);
      return { url: address, credentials: readCredentials(login, issues) };
    });
  const bare = address.transform((url): OciRegistry => ({ url, credentials: undefined }));
  return z.union([bare, mapping], { error: addressError });
}

function withoutEmptyKeys(given: unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => !isUnset(value)));
}

/** True if sbkube takes a key's value for missing: null or an empty text. */
export function isUnset(given: unknown): boolean {
  return given === undefined || given === null || (typeof given === "string" && given.trim() === "");
}

/**
 * Returns the logins of registries by host. containerd accepts one login per host.
 * @returns also the name of each registry whose login differs from that of its host
 */
export function collectLogins(registries: Readonly<Record<string, OciRegistry>>): {
  readonly registries: Registries;
  readonly contradicting: readonly { readonly name: string; readonly host: string }[];
} {
  const known = new Map<string, Credentials>();
  const contradicting: { name: string; host: string }[] = [];
  for (const [name, { url, credentials: login }] of Object.entries(registries)) {
    if (login === undefined) continue;
    const host = normalizeRegistryHost(parseHost(url));
    const otherLogin = known.get(host);
    if (otherLogin && (otherLogin.username !== login.username || otherLogin.password !== login.password))
      contradicting.push({ name, host });
    else known.set(host, login);
  }
  return {
    registries: Object.fromEntries([...known].map(([host, login]) => [host, { credentials: login }])),
    contradicting,
  };
}

function toOciUrl(given: string): string {
  const bare = given.replace(/(?<!\/)\/+$/, "");
  return bare.includes("://") ? bare : `oci://${bare}`;
}

/** Returns the host of a registry's URL; an empty text if it is not such a URL. */
function parseHost(url: string): string {
  return /^oci:\/\/([^/\s@]+)(?:\/[^\s]*)?$/.exec(url)?.[1] ?? "";
}
