import { parseDuration } from "../lib/duration.ts";
import { parsePrometheusSize, parseQuantity } from "../lib/quantity.ts";
import { shown } from "./mistakes.ts";
import { type Parser, problem } from "./parsers.ts";

/** Prometheus takes each unit once, the longest first (model.ParseDuration). */
const prometheusGrammar = /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$/;

/** A duration as Prometheus itself reads it, kept as it is written. */
export const prometheusDuration: Parser<string> = (given) => {
  const right = "right would be a duration of Prometheus like 15s, 30d or 1d12h";
  if (typeof given === "number") return problem(`${given} has no unit; ${right}`);
  const text = typeof given === "string" ? given.trim() : "";
  if (parseDuration(text) === 0) return problem(`${shown(given)} is no time at all; ${right}`);
  if (text !== "" && prometheusGrammar.test(text)) return { value: text };
  const why =
    parseDuration(text) === undefined
      ? "is not a duration"
      : "has its units out of order, or one of them twice";
  const fraction = /\d\.\d/.test(text) ? " without fractions" : "";
  return problem(`${shown(given)} ${why}; ${right}${fraction}`);
};

/** A size as Prometheus reads it, kept as it is written; all its units are powers of 1024. */
export const prometheusSize: Parser<string> = (given) => {
  const right = "right would be a size with a unit of Prometheus: 512MB, 40GB, 1TB";
  if (typeof given === "number") return problem(`${given} has no unit; ${right}`);
  const text = typeof given === "string" ? given.trim() : "";
  if (/^\d+(\.\d+)?([KMGTPE]i?)?B$/.test(text) && (parsePrometheusSize(text) ?? 0) > 0)
    return { value: text };
  const meant = /^\d+(\.\d+)?[KMGTPE]i?$/.test(text) ? `; did you mean ${text.replace("i", "")}B?` : "";
  return problem(`${shown(given)} is not a size${meant || `; ${right}`}`);
};

const quantityUnits = "Ki, Mi, Gi, Ti (powers of 1024) or k, M, G, T (of 1000)";

/** An amount of bytes as Kubernetes reads it, kept as it is written. */
export const byteQuantity: Parser<string> = (given) => {
  const right = `right would be e.g. 512Mi or 50Gi, in ${quantityUnits}`;
  const text = typeof given === "string" ? given.trim() : String(given);
  const bytes = typeof given === "string" || typeof given === "number" ? parseQuantity(text) : undefined;
  if (bytes === undefined) {
    const meant = /^(\d+(?:\.\d+)?)([KMGTPE])i?[bB]$/.exec(text);
    const hint = meant ? `; did you mean ${meant[1]}${meant[2]}i?` : `; ${right}`;
    return problem(`${shown(given)} is not a Kubernetes quantity${hint}`);
  }
  if (bytes >= 1024 ** 2) return { value: text };
  const milli = /^[\d.]+m$/.test(text) ? " (m is a thousandth)" : "";
  return problem(`${shown(given)} is only ${bytes} bytes${milli}; ${right}`);
};

/** Cores as Kubernetes reads them, kept as it is written. */
export const coreQuantity: Parser<string> = (given) => {
  const text = typeof given === "string" ? given.trim() : String(given);
  const cores = typeof given === "string" || typeof given === "number" ? parseQuantity(text) : undefined;
  if (cores !== undefined && cores >= 0.001 && cores < 1024) return { value: text };
  return problem(`${shown(given)} is not a number of cores; right would be e.g. 250m, 0.5 or 2`);
};
