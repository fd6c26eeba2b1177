import { isCredentialName } from "./data.ts";

declare const isShown: unique symbol;

/** A URL that may be shown to anybody: without user information, and without credentials in its path and its query. */
type ShownUrl = string & { readonly [isShown]: true };

const hiddenText = "***";

/** Makes a URL fit to be shown, whether or not it can be parsed. */
export function showUrl(url: string | URL): ShownUrl {
  const text = typeof url === "string" ? url : url.href;
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]{0,30}:\/\/)?([\s\S]*)$/i.exec(text) ?? [];
  // What can't be parsed can hold a password with a slash or a question mark in it.
  const authority = URL.canParse(text) ? /^[^/\\?#]*@/ : /^[\s\S]*@/;
  const bare = (rest ?? text).replace(authority, `${hiddenText}@`);
  return hideUrlCredentials(`${scheme ?? ""}${bare}`, hiddenText) as ShownUrl;
}

/** What says in a message where a login goes is not a login. */
const userInformationPattern = /(:\/\/)(?!USER:PASSWORD@|\*\*\*@)([^\s/"'<>]{1,500})@/g;

/** The path of a webhook is its password. */
const webhookPatterns: readonly RegExp[] = [
  /(https?:\/\/[\w.:*@-]{1,200}\/(?:[\w.-]{1,60}\/){0,4}(?:webhooks?|hooks)[\w.-]{0,60}\/)[^\s"'<>]+/gi,
  /(https?:\/\/api\.telegram\.org\/(?:file\/)?bot)[^\s"'<>/]+/gi,
];

const pathPattern = /(https?:\/\/[\w.:*@-]{1,400}\/)[^\s"'<>]+/gi;

const parameterPattern = /([?&;#]|&amp;|\\u0026)([\w.%[\]-]{1,80})=(?:[^\s&#;"'<>\\`,]|,(?!\s|$))+/g;

/** Removes the credentials of every URL in a text. */
export function hideUrlCredentials(text: string, replacement: string): string {
  if (!text.includes("://") && !text.includes("=")) return text;
  const anonymous = text.replace(userInformationPattern, `$1${replacement}@`);
  const withoutHooks = webhookPatterns.reduce(
    (rest, pattern) => rest.replace(pattern, `$1${replacement}`),
    anonymous.replace(pathPattern, (whole, host: string) =>
      /hooks\./i.test(host) ? `${host}${replacement}` : whole,
    ),
  );
  return withoutHooks.replace(parameterPattern, (whole, before: string, name: string) =>
    isSecretParameter(name) ? `${before}${name}=${replacement}` : whole,
  );
}

/** Names of credentials in URLs that say it only there: https://learn.microsoft.com/azure/storage/common/storage-sas-overview. */
const urlCredentialNamePattern =
  /^(?:key|sig|signature|auth|code|jwt|hmac|pass|pwd|sas|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential))$/i;

function isSecretParameter(name: string): boolean {
  const plain = decodePercent(name);
  return urlCredentialNamePattern.test(plain) || isCredentialName(plain);
}

function decodePercent(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** Returns the passwords and tokens in the URLs of a text, as they are written and decoded. */
export function collectUrlCredentials(text: string): string[] {
  const logins = [...text.matchAll(userInformationPattern)].flatMap(([, , login = ""]) => {
    const colon = login.indexOf(":");
    // A token without a password is written as the user.
    return [colon < 0 ? login : login.slice(colon + 1)];
  });
  const values = text.includes("://")
    ? [...text.matchAll(parameterPattern)].flatMap(([whole, before = "", name = ""]) =>
        isSecretParameter(name) ? [whole.slice(before.length + name.length + 1)] : [],
      )
    : [];
  const hooks = webhookPatterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([whole, before = ""]) => whole.slice(before.length)),
  );
  return [...logins, ...values, ...hooks]
    .flatMap((secret) => [secret, decodePercent(secret)])
    .filter((secret) => secret !== "" && secret !== hiddenText && !secret.includes("${"));
}
