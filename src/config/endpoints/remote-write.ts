import * as z from "zod";
import { mismatch } from "../../yaml/mistakes.ts";
import {
  type Context,
  entriesOf,
  isHttpUrl,
  namedListOf,
  positiveNumber,
  prometheusDuration,
  refuse,
  text,
} from "../../yaml/primitives.ts";
import { type Login, loginKeys, readLogin } from "./login.ts";

/** A store that Prometheus sends every sample to, from `remote-write:` in the file. */
export interface RemoteWrite {
  /** As Prometheus' own metrics call it: their label `remote_name`. */
  readonly name: string;
  readonly url: string;
  /** Readable in Prometheus' configuration. */
  readonly headers: Readonly<Record<string, string>>;
  readonly login: Login | undefined;
  readonly queue: RemoteQueue;
}

/** Undefined: Prometheus' own default. */
export interface RemoteQueue {
  readonly maxShards: number | undefined;
  readonly capacity: number | undefined;
  readonly maxSamplesPerSend: number | undefined;
  readonly batchSendDeadline: string | undefined;
}

const url = z.unknown().transform((given, issues) => {
  const written = typeof given === "string" ? given.trim() : "";
  const parsed = URL.canParse(written) ? new URL(written) : undefined;
  if (parsed !== undefined && (parsed.username !== "" || parsed.password !== ""))
    return refuse(issues, "a URL in a file can't hold a password; expected basic-auth beside it");
  if (isHttpUrl(written)) return written;
  const expected =
    "the URL where the store takes remote write, for example http://mimir.example.com/api/v1/push";
  return refuse(issues, mismatch(given, "a URL", expected));
});

const headerName = text("a header's name", /^[\w!#$%&'*+.^`|~-]+$/).refine(
  (name) => !/^(authorization|cookie|.*-(key|token|secret))$/i.test(name),
  {
    error:
      "this header is a secret, and headers are readable in Prometheus' configuration; expected basic-auth or bearer-token-env",
  },
);

const headerValue = z.unknown().transform((given, issues) => {
  if (typeof given !== "string" || !/^[\x20-\x7e]+$/.test(given))
    return refuse(issues, mismatch(given, "a header's value", "a text, in quotes"));
  if (!given.includes("${")) return given;
  return refuse(
    issues,
    "no variable is filled in here, because headers are readable in Prometheus' configuration; expected basic-auth or bearer-token-env for a secret",
  );
});

/** The whole of `remote-write:`. */
export function remoteWrites(context: Context) {
  const queue = z.strictObject({
    "max-shards": positiveNumber.optional(),
    capacity: positiveNumber.optional(),
    "max-samples-per-send": positiveNumber.optional(),
    "batch-send-deadline": prometheusDuration.optional(),
  });
  const store = z
    .strictObject({
      name: text("a name (lower-case letters, digits and -)", /^[a-z0-9]+(-[a-z0-9]+)*$/).optional(),
      url,
      headers: entriesOf(
        headerName,
        headerValue,
        "headers with their values, for example {X-Scope-OrgID: team-a}",
      ).optional(),
      queue: queue.optional(),
      ...loginKeys(context),
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
  return namedListOf(store, "a list of stores, each with a url");
}
