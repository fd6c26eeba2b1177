import { entriesOf, mapping } from "../../yaml/mapping.ts";
import { prometheusDuration } from "../../yaml/measures.ts";
import { shown } from "../../yaml/mistakes.ts";
import { type Parser, problem, text, wholeNumber } from "../../yaml/parsers.ts";
import { type Login, loginFields, loginOf } from "./login.ts";
import { namedList } from "./named.ts";

/** A store that Prometheus sends every sample to, from `remote-write:` in the file. */
export interface RemoteWrite {
  /** As Prometheus' own metrics call it: their label `remote_name`. */
  readonly name: string;
  readonly url: string;
  /** They stand readable in Prometheus' configuration. */
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

const url: Parser<string> = (given) => {
  const written = typeof given === "string" ? given.trim() : "";
  const parsed = URL.canParse(written) ? new URL(written) : undefined;
  const right =
    "right would be where the store takes remote write, e.g. http://mimir.example.com/api/v1/push";
  if (parsed !== undefined && (parsed.username !== "" || parsed.password !== ""))
    return problem("a URL in a file is no place for a password; right would be basic-auth beside it");
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    return problem(`${shown(given)} is not a URL; ${right}`);
  return { value: written };
};

const headerName: Parser<string> = (given, base) => {
  const parsed = text("a header's name", (name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name))(given, base);
  if ("problems" in parsed || !/^(authorization|cookie|.*-(key|token|secret))$/i.test(parsed.value))
    return parsed;
  return problem(
    "a header stands readable in Prometheus' configuration, and this one is a secret; right would be basic-auth or bearer-token-env",
  );
};

const headerValue: Parser<string> = (given) => {
  if (typeof given !== "string" || !/^[\x20-\x7e]+$/.test(given))
    return problem(`${shown(given)} is no header's value; right would be a text, in quotes`);
  if (given.includes("${"))
    return problem(
      "nothing is filled in here, since a header stands readable in Prometheus' configuration; a secret belongs into basic-auth or bearer-token-env",
    );
  return { value: given };
};

const positive: Parser<number> = (given, base) => {
  const parsed = wholeNumber(given, base);
  return "value" in parsed && parsed.value === 0 ? problem("0 is not a number of 1 or more") : parsed;
};

const queueFields = mapping(
  "a mapping with max-shards, capacity, max-samples-per-send or batch-send-deadline",
  {
    "max-shards": positive,
    capacity: positive,
    "max-samples-per-send": positive,
    "batch-send-deadline": prometheusDuration,
  },
);

const fields = mapping("a mapping with a url", {
  name: text("a name (lower-case letters, digits and -)", (name) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)),
  url,
  headers: entriesOf("headers with their values, e.g. {X-Scope-OrgID: team-a}", headerName, headerValue),
  queue: queueFields,
  ...loginFields,
});

const remoteWrite: Parser<RemoteWrite> = (given, base) => {
  const parsed = fields(given, base);
  if ("problems" in parsed) return parsed;
  const { name = "store", url, headers = {}, queue } = parsed.value;
  if (url === undefined)
    return problem("its url is missing; right would be e.g. url: http://mimir.example.com/api/v1/push");
  const login = loginOf(parsed.value);
  if ("problems" in login) return login;
  return {
    value: {
      name,
      url,
      headers,
      login: login.value,
      queue: {
        maxShards: queue?.["max-shards"],
        capacity: queue?.capacity,
        maxSamplesPerSend: queue?.["max-samples-per-send"],
        batchSendDeadline: queue?.["batch-send-deadline"],
      },
    },
  };
};

/** The whole of `remote-write:`. */
export const remoteWrites = namedList(remoteWrite, "a list of stores, each with a url");
