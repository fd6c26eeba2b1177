import * as z from "zod";
import {
  byteQuantity,
  createTextSchema,
  prometheusDuration,
  prometheusSize,
  splitPairs,
} from "../../yaml/primitives.ts";
import { allowed, type SettingTable } from "./setting.ts";

const expectedSizes = "a size like 50Gi, or a mapping with prometheus, grafana or alertmanager";

/** The sizes of the volumes that components can have, as the user wrote them. */
export type StorageSizes = Readonly<
  Partial<Record<"prometheus" | "grafana" | "alertmanager", string | undefined>>
>;

const sizes = z
  .strictObject({
    prometheus: byteQuantity.optional(),
    grafana: byteQuantity.optional(),
    alertmanager: byteQuantity.optional(),
  })
  .refine((given) => Object.keys(given).length > 0, { error: `empty; expected ${expectedSizes}` });

/** The schema of `storage`. A size without a component is the size of Prometheus' volume. */
const storage = z
  .preprocess((given) => (typeof given === "object" && given !== null ? given : { prometheus: given }), sizes)
  .meta({ "x-also": { type: ["string", "number"] } });

/** Settings for Prometheus' retention, volumes and intervals. */
export const storageSettings = {
  retention: {
    schema: prometheusDuration,
    inFile: ["retention"],
    inRestricted: allowed,
    metavar: "TIME",
    byDefault: "the chart's: 15d",
    help: "How long Prometheus keeps its samples, for example 30d or 1d12h",
  },
  "retention-size": {
    schema: prometheusSize,
    inFile: ["retention-size"],
    inRestricted: allowed,
    metavar: "SIZE",
    byDefault: "no limit",
    help: "How much Prometheus keeps at most, for example 40GB; less than its volume holds",
  },
  storage: {
    schema: storage,
    readText: (given: string) => (given.includes("=") ? splitPairs(given) : given),
    inFile: ["storage"],
    inRestricted: allowed,
    metavar: "SIZE",
    byDefault: "no volumes in profile ci, else the charts'",
    help: "Volumes that outlive a pod: 50Gi for Prometheus, or prometheus=50Gi,grafana=5Gi,alertmanager=1Gi",
  },
  "storage-class": {
    schema: createTextSchema(
      "a storage class (lower-case letters, digits, - and .)",
      /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    ),
    inFile: ["storage-class"],
    inRestricted: allowed,
    metavar: "NAME",
    byDefault: "the cluster's default",
    help: "Storage class of the stack's volumes",
  },
  "scrape-interval": {
    schema: prometheusDuration,
    inFile: ["scrape-interval"],
    inRestricted: allowed,
    metavar: "TIME",
    byDefault: "2s in profile ci, else the chart's: 1m",
    help: "How often Prometheus scrapes what has no interval of its own",
  },
  "scrape-timeout": {
    schema: prometheusDuration,
    inFile: ["scrape-timeout"],
    inRestricted: allowed,
    metavar: "TIME",
    byDefault: "the chart's 10s, and never more than the interval",
    help: "How long a scrape may take; at most the interval",
  },
  "evaluation-interval": {
    schema: prometheusDuration,
    inFile: ["evaluation-interval"],
    inRestricted: allowed,
    metavar: "TIME",
    byDefault: "2s in profile ci, else the chart's: 1m",
    help: "How often Prometheus evaluates the rules that have no interval of their own",
  },
} satisfies SettingTable;
