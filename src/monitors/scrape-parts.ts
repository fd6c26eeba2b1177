import { isMapping } from "../lib/object.ts";
import { asRelabelConfigs, relabelFields } from "./scrape-config.ts";

type Path = readonly (string | number)[];

/** What of a monitor becomes a job of Prometheus, as far as Prometheus can refuse it. */
export interface ScrapePart {
  readonly job: Readonly<Record<string, unknown>>;
  /** Where something of the job stands in the object's spec. */
  pathOf(inJob: Path): Path;
}

/** The fields of a monitor, and their names in a job. */
const fields: Readonly<Record<string, string>> = {
  interval: "scrape_interval",
  scrapeInterval: "scrape_interval",
  scrapeTimeout: "scrape_timeout",
  relabelings: "relabel_configs",
  relabelingConfigs: "relabel_configs",
  metricRelabelings: "metric_relabel_configs",
};

/** The parts of a spec of the operator's monitors that become jobs. */
export function scrapePartsOf(kind: string, spec: unknown): ScrapePart[] {
  if (!isMapping(spec)) return [];
  if (kind === "ServiceMonitor") return partsIn(spec["endpoints"], ["endpoints"]);
  if (kind === "PodMonitor") return partsIn(spec["podMetricsEndpoints"], ["podMetricsEndpoints"]);
  if (kind === "ScrapeConfig") return [partOf(spec, [])];
  if (kind !== "Probe") return [];
  const targets = isMapping(spec["targets"]) ? spec["targets"] : {};
  const found = ["staticConfig", "ingress"].flatMap((key) => {
    const target = targets[key];
    return isMapping(target) ? [partOf(target, ["targets", key])] : [];
  });
  return [partOf(spec, []), ...found];
}

/** The same for a list of endpoints. */
export function partsIn(list: unknown, at: Path): ScrapePart[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown, index) => (isMapping(item) ? [partOf(item, [...at, index])] : []));
}

/** Of a mapping that has some of the fields. */
export function partOf(from: Readonly<Record<string, unknown>>, at: Path): ScrapePart {
  const set = Object.entries(fields).filter(
    ([field]) => from[field] !== undefined && from[field] !== null && from[field] !== "",
  );
  const settings = set.map(([field, name]) => {
    const value = from[field];
    return [name, name.endsWith("relabel_configs") ? asRelabelConfigs(value) : value] as const;
  });
  const nameOf = (names: Readonly<Record<string, string>>, known: readonly string[], wanted: string) =>
    known.find((field) => names[field] === wanted) ?? wanted;
  return {
    job: {
      job_name: "monitor",
      ...Object.fromEntries(settings),
      static_configs: [{ targets: ["target:80"] }],
    },
    pathOf([first, index, field, ...rest]) {
      const own = set.map(([name]) => name);
      if (typeof first !== "string" || !Object.values(fields).includes(first)) return at;
      const path = [...at, nameOf(fields, own, first)];
      if (index === undefined) return path;
      if (typeof field !== "string") return [...path, index];
      return [...path, index, nameOf(relabelFields, Object.keys(relabelFields), field), ...rest];
    },
  };
}
