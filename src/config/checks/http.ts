import * as z from "zod";
import { describeMismatch } from "../../yaml/mistakes.ts";
import {
  addRefusal,
  type Context,
  createListSchema,
  createReadSchema,
  createRecordSchema,
  createTextSchema,
} from "../../yaml/primitives.ts";
import { findRefusedReferences } from "../trust/limits.ts";
import { type Comparison, comparisonsByPath, type JsonPath } from "./comparison.ts";

/** A request, and the conditions for its response. */
export interface HttpCheck {
  readonly kind: "http";
  readonly target: HttpTarget;
  readonly method: string;
  /** The values may contain `${NAME}`, which the environment's value replaces. */
  readonly headers: Readonly<Record<string, string>>;
  /** The text may contain `${NAME}` too. */
  readonly body: string | undefined;
  readonly status: readonly StatusRange[];
  readonly json: readonly { readonly path: JsonPath; readonly comparison: Comparison }[];
  /** Texts that the body must contain. */
  readonly contains: readonly string[];
}

/** The address of a request. This host requests a URL itself, and a service of the cluster through the API server. */
type HttpTarget =
  | { readonly kind: "url"; readonly url: string }
  | {
      readonly kind: "service";
      readonly url: string;
      readonly scheme: "http" | "https";
      readonly namespace: string;
      readonly name: string;
      readonly port: number;
      /** The path with its query. */
      readonly path: string;
    };

interface StatusRange {
  readonly from: number;
  readonly to: number;
  /** As a message shows it: `2xx`. */
  readonly text: string;
}

const placeholder = `$\{NAME}`;

const anySuccess: StatusRange = { from: 200, to: 299, text: "2xx" };

const target = z
  .string({ error: ({ input }) => describeNonUrl(input) })
  .transform((given, issues): HttpTarget => {
    if (given.includes("${"))
      return addRefusal(issues, `${placeholder} is filled in only in headers and in the body`);
    const url = URL.canParse(given.trim()) ? new URL(given.trim()) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      return addRefusal(issues, describeNonUrl(given));
    if (url.username !== "" || url.password !== "")
      return addRefusal(
        issues,
        `a URL in a file can't hold a password; expected a header with ${placeholder}`,
      );
    url.hash = "";
    return readTarget(url);
  });

function describeNonUrl(given: unknown): string {
  const expected = "a URL with http:// or https://, for example http://my-app.default.svc:8080/healthz";
  return describeMismatch(given, "a URL", expected);
}

/** Returns the target of a URL: a service of the cluster if the host is `NAME.NAMESPACE.svc`, else the URL itself. */
function readTarget(url: URL): HttpTarget {
  const [, name, namespace] =
    /^([a-z0-9-]+)\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?\.?$/.exec(url.hostname) ?? [];
  if (name === undefined || namespace === undefined) return { kind: "url", url: url.href };
  const scheme = url.protocol === "https:" ? "https" : "http";
  const port = url.port === "" ? { http: 80, https: 443 }[scheme] : Number(url.port);
  return { kind: "service", url: url.href, scheme, namespace, name, port, path: url.pathname + url.search };
}

const method = createTextSchema(
  "a method, for example GET or POST",
  /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/i,
).toUpperCase();

const status = createReadSchema(
  { type: ["integer", "string"], pattern: "^[1-5](\\d\\d|[xX]{2})$" },
  (given, issues): StatusRange => {
    const text = String(given).toLowerCase();
    const digit = /^([1-5])xx$/.exec(text)?.[1];
    if (digit !== undefined) return { from: Number(digit) * 100, to: Number(digit) * 100 + 99, text };
    if (/^[1-5]\d\d$/.test(text)) return { from: Number(text), to: Number(text), text };
    return addRefusal(issues, describeMismatch(given, "a status", "for example 200 or 2xx"));
  },
);

/** The schema of a request's body. A mapping or a list is sent as JSON. */
const body = createReadSchema({ type: ["string", "object", "array"] }, (given, issues) => {
  if (typeof given === "string") return { text: given, isJson: false };
  if (typeof given === "object" && given !== null) return { text: JSON.stringify(given), isJson: true };
  return addRefusal(issues, describeMismatch(given, "a body", "a text, or a mapping, which is sent as JSON"));
});

/** The schema of a header's value, which no message shows. */
const headerValue = createReadSchema({ type: "string" }, (given, issues) =>
  typeof given === "string" && /^[\x20-\x7e\t]+$/.test(given)
    ? given
    : addRefusal(
        issues,
        `invalid header value (not shown): expected a text on one line, in quotes, with ${placeholder} for a secret`,
      ),
);

/** Returns the schema of an HTTP check: a URL, or a mapping with the request and its expected response. */
export function createHttpCheckSchema(context: Context) {
  const request = z.strictObject({
    url: target,
    method: method.optional(),
    headers: createRecordSchema(
      createTextSchema("a header's name", /^[\w!#$%&'*+.^`|~-]+$/),
      headerValue,
      "headers with their values",
    ).optional(),
    body: body.optional(),
    status: createListSchema(status, "a status or a list of them, for example [200, 204] or 2xx").optional(),
    json: comparisonsByPath.optional(),
    contains: createListSchema(createTextSchema("a text"), "a text or a list of them").optional(),
  });
  const checkedRequest = request
    .superRefine(({ url, headers = {}, body }, issues) => {
      for (const issue of findRefusedVariables({ headers, body: body?.text }, context))
        issues.addIssue(issue);
      const login = Object.keys(headers).find((name) => name.toLowerCase() === "authorization");
      if (url.kind === "service" && login !== undefined)
        issues.addIssue({
          code: "custom",
          message:
            "the API server, which passes the request on to the service, takes this header for itself; expected an address that this host reaches (a NodePort, an ingress)",
          path: ["headers", login],
        });
    })
    .transform(createCheck);
  return z.union([target.transform((url) => createCheck({ url })), checkedRequest], {
    error: ({ input }) => describeNonUrl(input),
  });
}

/**
 * Returns an issue for each variable in the headers or the body that a file may not name. `${file:PATH}` has no
 * meaning here, so it is not refused. The issue's path ends at the header or the body.
 */
function findRefusedVariables(
  texts: { readonly headers: Readonly<Record<string, string>>; readonly body: string | undefined },
  context: Context,
) {
  return findRefusedReferences(texts, context)
    .filter(({ message }) => !message.startsWith("${file:"))
    .map(({ code, message, path }) => ({
      code,
      message,
      path: path.slice(0, path[0] === "headers" ? 2 : 1),
    }));
}

interface Request {
  readonly url: HttpTarget;
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: { readonly text: string; readonly isJson: boolean } | undefined;
  readonly status?: readonly StatusRange[] | undefined;
  readonly json?: HttpCheck["json"] | undefined;
  readonly contains?: readonly string[] | undefined;
}

/**
 * Returns the check with defaults for missing keys: GET, or POST with a body; any status 2xx; and the content type of
 * JSON for a body that is a mapping or a list.
 */
function createCheck({
  url,
  body,
  method,
  headers = {},
  status = [],
  json = [],
  contains = [],
}: Request): HttpCheck {
  const hasContentType = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  return {
    kind: "http",
    target: url,
    method: method ?? (body ? "POST" : "GET"),
    headers: body?.isJson && !hasContentType ? { ...headers, "content-type": "application/json" } : headers,
    body: body?.text,
    status: status.length === 0 ? [anySuccess] : status,
    json,
    contains,
  };
}
