import { type FoundValue, findValues, isFulfilled } from "../../config/checks/comparison.ts";
import type { HttpCheck } from "../../config/checks/http.ts";
import { createApi } from "../../kube/api.ts";
import { describeError } from "../../lib/errors.ts";
import { ownValue } from "../../lib/object.ts";
import { pass, type Verdict } from "../../stack/check.ts";
import { abridgeBody, HttpError, requestTimeoutMs, sendRequest, tryParseJson } from "../../stack/http.ts";
import type { Stack } from "../../stack/stack.ts";

/** Milliseconds without a response until the check fails, unless the user sets a time limit. */
const unreachableGraceMs = 15_000;

export interface Attempts {
  readonly run: (stack: Stack) => Promise<Verdict>;
  /** Texts that no message may show. */
  readonly secrets: readonly string[];
}

interface Request {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Returns a function that sends the request and judges the response. */
export function createHttpRun(
  check: HttpCheck,
  env: Readonly<Record<string, string | undefined>>,
  withinMs: number | undefined,
): Attempts {
  const headers = Object.entries(check.headers).map(([name, text]) => ({ name, ...fillIn(text, env) }));
  const body = check.body === undefined ? undefined : fillIn(check.body, env);
  const texts = [...headers, ...(body ? [body] : [])];
  const missing = [...new Set(texts.flatMap((one) => one.missing))];
  const login = headers.find(({ name }) => name.toLowerCase() === "authorization")?.text;
  const secrets = [...texts.flatMap((one) => one.secrets), ...(login === undefined ? [] : [login])];
  if (missing.length > 0) return { run: async () => reportUnsetVariables(check, missing), secrets };
  const request: Request = {
    method: check.method,
    headers: Object.fromEntries(headers.map(({ name, text }) => [name, text])),
    body: body?.text,
  };
  const graceMs = withinMs ?? unreachableGraceMs;
  return { run: async (stack) => judgeReply(check, await exchange(stack, check, request), graceMs), secrets };
}

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

/** Returns the response of the service, or a text why there is none. */
async function exchange(
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
 * The API server's proxy of a service: reaches from this host what only has a name in the cluster.
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

/** Returns the API server's own error in place of a response of the service: unknown name, no pod, nothing listens. */
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

function judgeReply(check: HttpCheck, reply: Reply | string, graceMs: number): Verdict {
  const expected = describeExpectation(check);
  if (typeof reply === "string")
    return { status: "fail", expected, seen: reply, fault: { id: "own-http-unreachable", graceMs } };
  const wrong = findWrongStatus(check, reply) ?? findWrongText(check, reply) ?? findWrongJson(check, reply);
  if (wrong !== undefined) return { status: "fail", expected, seen: wrong };
  const values = check.json.map(({ path }) => `${path.text} as expected`);
  return pass([`HTTP ${reply.status} from ${check.target.url}`, ...values].join(", "));
}

function describeExpectation({ target, method, status, contains, json }: HttpCheck): string {
  const parts = [
    `HTTP ${status.map(({ text }) => text).join(" or ")}`,
    ...contains.map((text) => `${JSON.stringify(text)} in the body`),
    ...json.map(({ path, comparison }) => `${path.text} ${comparison.text}`),
  ];
  return `${parts.join(", ")} from ${method} ${target.url}`;
}

function findWrongStatus({ status }: HttpCheck, reply: Reply): string | undefined {
  if (status.some(({ from, to }) => reply.status >= from && reply.status <= to)) return undefined;
  return `HTTP ${reply.status}: ${abridgeBody(reply.body)}`;
}

function findWrongText({ contains }: HttpCheck, { body }: Reply): string | undefined {
  const absent = contains.find((text) => !body.includes(text));
  return absent === undefined ? undefined : `a body without ${JSON.stringify(absent)}: ${abridgeBody(body)}`;
}

function findWrongJson({ json }: HttpCheck, { body }: Reply): string | undefined {
  if (json.length === 0) return undefined;
  const parsed = tryParseJson(body);
  if (parsed === undefined) return `a body that is not JSON: ${abridgeBody(body)}`;
  for (const { path, comparison } of json) {
    const found = findValues(path, parsed);
    if (found.length === 0) return `nothing at ${path.text}: ${abridgeBody(body)}`;
    const wrong = found.find(({ value }) => !isFulfilled(comparison, value));
    if (wrong) return formatFound(wrong);
  }
  return undefined;
}

/** `$.status is "down"`. */
export function formatFound({ at, value }: FoundValue): string {
  return `${at} is ${abridgeBody(JSON.stringify(value))}`;
}

/** A text with the environment's values in it, which of them were put in, and which were not there. */
export interface Filled {
  readonly text: string;
  readonly secrets: readonly string[];
  readonly missing: readonly string[];
}

/** Puts the environment's values in for `${NAME}`; `$${NAME}` is a plain `${NAME}`. An empty variable counts as missing. */
export function fillIn(text: string, env: Readonly<Record<string, string | undefined>>): Filled {
  const secrets: string[] = [];
  const missing: string[] = [];
  const filled = text.replaceAll(/\$(\$?)\{([A-Za-z_]\w*)\}/g, (whole, dollar: string, name: string) => {
    if (dollar !== "") return whole.slice(1);
    // What is pasted into a secret often ends with a line break, which no header takes.
    const value = ownValue(env, name)?.trim() ?? "";
    (value === "" ? missing : secrets).push(value === "" ? name : value);
    return value;
  });
  return { text: filled, secrets, missing };
}
