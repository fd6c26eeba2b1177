import * as z from "zod";
import { describeMismatch } from "../../yaml/mistakes.ts";
import { addRefusal, type Context } from "../../yaml/primitives.ts";
import {
  type Credentials,
  createCredentialSchemas,
  normalizeRegistryHost,
  readCredentials,
} from "../registries.ts";
import type { Registries } from "../schema.ts";

/** A registry of charts. */
interface OciRegistry {
  /** `oci://ghcr.io/org`: the chart's name is appended. */
  readonly url: string;
  readonly credentials: Credentials | undefined;
}

const addressError = ({ input }: { readonly input?: unknown }) =>
  describeMismatch(input, "an image registry", "for example ghcr.io/org");

const address = z.string({ error: addressError }).transform((given, issues) => {
  const url = createOciUrl(given.trim());
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
    ...createCredentialSchemas(context, "registry"),
  });
  const mapping = z
    .preprocess(removeUnsetKeys, fields)
    .transform(({ registry, url, ...login }, issues): OciRegistry => {
      const address = registry ?? url;
      if (address === undefined)
        return addRefusal(issues, "missing; expected for example ghcr.io/org", ["registry"]);
      return { url: address, credentials: readCredentials(login, issues) };
    });
  const bareAddress = address.transform((url): OciRegistry => ({ url, credentials: undefined }));
  return z.union([bareAddress, mapping], { error: addressError });
}

function removeUnsetKeys(given: unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given;
  return Object.fromEntries(Object.entries(given).filter(([, value]) => !isUnset(value)));
}

/** True if sbkube treats a key's value as missing: null or an empty text. */
export function isUnset(given: unknown): boolean {
  return given === undefined || given === null || (typeof given === "string" && given.trim() === "");
}

/**
 * Returns the logins of registries by host, because containerd accepts one login per host; and the name of each
 * registry whose login differs from the first one of its host.
 */
export function collectLogins(registries: Readonly<Record<string, OciRegistry>>): {
  readonly registries: Registries;
  readonly contradicting: readonly { readonly name: string; readonly host: string }[];
} {
  const loginsByHost = new Map<string, Credentials>();
  const contradicting: { name: string; host: string }[] = [];
  for (const [name, { url, credentials: login }] of Object.entries(registries)) {
    if (login === undefined) continue;
    const host = normalizeRegistryHost(parseHost(url));
    const otherLogin = loginsByHost.get(host);
    if (otherLogin && (otherLogin.username !== login.username || otherLogin.password !== login.password))
      contradicting.push({ name, host });
    else loginsByHost.set(host, login);
  }
  return {
    registries: Object.fromEntries([...loginsByHost].map(([host, login]) => [host, { credentials: login }])),
    contradicting,
  };
}

function createOciUrl(given: string): string {
  const address = given.replace(/(?<!\/)\/+$/, "");
  return address.includes("://") ? address : `oci://${address}`;
}

/** Returns the host of a registry's URL; an empty text if it is not such a URL. */
function parseHost(url: string): string {
  return /^oci:\/\/([^/\s@]+)(?:\/[^\s]*)?$/.exec(url)?.[1] ?? "";
}
