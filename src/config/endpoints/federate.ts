import { mapping } from "../../yaml/mapping.ts";
import { prometheusDuration } from "../../yaml/measures.ts";
import { shown } from "../../yaml/mistakes.ts";
import { listOf, oneOf, type Parser, problem, text } from "../../yaml/parsers.ts";
import { type Login, loginFields, loginOf } from "./login.ts";
import { namedList } from "./named.ts";

/** Other Prometheus servers whose series this one takes over, from `federate:` in the file. */
export interface Federation {
  /** The scrape job's name. */
  readonly name: string;
  /** `host:port` each. */
  readonly targets: readonly string[];
  /** Selectors: a series that one of them selects is taken over. */
  readonly match: readonly string[];
  /** As it is written; undefined: the global one. */
  readonly interval: string | undefined;
  readonly scheme: "http" | "https";
  readonly path: string;
  readonly login: Login | undefined;
}

const target: Parser<string> = (given) => {
  const right = "right would be host:port, e.g. prometheus-1.example.com:9090";
  const written = typeof given === "string" ? given.trim() : "";
  if (/^https?:\/\//.test(written)) {
    const host = URL.canParse(written) ? new URL(written).host : "host:port";
    return problem(`${shown(given)} is a URL; right would be ${host}, and scheme and path beside targets`);
  }
  const port = Number(/^(?:[\w.-]+|\[[\da-fA-F:]+\]):(\d{1,5})$/.exec(written)?.[1]);
  return port >= 1 && port <= 65_535
    ? { value: written }
    : problem(`${shown(given)} is not a target; ${right}`);
};

/** A selector. Prometheus' own parser judges it when the whole configuration is known (`core/judge-queries.ts`). */
const selector: Parser<string> = (given) =>
  typeof given === "string" && given.trim() !== ""
    ? { value: given.trim() }
    : problem(
        `${shown(given)} is nothing to match: expected a selector, in quotes: '{job="kubernetes-pods"}'`,
      );

const fields = mapping("a mapping with targets and match", {
  name: text("a job's name (lower-case letters, digits and -)", (name) =>
    /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name),
  ),
  targets: listOf(target, "a list of host:port"),
  match: listOf(selector, "a list of selectors"),
  interval: prometheusDuration,
  scheme: oneOf("a scheme", ["http", "https"]),
  path: text("a path that starts with /", (path) => /^\/[^\s?#]*$/.test(path)),
  ...loginFields,
});

const federation: Parser<Federation> = (given, base) => {
  const parsed = fields(given, base);
  if ("problems" in parsed) return parsed;
  const {
    name = "federate",
    targets = [],
    match = [],
    interval,
    scheme = "http",
    path = "/federate",
  } = parsed.value;
  if (targets.length === 0) return problem("its targets are missing; right would be targets: [host:port]");
  if (match.length === 0)
    return problem(
      `its match is missing: a source gives nothing unasked; right would be e.g. match: ['{job="x"}']`,
    );
  const login = loginOf(parsed.value);
  if ("problems" in login) return login;
  return { value: { name, targets, match, interval, scheme, path, login: login.value } };
};

/** The whole of `federate:`. */
export const federations = namedList(federation, "a list of sources, each with targets and match");
