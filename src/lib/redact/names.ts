/** What stands in the place of a credential. */
export const removed = "<removed>";

const credential =
  /passw(?:or)?d|passphrase|pwd$|token|secret|credential|authorization|api[-_]?key|(?:private|access|auth|client|service|routing|integration|signing|encryption|session|account|shared)[-_]?key|api_?url|webhook_?url|dsn$|connection[-_]?string|cookie/i;

/** Names that lead to a credential, or are about one, and hold none. */
const reference =
  /_?file$|path$|secret_?name$|secret_?key_?ref$|secret_?ref$|existing_?secret$|secrets$|(?:password|user|token)_?key$|account_?token$|token_?(?:reviews?|url|ttl|expiration|lifetime)|expiration|^disable|enabled$/i;

/**
 * Whether a key's value is a credential, by its name.
 * @param of an environment variable's name is taken more strictly: any KEY counts
 */
export function isCredentialName(name: string, of: "key" | "env" = "key"): boolean {
  if (of === "env")
    return /passw|token|secret|key|credential|auth_|dsn$/i.test(name) && !/_file$/i.test(name);
  return credential.test(name) && !reference.test(name);
}
