import type { ContainerLog, Evidence } from "./evidence.ts";

/** A parsed line of a container's log. */
export interface LogLine {
  /** `the log of container prometheus-server of pod monitoring/prometheus-server-7c9`. */
  readonly source: string;
  readonly text: string;
  /** Milliseconds since the epoch; undefined where the line has no time. */
  readonly at: number | undefined;
  /** True if its container is ready now: the reported problem may be over. */
  readonly isWell: boolean;
  /** The app that the container belongs to; undefined for a line from a failure's message. */
  readonly app: string | undefined;
  /** Of a line in logfmt or JSON, as its program wrote them; empty for any other line. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * Returns the lines of an app (its `app.kubernetes.io/name`, or `k8s-app`), the oldest first. What a container wrote before it was
 * started again counts only as long as it isn't well now. A workload that failed brings its last words along, for the
 * case that its log is gone.
 */
export function findLinesOfApp(evidence: Evidence, app: string): readonly LogLine[] {
  const logs = (evidence.cluster?.logs ?? []).filter((log) => log.app === app);
  return collectLines(evidence, logs, (workload) => isOf(app, workload));
}

/** Returns the lines of all logs that were read, and the log lines in failures' messages. */
export function readAllLines(evidence: Evidence): readonly LogLine[] {
  return collectLines(evidence, evidence.cluster?.logs ?? [], () => true);
}

function collectLines(
  evidence: Evidence,
  logs: readonly ContainerLog[],
  matches: (workload: string) => boolean,
): LogLine[] {
  const year = new Date(evidence.takenAt).getUTCFullYear();
  const lines = [...logs]
    .sort((one, other) => Number(other.previous) - Number(one.previous))
    .map((log) => ({ log, isReady: isWell(evidence, log) }))
    .filter(({ log, isReady }) => !log.previous || !isReady)
    .flatMap(({ log, isReady }) => parseOnce(evidence, log, () => toLines(log, isReady, year)));
  return [...lines, ...readFailureMessages(evidence, matches, year)].filter(
    (line) => !isHarmless(line) && !mentionsOwnReceiver(evidence, line),
  );
}

const parsed = new WeakMap<Evidence, WeakMap<ContainerLog, LogLine[]>>();

/** Parsed lines are cached: every rule reads them, and a log can have thousands. */
function parseOnce(evidence: Evidence, log: ContainerLog, parse: () => LogLine[]): LogLine[] {
  const ofEvidence = parsed.get(evidence) ?? new WeakMap<ContainerLog, LogLine[]>();
  parsed.set(evidence, ofEvidence);
  const lines = ofEvidence.get(log) ?? parse();
  ofEvidence.set(log, lines);
  return lines;
}

/**
 * Parts of Grafana that call its maker or a statistics server and work without a response. In a cluster without internet
 * each start logs them as errors. https://github.com/grafana/grafana/issues/83059
 */
const callingHome =
  /^(plugin\.signature\.key_retriever|grafana\.update\.checker|plugins\.update\.checker|plugin\.angulardetectorsprovider\.dynamic|infra\.usagestats)/;

function isHarmless({ app, fields }: LogLine): boolean {
  return app === "grafana" && callingHome.test(fields["logger"] ?? "");
}

/** monstack's own receiver is there only during a verification, and what it got is known without a log. */
function mentionsOwnReceiver({ requested }: Evidence, { text }: LogLine): boolean {
  if (requested.capture === undefined) return false;
  const { host, httpPort, smtpPort } = requested.capture;
  const name = host.includes(":") ? `[${host}]` : host;
  return [httpPort, smtpPort].some((port) => text.includes(`${name}:${port}`));
}

/**
 * Returns true if the event of a line can be why these checks did not pass. A program that is ready has recovered from
 * errors before the first of them began, such as a start before its neighbours.
 * @param beforeMs how long before that a line still counts, for what is logged every so often
 */
export function canExplain(
  evidence: Evidence,
  line: LogLine,
  checks: readonly string[],
  beforeMs = 0,
): boolean {
  if (!line.isWell) return true;
  const began = evidence.checks
    .filter(({ id }) => checks.includes(id))
    .map(({ startedAt }) => Date.parse(startedAt))
    .filter(Number.isFinite);
  if (checks.length === 0) return false;
  return line.at === undefined || began.length === 0 || line.at >= Math.min(...began) - beforeMs;
}

/** Parts of the Prometheus chart that are not Prometheus: their names begin with the release's name. */
const parts = /alertmanager|kube-state-metrics|node-exporter|pushgateway|operator|grafana/;

function isOf(app: string, workload: string): boolean {
  return workload.includes(app) && (app !== "prometheus" || !parts.test(workload));
}

/** Returns message and error of a line without its other fields; the whole line if it has no fields. */
export function getMessage({ text, fields }: LogLine): string {
  const error = fields["err"] ?? fields["error"];
  const parts = [fields["msg"], error].filter((part) => part !== undefined && part !== "");
  return parts.length > 0 ? parts.join(": ") : text.trim();
}

/** Returns `the log of ... reports: ...` on one line of bounded length. */
export function quote(line: LogLine): string {
  return `${line.source} reports: ${shorten(getMessage(line))}`;
}

export function shorten(text: string, most = 500): string {
  const lines = text.split("\n").map((line) => line.trim());
  const plain = lines.filter((line) => line !== "").join(" ");
  return plain.length > most ? `${plain.slice(0, most)}...` : plain;
}

function isWell(evidence: Evidence, { namespace, pod, container }: ContainerLog): boolean {
  const found = evidence.cluster?.pods.find(
    ({ metadata }) => metadata.name === pod && metadata.namespace === namespace,
  );
  return found?.status?.containerStatuses?.find(({ name }) => name === container)?.ready === true;
}

function toLines(log: ContainerLog, isReady: boolean, year: number): LogLine[] {
  const run = log.previous ? " (its run before)" : "";
  const source = `the log of container ${log.container} of pod ${log.namespace}/${log.pod}${run}`;
  return log.text
    .split("\n")
    .filter((text) => text.trim() !== "")
    .map((text) => toLine(text, year, { source, isWell: isReady, app: log.app }));
}

function toLine(text: string, year: number, of: Pick<LogLine, "source" | "isWell" | "app">): LogLine {
  const fields = parseFields(text);
  return { ...of, text, fields, at: timeOf(text, fields, year) };
}

/** klog's `E1123 20:00:02.100301` has no year, and is in UTC in the images of Kubernetes' projects. */
function timeOf(text: string, fields: LogLine["fields"], year: number): number | undefined {
  const klog = /^[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d\.\d{3})/.exec(text);
  const dated = fields["t"] ?? fields["ts"] ?? fields["time"] ?? /^\d{4}-\d\d-\d\d\S+/.exec(text)?.[0] ?? "";
  const iso = klog ? `${year}-${klog[1]}-${klog[2]}T${klog[3]}Z` : dated;
  // zap writes seconds since the epoch.
  const at = /^\d{10}(\.\d+)?$/.test(iso) ? Number(iso) * 1000 : Date.parse(iso);
  return Number.isFinite(at) ? at : undefined;
}

function readFailureMessages(
  { failure }: Evidence,
  matches: (workload: string) => boolean,
  year: number,
): LogLine[] {
  return (failure?.workloads ?? []).flatMap(({ workload, pod, message }) => {
    const text = /last log line: (.*)$/s.exec(message)?.[1];
    if (text === undefined || !matches(`${workload} ${pod ?? ""}`)) return [];
    return [toLine(text, year, { source: workload, isWell: false, app: undefined })];
  });
}

function parseFields(text: string): Record<string, string> {
  if (text.startsWith("{")) return parseJsonFields(text);
  const pairs = text.matchAll(/(?:^|\s)([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)/g);
  const fields = [...pairs].map(([, key = "", value = ""]) => [key, unquote(value)] as const);
  return Object.fromEntries(fields);
}

function parseJsonFields(text: string): Record<string, string> {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]));
  } catch {
    return {};
  }
}

/** Go's quoting is JSON's, but for `\x1b` and the like. */
function unquote(value: string): string {
  if (!value.startsWith('"')) return value;
  try {
    return String(JSON.parse(value));
  } catch {
    return value.slice(1, -1).replaceAll('\\"', '"').replaceAll("\\n", "\n");
  }
}
