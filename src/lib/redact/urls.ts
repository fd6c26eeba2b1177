import { isCredentialName } from "./data.ts";

declare const isShown: unique symbol;

/** A URL that may be shown to anybody: without user information, and without credentials in its path and its query. */
type ShownUrl = string & { readonly [isShown]: true };

const hiddenText = "***";

/**
 * Returns a URL without user information, and without credentials in its path and query, whether or not it can be
 * parsed.
 */
export function showUrl(url: string | URL): ShownUrl {
  const text = typeof url === "string" ? url : url.href;
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]{0,30}:\/\/)?([\s\S]*)$/i.exec(text) ?? [];
  // If the URL can't be parsed, its password may contain a slash or a question mark.
  const loginPattern = URL.canParse(text) ? /^[^/\\?#]*@/ : /^[\s\S]*@/;
  const withoutLogin = (rest ?? text).replace(loginPattern, `${hiddenText}@`);
  return hideUrlCredentials(`${scheme ?? ""}${withoutLogin}`, hiddenText) as ShownUrl;
}

/** Matches user information in a URL. `USER:PASSWORD@` in a message only shows where a login belongs. */
const userInformationPattern = /(:\/\/)(?!USER:PASSWORD@|\*\*\*@)([^\s/"'<>]{1,500})@/g;

/** Match the URLs of webhooks, whose path is a credential. The first group is the part before it. */
const webhookPatterns: readonly RegExp[] = [
  /(https?:\/\/[\w.:*@-]{1,200}\/(?:[\w.-]{1,60}\/){0,4}(?:webhooks?|hooks)[\w.-]{0,60}\/)[^\s"'<>]+/gi,
  /(https?:\/\/api\.telegram\.org\/(?:file\/)?bot)[^\s"'<>/]+/gi,
];

/** Matches a URL with a path. The first group is the part before the path. */
const pathPattern = /(https?:\/\/[\w.:*@-]{1,400}\/)[^\s"'<>]+/gi;

/** Matches a parameter of a query. The groups are the separator before it, and its name. */
const parameterPattern = /([?&;#]|&amp;|\\u0026)([\w.%[\]-]{1,80})=(?:[^\s&#;"'<>\\`,]|,(?!\s|$))+/g;

/** Returns the text with the credentials of every URL replaced: logins, paths of webhooks, and secret parameters. */
export function hideUrlCredentials(text: string, replacement: string): string {
  if (!text.includes("://") && !text.includes("=")) return text;
  const withoutLogins = text.replace(userInformationPattern, `$1${replacement}@`);
  const withoutHooks = webhookPatterns.reduce(
    (replaced, pattern) => replaced.replace(pattern, `$1${replacement}`),
    // A host such as hooks.slack.com has only webhooks.
    withoutLogins.replace(pathPattern, (whole, host: string) =>
      /hooks\./i.test(host) ? `${host}${replacement}` : whole,
    ),
  );
  return withoutHooks.replace(parameterPattern, (whole, separator: string, name: string) =>
    isSecretParameter(name) ? `${separator}${name}=${replacement}` : whole,
  );
}

/**
 * Matches names that mean a credential only in a URL:
 * https://learn.microsoft.com/azure/storage/common/storage-sas-overview.
 */
const urlCredentialNamePattern =
  /^(?:key|sig|signature|auth|code|jwt|hmac|pass|pwd|sas|x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential))$/i;

/** True if the name of a query parameter means a credential. */
function isSecretParameter(name: string): boolean {
  const decodedName = decodePercent(name);
  return urlCredentialNamePattern.test(decodedName) || isCredentialName(decodedName);
}

/** Returns a text without its percent encoding; unchanged if it is not valid. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Returns the passwords, tokens and webhook paths in the URLs of a text, each as written and decoded. Leaves out
 * references such as `${NAME}`.
 */
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
  const webhookPaths = webhookPatterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([whole, before = ""]) => whole.slice(before.length)),
  );
  return [...logins, ...values, ...webhookPaths]
    .flatMap((secret) => [secret, decodePercent(secret)])
    .filter((secret) => secret !== "" && secret !== hiddenText && !secret.includes("${"));
}
