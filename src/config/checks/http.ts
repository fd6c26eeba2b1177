import { entriesOf, mapping } from "../../yaml/mapping.ts";
import { shown } from "../../yaml/mistakes.ts";
import { type Base, listOf, type Parser, type Problem, problem, text } from "../../yaml/parsers.ts";
import { refusedReferences } from "../trust/limits.ts";
import { type Comparison, valueComparison } from "./comparison.ts";
import { type JsonPath, jsonPath } from "./json-path.ts";

/** A request, and what its answer must be like. */
export interface HttpCheck {
  readonly kind: "http";
  readonly target: HttpTarget;
  readonly method: string;
  /** With `${NAME}` where the environment's value goes. */
  readonly headers: Readonly<Record<string, string>>;
  /** The same. */
  readonly body: string | undefined;
  readonly status: readonly StatusRange[];
  readonly json: readonly { readonly path: JsonPath; readonly comparison: Comparison }[];
  /** Texts that the body must hold. */
  readonly contains: readonly string[];
}

/** Asked from this host, or through the API server when only the cluster knows the name. */
export type HttpTarget =
  | { readonly kind: "url"; readonly url: string }
  | {
      readonly kind: "service";
      readonly url: string;
      readonly scheme: "http" | "https";
      readonly namespace: string;
      readonly name: string;
      readonly port: number;
      /** With its query. */
      readonly path: string;
    };

export interface StatusRange {
  readonly from: number;
  readonly to: number;
  /** As a message shows it: `2xx`. */
  readonly text: string;
}

const placeholder = `$\{NAME}`;

const anySuccess: StatusRange = { from: 200, to: 299, text: "2xx" };

const url: Parser<HttpTarget> = (given) => {
  const right = "right would be a URL with http:// or https://, e.g. http://my-app.default.svc:8080/healthz";
  const parsed = typeof given === "string" && URL.canParse(given.trim()) ? new URL(given.trim()) : undefined;
  if (typeof given === "string" && given.includes("${"))
    return problem(`${placeholder} is filled in only in headers and in the body`);
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    return problem(`${shown(given)} is not a URL; ${right}`);
  if (parsed.username !== "" || parsed.password !== "")
    return problem(`a URL in a file is no place for a password; right would be a header with ${placeholder}`);
  parsed.hash = "";
  return { value: targetOf(parsed) };
};

function targetOf(url: URL): HttpTarget {
  const [, name, namespace] =
    /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?\.?$/.exec(url.hostname) ?? [];
  if (name === undefined || namespace === undefined) return { kind: "url", url: url.href };
  const scheme = url.protocol === "https:" ? "https" : "http";
  const port = url.port === "" ? { http: 80, https: 443 }[scheme] : Number(url.port);
  return { kind: "service", url: url.href, scheme, namespace, name, port, path: url.pathname + url.search };
}

const method: Parser<string> = (given) =>
  typeof given === "string" && /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/i.test(given)
    ? { value: given.toUpperCase() }
    : problem(`${shown(given)} is not a method; right would be e.g. GET or POST`);

const status: Parser<StatusRange> = (given) => {
  const text = String(given).toLowerCase();
  const digit = /^([1-5])xx$/.exec(text)?.[1];
  if (digit !== undefined)
    return { value: { from: Number(digit) * 100, to: Number(digit) * 100 + 99, text } };
  if (/^[1-5]\d\d$/.test(text)) return { value: { from: Number(text), to: Number(text), text } };
  return problem(`${shown(given)} is not a status; right would be e.g. 200 or 2xx`);
};

/** A mapping or a list is sent as JSON. */
const body: Parser<{ readonly text: string; readonly isJson: boolean }> = (given) => {
  if (typeof given === "string") return { value: { text: given, isJson: false } };
  if (typeof given === "object" && given !== null)
    return { value: { text: JSON.stringify(given), isJson: true } };
  return problem(`${shown(given)} is not a body; right would be a text or a mapping, which is sent as JSON`);
};

const headerName = text("a header's name", (name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name));

/** What a header holds is never shown. */
const headerValue: Parser<string> = (given) => {
  const right = `right would be a text on one line, in quotes, with ${placeholder} for what must not stand in a file`;
  if (typeof given !== "string" || !/^[\x20-\x7e\t]+$/.test(given))
    return problem(`what is there (not shown) is no header's value; ${right}`);
  return { value: given };
};

const fields = mapping("a URL, or a mapping with url, method, headers, body, status, json or contains", {
  url,
  method,
  headers: entriesOf("headers with their values", headerName, headerValue),
  body,
  status: listOf(status, "a status or a list of them, e.g. [200, 204] or 2xx"),
  json: entriesOf("paths with the values that are there, e.g. {$.status: ok}", keyPath, valueComparison),
  contains: listOf(text("a text"), "a text or a list of them"),
});

/** A URL, or a mapping. */
export const http: Parser<HttpCheck> = (given, base) => {
  if (typeof given === "string") {
    const parsed = url(given, base);
    return "problems" in parsed ? parsed : { value: toCheck(parsed.value, {}) };
  }
  const parsed = fields(given, base);
  if ("problems" in parsed) return parsed;
  const { url: target, headers = {}, body } = parsed.value;
  const refused = refusedVariables({ headers, body: body?.text }, base);
  if (refused.length > 0) return { problems: refused };
  if (target === undefined) return problem("its url is missing");
  const login = Object.keys(headers).find((name) => name.toLowerCase() === "authorization");
  if (target.kind === "service" && login !== undefined) {
    return problem(
      "the API server, which passes the request on to the service, takes this header for itself; right would be an address that this host reaches (a NodePort, an ingress)",
      ["headers", login],
    );
  }
  return { value: toCheck(target, parsed.value) };
};

/** Variables that the headers or the body name and a file may not. */
function refusedVariables(
  texts: { readonly headers: Readonly<Record<string, string>>; readonly body: string | undefined },
  { folder, limits }: Base,
): Problem[] {
  if (limits === undefined) return [];
  return refusedReferences(texts, folder, limits)
    .filter(({ text }) => !text.startsWith("${file:"))
    .map(({ at, text }) => ({ at: at.slice(0, at[0] === "headers" ? 2 : 1), text }));
}

type Given = Extract<ReturnType<typeof fields>, { value: unknown }>["value"];

function toCheck(target: HttpTarget, given: Partial<Given>): HttpCheck {
  const { method = given.body ? "POST" : "GET", headers = {}, body, status = [anySuccess] } = given;
  const hasType = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  return {
    kind: "http",
    target,
    method,
    headers: body?.isJson && !hasType ? { ...headers, "content-type": "application/json" } : headers,
    body: body?.text,
    status: status.length === 0 ? [anySuccess] : status,
    json: pathsOf(given.json),
    contains: given.contains ?? [],
  };
}

/** A path as a mapping's key, kept as it is written. */
function keyPath(given: unknown, base: Parameters<Parser<unknown>>[1]) {
  const parsed = jsonPath(given, base);
  return "problems" in parsed ? parsed : { value: parsed.value.text };
}

/** The paths with what is expected there; each was parsed before. */
export function pathsOf(given: Readonly<Record<string, Comparison>> = {}): HttpCheck["json"] {
  return Object.entries(given).flatMap(([text, comparison]) => {
    const parsed = jsonPath(text, { folder: "", home: undefined });
    return "value" in parsed ? [{ path: parsed.value, comparison }] : [];
  });
}
