import * as z from "zod";
import { describeMismatch, formatValue } from "../yaml/mistakes.ts";
import {
  addRefusal,
  type Context,
  createChoiceSchema,
  createListSchema,
  createNamedListSchema,
  createReadSchema,
  createRecordSchema,
  createTextSchema,
  isHttpUrl,
  positiveNumber,
  prometheusDuration,
} from "../yaml/primitives.ts";

/** Other Prometheus servers from which the stack's Prometheus collects series: an item of `federate:` in the file. */
export interface Federation {
  /** The scrape job's name. */
  readonly name: string;
  /** Each as `host:port`. */
  readonly targets: readonly string[];
  /** Selectors. Series that match at least one of them are collected. */
  readonly match: readonly string[];
  /** A duration of Prometheus; undefined: the global scrape interval. */
  readonly interval: string | undefined;
  readonly scheme: "http" | "https";
  readonly path: string;
  readonly login: Login | undefined;
}

const target = createReadSchema({ type: "string" }, (given, issues) => {
  const written = typeof given === "string" ? given.trim() : "";
  if (/^https?:\/\//.test(written)) {
    const host = URL.canParse(written) ? new URL(written).host : "host:port";
    return addRefusal(
      issues,
      `${formatValue(given)} is a URL; expected ${host}, with scheme and path beside targets`,
    );
  }
  const port = Number(/^(?:[\w.-]+|\[[\da-fA-F:]+\]):(\d{1,5})$/.exec(written)?.[1]);
  if (port >= 1 && port <= 65_535) return written;
  return addRefusal(
    issues,
    describeMismatch(given, "a target", "host:port, for example prometheus-1.example.com:9090"),
  );
});

/** A selector. Prometheus' own parser checks it once the whole configuration is known (`app/validate/queries.ts`). */
const selector = createTextSchema(`a selector in quotes, for example '{job="kubernetes-pods"}'`);

/** Returns the schema of the section `federate:`. */
export function createFederationsSchema(context: Context) {
  const source = z
    .strictObject({
      name: createTextSchema(
        "a job's name (lower-case letters, digits and -)",
        /^[a-z0-9]+(-[a-z0-9]+)*$/,
      ).optional(),
      targets: createListSchema(target, "a list of host:port").refine((list) => list.length > 0, {
        error: "empty; expected targets: [host:port]",
      }),
      match: createListSchema(selector, "a list of selectors").refine((list) => list.length > 0, {
        error: `empty, and nothing is federated without it; expected for example match: ['{job="x"}']`,
      }),
      interval: prometheusDuration.optional(),
      scheme: createChoiceSchema("a scheme", ["http", "https"]).optional(),
      path: createTextSchema("a path that starts with /", /^\/[^\s?#]*$/).optional(),
      ...createLoginKeys(context),
    })
    .transform((given, issues): Federation => {
      const { name = "federate", targets, match, interval, scheme = "http", path = "/federate" } = given;
      return { name, targets, match, interval, scheme, path, login: readLogin(given, issues) };
    });
  return createNamedListSchema(source, "a list of sources, each with targets and match");
}

/** A store to which Prometheus sends every sample: an item of `remote-write:` in the file. */
export interface RemoteWrite {
  /** The label `remote_name` of Prometheus' own metrics. */
  readonly name: string;
  readonly url: string;
  /** Headers without secrets, because anybody can read them in Prometheus' configuration. */
  readonly headers: Readonly<Record<string, string>>;
  readonly login: Login | undefined;
  readonly queue: RemoteQueue;
}

/** Settings of the queue; undefined for Prometheus' own default. */
interface RemoteQueue {
  readonly maxShards: number | undefined;
  readonly capacity: number | undefined;
  readonly maxSamplesPerSend: number | undefined;
  readonly batchSendDeadline: string | undefined;
}

const endpointUrl = createReadSchema({ type: "string", pattern: "^\\s*https?://" }, (given, issues) => {
  const written = typeof given === "string" ? given.trim() : "";
  const parsed = URL.canParse(written) ? new URL(written) : undefined;
  if (parsed !== undefined && (parsed.username !== "" || parsed.password !== ""))
    return addRefusal(issues, "a URL in a file can't hold a password; expected basic-auth beside it");
  if (isHttpUrl(written)) return written;
  const expected =
    "the URL where the store takes remote write, for example http://mimir.example.com/api/v1/push";
  return addRefusal(issues, describeMismatch(given, "a URL", expected));
});

const headerName = createTextSchema("a header's name", /^[\w!#$%&'*+.^`|~-]+$/).refine(
  (name) => !/^(authorization|cookie|.*-(key|token|secret))$/i.test(name),
  {
    error:
      "this header is a secret, and headers are readable in Prometheus' configuration; expected basic-auth or bearer-token-env",
  },
);

const headerValue = createReadSchema({ type: "string" }, (given, issues) => {
  if (typeof given !== "string" || !/^[\x20-\x7e]+$/.test(given))
    return addRefusal(issues, describeMismatch(given, "a header's value", "a text, in quotes"));
  if (!given.includes("${")) return given;
  return addRefusal(
    issues,
    "no variable is filled in here, because headers are readable in Prometheus' configuration; expected basic-auth or bearer-token-env for a secret",
  );
});

/** Returns the schema of the section `remote-write:`. */
export function createRemoteWritesSchema(context: Context) {
  const queue = z.strictObject({
    "max-shards": positiveNumber.optional(),
    capacity: positiveNumber.optional(),
    "max-samples-per-send": positiveNumber.optional(),
    "batch-send-deadline": prometheusDuration.optional(),
  });
  const store = z
    .strictObject({
      name: createTextSchema(
        "a name (lower-case letters, digits and -)",
        /^[a-z0-9]+(-[a-z0-9]+)*$/,
      ).optional(),
      url: endpointUrl,
      headers: createRecordSchema(
        headerName,
        headerValue,
        "headers with their values, for example {X-Scope-OrgID: team-a}",
      ).optional(),
      queue: queue.optional(),
      ...createLoginKeys(context),
    })
    .transform((given, issues): RemoteWrite => {
      const { name = "store", url, headers = {}, queue = {} } = given;
      return {
        name,
        url,
        headers,
        login: readLogin(given, issues),
        queue: {
          maxShards: queue["max-shards"],
          capacity: queue.capacity,
          maxSamplesPerSend: queue["max-samples-per-send"],
          batchSendDeadline: queue["batch-send-deadline"],
        },
      };
    });
  return createNamedListSchema(store, "a list of stores, each with a url");
}

/** A login of Prometheus at another server. Secrets are in environment variables, and the configuration has their names. */
export type Login =
  | { readonly kind: "basic"; readonly username: string; readonly passwordEnv: string }
  | { readonly kind: "bearer"; readonly tokenEnv: string };

/**
 * Returns the schema of an environment variable's name. Anything else might be the secret itself, so no message shows
 * it.
 */
function createVariableNameSchema({ limits }: Context) {
  return createReadSchema({ type: "string", pattern: "^\\s*[A-Za-z_]\\w*\\s*$" }, (given, issues) => {
    const name = typeof given === "string" ? given.trim() : "";
    if (!/^[A-Za-z_]\w*$/.test(name)) {
      const problem = given === undefined ? "missing;" : "invalid value (not shown):";
      return addRefusal(
        issues,
        `${problem} expected the name of an environment variable, for example STORE_PASSWORD`,
      );
    }
    const refusal = limits?.refusesVariable(name);
    return refusal === undefined ? name : addRefusal(issues, refusal);
  });
}

/** Returns the keys of a login, for the schema of a mapping that can have one. */
function createLoginKeys(context: Context) {
  const variable = createVariableNameSchema(context);
  return {
    "basic-auth": z
      .strictObject({ username: createTextSchema("a user's name"), "password-env": variable })
      .transform(
        ({ username, ...rest }): Login => ({ kind: "basic", username, passwordEnv: rest["password-env"] }),
      )
      .optional(),
    "bearer-token-env": variable.optional(),
  };
}

/** Returns the login in a mapping; undefined if it has none. Adds an issue if it has two. */
export function readLogin(
  given: {
    readonly "basic-auth"?: Login | undefined;
    readonly "bearer-token-env"?: string | undefined;
  },
  issues: z.RefinementCtx,
): Login | undefined {
  const { "basic-auth": basicAuth, "bearer-token-env": tokenEnv } = given;
  if (basicAuth !== undefined && tokenEnv !== undefined)
    return addRefusal(issues, "both basic-auth and bearer-token-env; expected one of them");
  return tokenEnv === undefined ? basicAuth : { kind: "bearer", tokenEnv };
}

/** Returns the environment variable that holds a login's secret. */
export function getSecretVariable(login: Login): string {
  return login.kind === "basic" ? login.passwordEnv : login.tokenEnv;
}
