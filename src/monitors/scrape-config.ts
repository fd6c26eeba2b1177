import { isMapping } from "../lib/object.ts";
import { listRequirements, type Monitor, type MonitorEndpoint } from "./monitors.ts";

/** An entry of scrape_configs, and the fields of the monitor that it cannot have. */
interface ScrapeJob {
  readonly config: Readonly<Record<string, unknown>>;
  /** Fields that need the operator, for example credentials in a Secret. */
  readonly leftOut: readonly string[];
}

type Relabel = Readonly<Record<string, unknown>>;

/** Fields of an endpoint that Prometheus has too, by the operator's names. */
const plainFields: Readonly<Record<string, string>> = {
  interval: "scrape_interval",
  scrapeTimeout: "scrape_timeout",
  path: "metrics_path",
  scheme: "scheme",
  params: "params",
  honorLabels: "honor_labels",
  honorTimestamps: "honor_timestamps",
  followRedirects: "follow_redirects",
  enableHttp2: "enable_http2",
  proxyUrl: "proxy_url",
};
/** Fields that other functions convert: ports, relabelling, the token's file and TLS. */
const convertedFields = [
  "port",
  "targetPort",
  "portNumber",
  "relabelings",
  "metricRelabelings",
  "bearerTokenFile",
  "tlsConfig",
];
/** Fields of the TLS configuration in Prometheus' notation, by the operator's names. */
const tlsFields: Readonly<Record<string, string>> = {
  caFile: "ca_file",
  certFile: "cert_file",
  keyFile: "key_file",
  serverName: "server_name",
  insecureSkipVerify: "insecure_skip_verify",
};

/**
 * Returns one scrape job for each endpoint of a monitor. A Prometheus without the operator finds the same targets with
 * the same labels by these jobs.
 */
export function createScrapeJobs(monitor: Monitor): ScrapeJob[] {
  return monitor.endpoints.map((endpoint, index) => {
    const indexSuffix = monitor.endpoints.length === 1 ? "" : `/${index}`;
    const tls = convertTls(endpoint);
    const config = {
      job_name: `${monitor.namespace}/${monitor.name}${indexSuffix}`,
      ...renameKeys(endpoint, plainFields),
      ...(endpoint["bearerTokenFile"]
        ? { authorization: { credentials_file: endpoint["bearerTokenFile"] } }
        : {}),
      ...(Object.keys(tls.config).length > 0 ? { tls_config: tls.config } : {}),
      kubernetes_sd_configs: [
        {
          role: isPodMonitor(monitor) ? "pod" : "endpointslice",
          ...(monitor.namespaces ? { namespaces: { names: [...monitor.namespaces] } } : {}),
        },
      ],
      relabel_configs: [
        ...createSelectorRules(monitor),
        ...createPortRules(monitor, endpoint),
        ...createLabelRules(monitor, endpoint),
        ...convertRelabelings(endpoint["relabelings"]),
      ],
      ...(Array.isArray(endpoint["metricRelabelings"])
        ? { metric_relabel_configs: convertRelabelings(endpoint["metricRelabelings"]) }
        : {}),
    };
    const otherFields = Object.keys(endpoint).filter(
      (key) => !(key in plainFields) && !convertedFields.includes(key),
    );
    return { config, leftOut: [...otherFields, ...tls.leftOut] };
  });
}

function isPodMonitor({ kind }: Monitor): boolean {
  return kind === "PodMonitor";
}

/** Returns a mapping with the listed keys under their other names; unset and null values are left out. */
function renameKeys(fields: Readonly<Record<string, unknown>>, names: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) =>
      fields[key] === undefined || fields[key] === null ? [] : [[name, fields[key]]],
    ),
  );
}

/**
 * Returns the TLS configuration in Prometheus' notation, and the fields that only the operator can resolve, such as
 * certificates in a Secret.
 */
function convertTls(endpoint: MonitorEndpoint): { config: Record<string, unknown>; leftOut: string[] } {
  const tls = (endpoint["tlsConfig"] ?? {}) as Record<string, unknown>;
  const leftOut = Object.keys(tls)
    .filter((key) => !(key in tlsFields))
    .map((key) => `tlsConfig.${key}`);
  return { config: renameKeys(tls, tlsFields), leftOut };
}

/** Returns Prometheus' name for a Kubernetes label: every character except letters, digits and _ becomes _. */
function sanitizeLabel(label: string): string {
  return label.replace(/[^a-zA-Z0-9_]/g, "_");
}

/** Returns the relabelling rules that keep only the targets that the monitor's selector selects. */
function createSelectorRules(monitor: Monitor): Relabel[] {
  const role = isPodMonitor(monitor) ? "pod" : "service";
  return listRequirements(monitor.selector).map(({ key, operator, values }) => {
    const valueLabel = `__meta_kubernetes_${role}_label_${sanitizeLabel(key)}`;
    const presenceLabel = `__meta_kubernetes_${role}_labelpresent_${sanitizeLabel(key)}`;
    const listedValues = `(${(values ?? []).map(escapeRegex).join("|")});true`;
    if (operator === "In")
      return { action: "keep", source_labels: [valueLabel, presenceLabel], regex: listedValues };
    if (operator === "NotIn")
      return { action: "drop", source_labels: [valueLabel, presenceLabel], regex: listedValues };
    return { action: operator === "Exists" ? "keep" : "drop", source_labels: [presenceLabel], regex: "true" };
  });
}

/** Returns a regular expression that matches exactly this text. */
function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Returns the relabelling rules that keep only the targets with the endpoint's port. */
function createPortRules(monitor: Monitor, { port, targetPort, portNumber }: MonitorEndpoint): Relabel[] {
  const createKeepRule = (label: string, value: string | number): Relabel[] => [
    { action: "keep", source_labels: [label], regex: escapeRegex(String(value)) },
  ];
  if (port)
    return createKeepRule(
      isPodMonitor(monitor)
        ? "__meta_kubernetes_pod_container_port_name"
        : "__meta_kubernetes_endpointslice_port_name",
      port,
    );
  const number = portNumber ?? (typeof targetPort === "number" ? targetPort : undefined);
  if (number) return createKeepRule("__meta_kubernetes_pod_container_port_number", number);
  return typeof targetPort === "string"
    ? createKeepRule("__meta_kubernetes_pod_container_port_name", targetPort)
    : [];
}

/** Returns the rules for the labels that the operator adds: namespace, service, pod, container, endpoint and job. */
function createLabelRules(monitor: Monitor, { port, targetPort, portNumber }: MonitorEndpoint): Relabel[] {
  const copyLabel = (source: string, target: string): Relabel => ({
    source_labels: [source],
    target_label: target,
  });
  const { jobLabel, namespace, name } = monitor;
  const service: Relabel[] = isPodMonitor(monitor)
    ? [{ target_label: "job", replacement: `${namespace}/${name}` }]
    : [
        copyLabel("__meta_kubernetes_service_name", "service"),
        copyLabel("__meta_kubernetes_service_name", "job"),
      ];
  const role = isPodMonitor(monitor) ? "pod" : "service";
  const jobRules: Relabel[] = jobLabel
    ? [{ ...copyLabel(`__meta_kubernetes_${role}_label_${sanitizeLabel(jobLabel)}`, "job"), regex: "(.+)" }]
    : [];
  const endpoint = port ?? targetPort ?? portNumber;
  return [
    copyLabel("__meta_kubernetes_namespace", "namespace"),
    ...service,
    copyLabel("__meta_kubernetes_pod_name", "pod"),
    copyLabel("__meta_kubernetes_pod_container_name", "container"),
    ...jobRules,
    ...(endpoint ? [{ target_label: "endpoint", replacement: String(endpoint) }] : []),
  ];
}

/** Fields of a relabeling and their names in a relabel_config. */
const relabelFields: Readonly<Record<string, string>> = {
  action: "action",
  sourceLabels: "source_labels",
  separator: "separator",
  regex: "regex",
  modulus: "modulus",
  targetLabel: "target_label",
  replacement: "replacement",
};

/** Returns a monitor's relabelings in Prometheus' notation. */
function convertRelabelings(relabelings: unknown): Relabel[] {
  return (Array.isArray(relabelings) ? relabelings : []).map((rule) =>
    renameKeys((rule ?? {}) as Record<string, unknown>, relabelFields),
  );
}

type Path = readonly (string | number)[];

/** The fields of a monitor that become a job of Prometheus, and that Prometheus can refuse. */
export interface ScrapePart {
  readonly job: Readonly<Record<string, unknown>>;
  /** Returns the path in the object's spec for a path in the job. */
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

/** Returns the parts of a monitor's spec that become jobs. */
export function listScrapeParts(kind: string, spec: unknown): ScrapePart[] {
  if (!isMapping(spec)) return [];
  if (kind === "ServiceMonitor") return listEndpointParts(spec["endpoints"], ["endpoints"]);
  if (kind === "PodMonitor") return listEndpointParts(spec["podMetricsEndpoints"], ["podMetricsEndpoints"]);
  if (kind === "ScrapeConfig") return [pickPart(spec, [])];
  if (kind !== "Probe") return [];
  const targets = isMapping(spec["targets"]) ? spec["targets"] : {};
  const parts = ["staticConfig", "ingress"].flatMap((key) => {
    const target = targets[key];
    return isMapping(target) ? [pickPart(target, ["targets", key])] : [];
  });
  return [pickPart(spec, []), ...parts];
}

/** Returns the parts of the endpoints in a list that become jobs. */
export function listEndpointParts(list: unknown, listPath: Path): ScrapePart[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown, index) =>
    isMapping(item) ? [pickPart(item, [...listPath, index])] : [],
  );
}

/**
 * Returns the scrape job that consists of the fields set in a mapping. It has a target of its own, so that
 * Prometheus' code accepts the job.
 * @param partPath path of the mapping in the object's spec
 */
export function pickPart(mapping: Readonly<Record<string, unknown>>, partPath: Path): ScrapePart {
  const setFields = Object.entries(fields).filter(
    ([field]) => mapping[field] !== undefined && mapping[field] !== null && mapping[field] !== "",
  );
  const settings = setFields.map(([field, name]) => {
    const value = mapping[field];
    return [name, name.endsWith("relabel_configs") ? convertRelabelings(value) : value] as const;
  });
  const findFieldName = (
    names: Readonly<Record<string, string>>,
    fieldNames: readonly string[],
    jobName: string,
  ) => fieldNames.find((field) => names[field] === jobName) ?? jobName;
  return {
    job: {
      job_name: "monitor",
      ...Object.fromEntries(settings),
      static_configs: [{ targets: ["target:80"] }],
    },
    pathOf([first, index, field, ...rest]) {
      const names = setFields.map(([name]) => name);
      if (typeof first !== "string" || !Object.values(fields).includes(first)) return partPath;
      const path = [...partPath, findFieldName(fields, names, first)];
      if (index === undefined) return path;
      if (typeof field !== "string") return [...path, index];
      return [...path, index, findFieldName(relabelFields, Object.keys(relabelFields), field), ...rest];
    },
  };
}
