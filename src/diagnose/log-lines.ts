import type { ContainerLog, Evidence } from "./evidence.ts";

/** A parsed line of a container's log. */
export interface LogLine {
  /** `the log of container prometheus-server of pod monitoring/prometheus-server-7c9`. */
  readonly source: string;
  readonly text: string;
  /** Milliseconds since the epoch; undefined if the line has no time. */
  readonly at: number | undefined;
  /** True if the line's container is ready now, so that the reported problem may be over. */
  readonly isReady: boolean;
  /** The app that the container belongs to; undefined for a line from a failure's message. */
  readonly app: string | undefined;
  /** The fields of a line in logfmt or JSON; empty for any other line. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Returns the log lines of an app (its `app.kubernetes.io/name`, or `k8s-app`), the oldest first. Lines of a
 * container's previous run are included only while the container is not ready. The last log line in a failed
 * workload's message is included too, since the log itself may be gone.
 */
export function findLogLinesOfApp(evidence: Evidence, app: string): readonly LogLine[] {
  const logs = (evidence.cluster?.logs ?? []).filter((log) => log.app === app);
  return collectLines(evidence, logs, (workload) => isWorkloadOfApp(app, workload));
}

/** Returns the lines of all logs that were read, and the log lines in failures' messages. */
export function readAllLogLines(evidence: Evidence): readonly LogLine[] {
  return collectLines(evidence, evidence.cluster?.logs ?? [], () => true);
}

/**
 * Returns the lines of these logs, those of previous runs first, and the log lines in failures' messages. Leaves out
 * harmless lines.
 * @param matches true for the workloads whose messages are included
 */
function collectLines(
  evidence: Evidence,
  logs: readonly ContainerLog[],
  matches: (workload: string) => boolean,
): LogLine[] {
  const year = new Date(evidence.takenAt).getUTCFullYear();
  const lines = [...logs]
    .sort((first, second) => Number(second.previous) - Number(first.previous))
    .map((log) => ({ log, isReady: isContainerReady(evidence, log) }))
    .filter(({ log, isReady }) => !log.previous || !isReady)
    .flatMap(({ log, isReady }) => getParsedLines(evidence, log, () => parseLog(log, isReady, year)));
  return [...lines, ...readFailureMessages(evidence, matches, year)].filter(
    (line) => !isHarmless(line) && !mentionsOwnReceiver(evidence, line),
  );
}

/** The parsed lines of each log. Every rule reads them, and a log can have thousands. */
const parsedLogs = new WeakMap<Evidence, WeakMap<ContainerLog, LogLine[]>>();

/** Returns the parsed lines of a log. Parses each log of an evidence only once. */
function getParsedLines(evidence: Evidence, log: ContainerLog, parse: () => LogLine[]): LogLine[] {
  const evidenceCache = parsedLogs.get(evidence) ?? new WeakMap<ContainerLog, LogLine[]>();
  parsedLogs.set(evidence, evidenceCache);
  const lines = evidenceCache.get(log) ?? parse();
  evidenceCache.set(log, lines);
  return lines;
}

/**
 * Grafana's loggers for requests to grafana.com or a statistics server. Grafana works without the responses, but in a
 * cluster without internet each start logs errors. https://github.com/grafana/grafana/issues/83059
 */
const internetLoggers =
  /^(plugin\.signature\.key_retriever|grafana\.update\.checker|plugins\.update\.checker|plugin\.angulardetectorsprovider\.dynamic|infra\.usagestats)/;

/** True for an error of a request to the internet that Grafana does not need. */
function isHarmless({ app, fields }: LogLine): boolean {
  return app === "grafana" && internetLoggers.test(fields["logger"] ?? "");
}

/**
 * True if a line contains the address of monstack's own receiver. The receiver exists only during a verification, and
 * its notifications are known without a log.
 */
function mentionsOwnReceiver({ requested }: Evidence, { text }: LogLine): boolean {
  if (requested.capture === undefined) return false;
  const { host, httpPort, smtpPort } = requested.capture;
  const name = host.includes(":") ? `[${host}]` : host;
  return [httpPort, smtpPort].some((port) => text.includes(`${name}:${port}`));
}

/**
 * True if a line's event can be the reason why these checks did not pass. A program that is ready now has recovered
 * from any error before the first of these checks, e.g. from a start before its neighbours.
 * @param beforeMs how long before the first check a line still counts, for errors that are logged at intervals
 */
export function canExplainChecks(
  evidence: Evidence,
  line: LogLine,
  checks: readonly string[],
  beforeMs = 0,
): boolean {
  if (!line.isReady) return true;
  const startTimes = evidence.checks
    .filter(({ id }) => checks.includes(id))
    .map(({ startedAt }) => Date.parse(startedAt))
    .filter(Number.isFinite);
  if (checks.length === 0) return false;
  return line.at === undefined || startTimes.length === 0 || line.at >= Math.min(...startTimes) - beforeMs;
}

/**
 * Matches the other components of the Prometheus chart. Their names contain `prometheus` if the release's name does.
 */
const otherComponents = /alertmanager|kube-state-metrics|node-exporter|pushgateway|operator|grafana/;

/** True if a workload's name is that of the app. */
function isWorkloadOfApp(app: string, workload: string): boolean {
  return workload.includes(app) && (app !== "prometheus" || !otherComponents.test(workload));
}

/** Returns message and error of a line without its other fields; the whole line if it has no fields. */
export function getMessage({ text, fields }: LogLine): string {
  const error = fields["err"] ?? fields["error"];
  const parts = [fields["msg"], error].filter((part) => part !== undefined && part !== "");
  return parts.length > 0 ? parts.join(": ") : text.trim();
}

/** Returns `the log of ... reports: ...` on one line of limited length. */
export function quoteLine(line: LogLine): string {
  return `${line.source} reports: ${shortenToLine(getMessage(line))}`;
}

/**
 * Returns a text on one line, cut to a maximum length. `...` at the end shows a cut.
 * @param maxCharacters callers that quote the text within a sentence give less than the default
 */
export function shortenToLine(text: string, maxCharacters = 500): string {
  const lines = text.split("\n").map((line) => line.trim());
  const joinedLines = lines.filter((line) => line !== "").join(" ");
  return joinedLines.length > maxCharacters ? `${joinedLines.slice(0, maxCharacters)}...` : joinedLines;
}

/** True if the log's container is ready now. */
function isContainerReady(evidence: Evidence, { namespace, pod, container }: ContainerLog): boolean {
  const foundPod = evidence.cluster?.pods.find(
    ({ metadata }) => metadata.name === pod && metadata.namespace === namespace,
  );
  return foundPod?.status?.containerStatuses?.find(({ name }) => name === container)?.ready === true;
}

/** Returns the parsed lines of a log. */
function parseLog(log: ContainerLog, isReady: boolean, year: number): LogLine[] {
  const runNote = log.previous ? " (its run before)" : "";
  const source = `the log of container ${log.container} of pod ${log.namespace}/${log.pod}${runNote}`;
  return log.text
    .split("\n")
    .filter((text) => text.trim() !== "")
    .map((text) => parseLine(text, year, { source, isReady: isReady, app: log.app }));
}

/** Returns a parsed line. */
function parseLine(text: string, year: number, origin: Pick<LogLine, "source" | "isReady" | "app">): LogLine {
  const fields = parseFields(text);
  return { ...origin, text, fields, at: parseTime(text, fields, year) };
}

/**
 * Returns a line's time in milliseconds since the epoch; undefined if the line has none. klog's times (`E1123
 * 20:00:02.100301`) have no year, and are UTC in the images of Kubernetes' projects.
 */
function parseTime(text: string, fields: LogLine["fields"], year: number): number | undefined {
  const klog = /^[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d{3})/.exec(text);
  const fieldTime =
    fields["t"] ?? fields["ts"] ?? fields["time"] ?? /^\d{4}-\d\d-\d\d\S+/.exec(text)?.[0] ?? "";
  const timeText = klog ? `${year}-${klog[1]}-${klog[2]}T${klog[3]}Z` : fieldTime;
  // zap writes seconds since the epoch.
  const timeMs = /^\d{10}(\.\d+)?$/.test(timeText) ? Number(timeText) * 1000 : Date.parse(timeText);
  return Number.isFinite(timeMs) ? timeMs : undefined;
}

/** Returns the last log lines in the messages of failed workloads. */
function readFailureMessages(
  { failure }: Evidence,
  matches: (workload: string) => boolean,
  year: number,
): LogLine[] {
  return (failure?.workloads ?? []).flatMap(({ workload, pod, message }) => {
    const text = /last log line: (.*)$/s.exec(message)?.[1];
    if (text === undefined || !matches(`${workload} ${pod ?? ""}`)) return [];
    return [parseLine(text, year, { source: workload, isReady: false, app: undefined })];
  });
}

/** Returns the fields of a line in JSON or logfmt; empty for any other line. */
function parseFields(text: string): Record<string, string> {
  if (text.startsWith("{")) return parseJsonFields(text);
  const pairs = text.matchAll(/(?:^|\s)([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)/g);
  const fields = [...pairs].map(([, key = "", value = ""]) => [key, unquote(value)] as const);
  return Object.fromEntries(fields);
}

/** Returns the fields of a JSON object as texts; empty if the line is not an object. */
function parseJsonFields(text: string): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]));
  } catch {
    return {};
  }
}

/** Returns a logfmt value without its quotes. Go's quoting is that of JSON, except for `\x1b` and similar escapes. */
function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value.slice(1, -1).replaceAll('\\"', '"').replaceAll("\\n", "\n");
  }
}
