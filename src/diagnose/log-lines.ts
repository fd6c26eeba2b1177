import type { ContainerLog, Evidence } from "./types.ts";

/** A line of a container's log, taken apart. */
export interface LogLine {
  /** `the log of container prometheus-server of pod monitoring/prometheus-server-7c9`. */
  readonly source: string;
  readonly text: string;
  /** Of a line in logfmt or JSON, as its program wrote them; empty for any other line. */
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * What an app (its `app.kubernetes.io/name`, or `k8s-app`) said, the oldest first. What a container said before it was
 * started again counts only as long as it isn't well now. A workload that failed brings its last words along, for the
 * case that there is no log any more.
 */
export function linesOf(evidence: Evidence, app: string): readonly LogLine[] {
  const logs = (evidence.cluster?.logs ?? []).filter((log) => log.app === app);
  const telling = logs.filter((log) => !log.previous || !isWell(evidence, log));
  return [...inOrder(telling), ...lastWords(evidence, (workload) => isOf(app, workload))];
}

/** The lines of all containers whose logs were read, and all last words. */
export function allLines(evidence: Evidence): readonly LogLine[] {
  const logs = (evidence.cluster?.logs ?? []).filter((log) => !log.previous || !isWell(evidence, log));
  return [...inOrder(logs), ...lastWords(evidence, () => true)];
}

function inOrder(logs: readonly ContainerLog[]): LogLine[] {
  return [...logs].sort((one, other) => Number(other.previous) - Number(one.previous)).flatMap(toLines);
}

/** The parts of the Prometheus chart have its release's name in front of their own. */
const parts = /alertmanager|kube-state-metrics|node-exporter|pushgateway|operator|grafana/;

function isOf(app: string, workload: string): boolean {
  return workload.includes(app) && (app !== "prometheus" || !parts.test(workload));
}

/** Message and error of a line, without its decoration; the line as it is where it has none. */
export function saidBy({ text, fields }: LogLine): string {
  const error = fields["err"] ?? fields["error"];
  const said = [fields["msg"], error].filter((part) => part !== undefined && part !== "");
  return said.length > 0 ? said.join(": ") : text.trim();
}

/** `the log of ... says: ...`, on one line and not without end. */
export function quote(line: LogLine): string {
  return `${line.source} says: ${shorten(saidBy(line))}`;
}

export function shorten(text: string, most = 500): string {
  const plain = text.trim().replaceAll(/\s*\n\s*/g, " ");
  return plain.length > most ? `${plain.slice(0, most)}...` : plain;
}

function isWell(evidence: Evidence, { namespace, pod, container }: ContainerLog): boolean {
  const found = evidence.cluster?.pods.find(
    ({ metadata }) => metadata.name === pod && metadata.namespace === namespace,
  );
  return found?.status?.containerStatuses?.find(({ name }) => name === container)?.ready === true;
}

function toLines(log: ContainerLog): LogLine[] {
  const run = log.previous ? " (its run before)" : "";
  const source = `the log of container ${log.container} of pod ${log.namespace}/${log.pod}${run}`;
  return log.text
    .split("\n")
    .filter((text) => text.trim() !== "")
    .map((text) => ({ source, text, fields: fieldsOf(text) }));
}

function lastWords({ failure }: Evidence, matches: (workload: string) => boolean): LogLine[] {
  return (failure?.workloads ?? []).flatMap(({ workload, pod, message }) => {
    const text = /it said last: (.*)$/s.exec(message)?.[1];
    if (text === undefined || !matches(`${workload} ${pod ?? ""}`)) return [];
    return [{ source: workload, text, fields: fieldsOf(text) }];
  });
}

function fieldsOf(text: string): Record<string, string> {
  if (text.startsWith("{")) return fieldsOfJson(text);
  const pairs = text.matchAll(/(?:^|\s)([\w.]+)=("(?:[^"\\]|\\.)*"|\S*)/g);
  const fields = [...pairs].map(([, key = "", value = ""]) => [key, unquote(value)] as const);
  return Object.fromEntries(fields);
}

function fieldsOfJson(text: string): Record<string, string> {
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
