import { mapping } from "../../yaml/mapping.ts";
import { byteQuantity, prometheusDuration, prometheusSize } from "../../yaml/measures.ts";
import { type Parser, type Problem, problem, text } from "../../yaml/parsers.ts";
import { allowed, same } from "./setting.ts";

/** The components that can keep something, each with the size of its volume as it is written. */
export type StorageSizes = Readonly<Partial<Record<"prometheus" | "grafana" | "alertmanager", string>>>;

const sizes = {
  prometheus: byteQuantity,
  grafana: byteQuantity,
  alertmanager: byteQuantity,
} satisfies Record<keyof StorageSizes, Parser<string>>;

const whatIsRight = "a size like 50Gi, or a mapping with prometheus, grafana or alertmanager";

/** A size alone is Prometheus'. */
const storage: Parser<StorageSizes> = (given, base) => {
  if (typeof given !== "object" || given === null) {
    const parsed = byteQuantity(given, base);
    return "problems" in parsed ? parsed : { value: { prometheus: parsed.value } };
  }
  const parsed = mapping(whatIsRight, sizes)(given, base);
  if ("problems" in parsed) return parsed;
  const set = Object.entries(parsed.value).filter(([, size]) => size !== undefined);
  return set.length === 0
    ? problem(`nothing is in it; right would be ${whatIsRight}`)
    : { value: Object.fromEntries(set) };
};

/** `50Gi`, or `prometheus=50Gi,grafana=5Gi`. */
const storageInText: Parser<StorageSizes> = (given, base) => {
  if (typeof given !== "string" || !given.includes("=")) return storage(given, base);
  const pairs = given
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => part.split("=", 2).map((each) => each.trim()));
  const parsed = storage(Object.fromEntries(pairs), base);
  if (!("problems" in parsed)) return parsed;
  const named = ({ at, text }: Problem) => ({
    at,
    text: at.length === 0 ? text : `${at.join(".")}: ${text}`,
  });
  return { problems: parsed.problems.map(named) };
};

const className = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** What Prometheus keeps, for how long, and how often it looks. */
export const storageSettings = {
  retention: same(
    prometheusDuration,
    ["retention"],
    allowed,
    "TIME",
    "the chart's: 15d",
    "How long Prometheus keeps its samples, e.g. 30d or 1d12h",
  ),
  "retention-size": same(
    prometheusSize,
    ["retention-size"],
    allowed,
    "SIZE",
    "no limit",
    "How much Prometheus keeps at most, e.g. 40GB; less than its volume holds",
  ),
  storage: {
    ...same(
      storage,
      ["storage"],
      allowed,
      "SIZE",
      "no volumes in profile ci, else the charts'",
      "Volumes that outlive a pod: 50Gi for Prometheus, or prometheus=50Gi,grafana=5Gi,alertmanager=1Gi",
    ),
    fromText: storageInText,
  },
  "storage-class": same(
    text("a storage class (lower-case letters, digits, - and .)", (name) => className.test(name)),
    ["storage-class"],
    allowed,
    "NAME",
    "the cluster's default",
    "Storage class of the stack's volumes",
  ),
  "scrape-interval": same(
    prometheusDuration,
    ["scrape-interval"],
    allowed,
    "TIME",
    "2s in profile ci, else the chart's: 1m",
    "How often Prometheus scrapes what has no interval of its own",
  ),
  "scrape-timeout": same(
    prometheusDuration,
    ["scrape-timeout"],
    allowed,
    "TIME",
    "the chart's 10s, and never more than the interval",
    "How long a scrape may take; at most the interval",
  ),
  "evaluation-interval": same(
    prometheusDuration,
    ["evaluation-interval"],
    allowed,
    "TIME",
    "2s in profile ci, else the chart's: 1m",
    "How often Prometheus evaluates the rules that have no interval of their own",
  ),
};
