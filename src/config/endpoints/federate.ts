import * as z from "zod";
import { mismatch, shown } from "../../yaml/mistakes.ts";
import {
  type Context,
  listOf,
  namedListOf,
  oneOf,
  prometheusDuration,
  refuse,
  text,
} from "../../yaml/primitives.ts";
import { type Login, loginKeys, readLogin } from "./login.ts";

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

const target = z.unknown().transform((given, issues) => {
  const written = typeof given === "string" ? given.trim() : "";
  if (/^https?:\/\//.test(written)) {
    const host = URL.canParse(written) ? new URL(written).host : "host:port";
    return refuse(issues, `${shown(given)} is a URL; expected ${host}, with scheme and path beside targets`);
  }
  const port = Number(/^(?:[\w.-]+|\[[\da-fA-F:]+\]):(\d{1,5})$/.exec(written)?.[1]);
  if (port >= 1 && port <= 65_535) return written;
  return refuse(issues, mismatch(given, "a target", "host:port, for example prometheus-1.example.com:9090"));
});

/** A selector. Prometheus' own parser judges it when the whole configuration is known (`app/judge-queries.ts`). */
const selector = text(`a selector in quotes, for example '{job="kubernetes-pods"}'`);

/** The whole of `federate:`. */
export function federations(context: Context) {
  const source = z
    .strictObject({
      name: text("a job's name (lower-case letters, digits and -)", /^[a-z0-9]+(-[a-z0-9]+)*$/).optional(),
      targets: listOf(target, "a list of host:port").refine((list) => list.length > 0, {
        error: "empty; expected targets: [host:port]",
      }),
      match: listOf(selector, "a list of selectors").refine((list) => list.length > 0, {
        error: `empty, and nothing is federated without it; expected for example match: ['{job="x"}']`,
      }),
      interval: prometheusDuration.optional(),
      scheme: oneOf("a scheme", ["http", "https"]).optional(),
      path: text("a path that starts with /", /^\/[^\s?#]*$/).optional(),
      ...loginKeys(context),
    })
    .transform((given, issues): Federation => {
      const { name = "federate", targets, match, interval, scheme = "http", path = "/federate" } = given;
      return { name, targets, match, interval, scheme, path, login: readLogin(given, issues) };
    });
  return namedListOf(source, "a list of sources, each with targets and match");
}
