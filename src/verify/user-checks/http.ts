import { type FoundValue, findValues, isFulfilled } from "../../config/checks/comparison.ts";
import type { HttpCheck } from "../../config/checks/http.ts";
import { createApi } from "../../kube/api.ts";
import { describeError } from "../../lib/errors.ts";
import { getOwnValue } from "../../lib/object.ts";
import { tryParseJson } from "../../lib/text.ts";
import { pass, type Verdict } from "../../stack/check.ts";
import { abridgeBody, HttpError, requestTimeoutMs, sendRequest } from "../../stack/http.ts";
import type { Stack } from "../../stack/stack.ts";

/** Milliseconds without a response until the check fails, unless the user sets a time limit. */
const unreachableGraceMs = 15_000;

/** The function that makes one attempt of a check, and the secrets in the check. */
interface HttpRun {
  readonly run: (stack: Stack) => Promise<Verdict>;
  /** Texts that no message may show. */
  readonly secrets: readonly string[];
}

/** The request of a check. */
interface Request {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The response to the request of a check. */
interface Reply {
  readonly status: number;
  readonly body: string;
}

/**
 * Returns a function that sends the check's request and judges the response. If the environment lacks a variable that
 * the check needs, the function returns a final failure instead.
 */
export function createHttpRun(
  check: HttpCheck,
  env: Readonly<Record<string, string | undefined>>,
  withinMs: number | undefined,
): HttpRun {
  const headers = Object.entries(check.headers).map(([name, text]) => ({
    name,
    ...fillInVariables(text, env),
  }));
  const body = check.body === undefined ? undefined : fillInVariables(check.body, env);
  const texts = [...headers, ...(body ? [body] : [])];
  const missingNames = [...new Set(texts.flatMap((filledText) => filledText.missing))];
  const login = headers.find(({ name }) => name.toLowerCase() === "authorization")?.text;
  const secrets = [
    ...texts.flatMap((filledText) => filledText.secrets),
    ...(login === undefined ? [] : [login]),
  ];
  if (missingNames.length > 0) return { run: async () => reportUnsetVariables(check, missingNames), secrets };
  const request: Request = {
    method: check.method,
    headers: Object.fromEntries(headers.map(({ name, text }) => [name, text])),
    body: body?.text,
  };
  const graceMs = withinMs ?? unreachableGraceMs;
  return {
    run: async (stack) => judgeReply(check, await sendCheckRequest(stack, check, request), graceMs),
    secrets,
  };
}

/** Returns the failure for missing environment variables. */
function reportUnsetVariables(check: HttpCheck, missing: readonly string[]): Verdict {
  const fault = { id: "own-http-variable", graceMs: 0 };
  const fix = `set ${missing.join(", ")} in the environment of monstack (in a workflow: env: of the step)`;
  return {
    status: "fail",
    expected: describeExpectation(check),
    seen: `no ${missing.join(", ")} in the environment`,
    final: true,
    fault,
    fix,
  };
}

/**
 * Sends the check's request. Returns the response; a text with the reason if there is none.
 * @throws Error if the signal ended the request, or if the API server itself fails
 */
async function sendCheckRequest(
  stack: Stack,
  { target, method }: HttpCheck,
  request: Request,
): Promise<Reply | string> {
  if (target.kind === "service") return await sendThroughApiServer(stack, target, request);
  const { headers, body } = request;
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  return await sendRequest(stack.context, target.url, init).catch((error: unknown) => {
    if (error instanceof HttpError && !stack.context.signal.aborted) return error.message;
    throw error;
  });
}

type Service = Extract<HttpCheck["target"], { kind: "service" }>;

/**
 * Sends the request to a Service through the API server's proxy, which also reaches names that exist only in the
 * cluster. Returns a text if the service does not respond.
 * @throws Error if the API server itself fails
 */
async function sendThroughApiServer(
  stack: Stack,
  target: Service,
  request: Request,
): Promise<Reply | string> {
  const { scheme, namespace, name, port, path } = target;
  const service = `${scheme === "https" ? "https:" : ""}${name}:${port}`;
  const url = `/api/v1/namespaces/${namespace}/services/${service}/proxy${path}`;
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const signal = AbortSignal.any([stack.context.signal, timeout]);
  const reply = await createApi(stack.kube)
    .send(url, signal, request)
    .catch((error: unknown) => {
      if (timeout.aborted) return `no response within ${requestTimeoutMs / 1000} s`;
      throw new Error(`Kubernetes API, service ${namespace}/${name}: ${describeError(error)}`, {
        cause: error,
      });
    });
  if (typeof reply === "string") return `${request.method} ${target.url}: ${reply}`;
  const refusal = findProxyRefusal(reply);
  if (refusal === undefined) return reply;
  if (reply.status === 401 || reply.status === 403)
    throw new Error(`Kubernetes API, service ${namespace}/${name}: ${reply.status} ${refusal}`);
  return `${request.method} ${target.url}: ${refusal}`;
}

/**
 * Returns the API server's own error if it responded instead of the service: unknown name, no pod, or nothing listens.
 * Undefined for a response of the service.
 */
function findProxyRefusal({ status, body }: Reply): string | undefined {
  if (status < 400) return undefined;
  const json = tryParseJson(body);
  if (
    typeof json === "object" &&
    json !== null &&
    "kind" in json &&
    json.kind === "Status" &&
    "message" in json
  )
    return String(json.message);
  return /^Error: .*\nTrying to reach: /.test(body) ? abridgeBody(body) : undefined;
}

/** Returns the verdict on a response, or on the reason why there is none. */
function judgeReply(check: HttpCheck, reply: Reply | string, graceMs: number): Verdict {
  const expected = describeExpectation(check);
  if (typeof reply === "string")
    return { status: "fail", expected, seen: reply, fault: { id: "own-http-unreachable", graceMs } };
  const difference =
    findWrongStatus(check, reply) ?? findWrongText(check, reply) ?? findWrongJson(check, reply);
  if (difference !== undefined) return { status: "fail", expected, seen: difference };
  const values = check.json.map(({ path }) => `${path.text} as expected`);
  return pass([`HTTP ${reply.status} from ${check.target.url}`, ...values].join(", "));
}

/** Returns the expectation in one line. */
function describeExpectation({ target, method, status, contains, json }: HttpCheck): string {
  const parts = [
    `HTTP ${status.map(({ text }) => text).join(" or ")}`,
    ...contains.map((text) => `${JSON.stringify(text)} in the body`),
    ...json.map(({ path, comparison }) => `${path.text} ${comparison.text}`),
  ];
  return `${parts.join(", ")} from ${method} ${target.url}`;
}

/** Returns the response's status with its body if the check does not accept the status; undefined if it does. */
function findWrongStatus({ status }: HttpCheck, reply: Reply): string | undefined {
  if (status.some(({ from, to }) => reply.status >= from && reply.status <= to)) return undefined;
  return `HTTP ${reply.status}: ${abridgeBody(reply.body)}`;
}

/** Returns the first expected text that the body lacks, as a message; undefined if the body has all. */
function findWrongText({ contains }: HttpCheck, { body }: Reply): string | undefined {
  const absentText = contains.find((text) => !body.includes(text));
  return absentText === undefined
    ? undefined
    : `a body without ${JSON.stringify(absentText)}: ${abridgeBody(body)}`;
}

/** Returns how the body's JSON differs from the expectation; undefined if it does not. */
function findWrongJson({ json }: HttpCheck, { body }: Reply): string | undefined {
  if (json.length === 0) return undefined;
  const parsed = tryParseJson(body);
  if (parsed === undefined) return `a body that is not JSON: ${abridgeBody(body)}`;
  for (const { path, comparison } of json) {
    const foundValues = findValues(path, parsed);
    if (foundValues.length === 0) return `nothing at ${path.text}: ${abridgeBody(body)}`;
    const wrongValue = foundValues.find(({ value }) => !isFulfilled(comparison, value));
    if (wrongValue) return formatFoundValue(wrongValue);
  }
  return undefined;
}

/** Formats a value with its path: `$.status is "down"`. */
function formatFoundValue({ at, value }: FoundValue): string {
  return `${at} is ${abridgeBody(JSON.stringify(value))}`;
}

/** A text with environment variables filled in. */
export interface FilledText {
  readonly text: string;
  readonly secrets: readonly string[];
  readonly missing: readonly string[];
}

/**
 * Replaces each `${NAME}` by the environment variable; `$${NAME}` becomes a plain `${NAME}`. Returns also the values
 * that were filled in (secrets) and the names that are unset or empty (missing).
 */
function fillInVariables(text: string, env: Readonly<Record<string, string | undefined>>): FilledText {
  const secrets: string[] = [];
  const missing: string[] = [];
  const filled = text.replaceAll(/\$(\$?)\{([A-Za-z_]\w*)\}/g, (whole, dollar: string, name: string) => {
    if (dollar !== "") return whole.slice(1);
    // A pasted secret often ends with a line break, which is not allowed in a header.
    const value = getOwnValue(env, name)?.trim() ?? "";
    (value === "" ? missing : secrets).push(value === "" ? name : value);
    return value;
  });
  return { text: filled, secrets, missing };
}
