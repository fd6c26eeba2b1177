import { stringify } from "yaml";
import type { Evidence } from "../../diagnose/evidence.ts";
import type { Redactor } from "../../lib/redact/redactor.ts";
import type { RenderedApp } from "../../model/rendered.ts";
import { escapeMarkdown, renderTable } from "../markdown.ts";
import type { Cause } from "../results-schema.ts";
import { formatPlace } from "../verdict.ts";
import { redactTexts } from "../write.ts";
import { formatEvents, formatPods } from "./kubectl-tables.ts";

/** A file of the folder `diagnostics`, its credentials removed. */
export interface DiagnosticFile {
  /** Below the folder. */
  readonly path: string;
  /** What the file contains, for index.md. */
  readonly what: string;
  readonly text: string;
}

/** Characters of one file. The end of a log is kept, since it is more useful than its beginning. */
const mostOfLog = 500_000;
const mostOfK3sLog = 2_000_000;
const mostOfFile = 3_000_000;

/** Returns the files for the evidence, the most useful first. Evidence that could not be read makes no file; unread.txt lists it. Pure. */
export function buildDiagnosticFiles(
  evidence: Evidence,
  rendered: readonly RenderedApp[],
  redact: Redactor,
): DiagnosticFile[] {
  return [
    ...listPodsAndEvents(evidence, redact),
    ...listUnread(evidence, redact),
    ...logFiles(evidence, redact),
    ...listPrometheusFiles(evidence, redact),
    ...listServerFiles(evidence, redact),
    ...listManifestFiles(rendered, redact),
    ...listClusterFiles(evidence, redact),
    ...listK3sLog(evidence, redact),
  ];
}

function listPodsAndEvents({ cluster, takenAt }: Evidence, redact: Redactor): DiagnosticFile[] {
  if (cluster === undefined) return [];
  return [
    toFile(
      "pods.txt",
      "the pods, as kubectl get pods -o wide has them",
      redact.text(formatPods(cluster.pods, takenAt)),
    ),
    toFile(
      "events.txt",
      "the events by their time, the latest last",
      redact.text(formatEvents(cluster.events)),
    ),
  ];
}

function listUnread({ unread }: Evidence, redact: Redactor): DiagnosticFile[] {
  if (unread.length === 0) return [];
  const lines = unread.map(({ what, why }) => `${what}: ${why}\n`);
  return [toFile("unread.txt", "what could not be read, and why", redact.text(lines.join("")))];
}

function logFiles({ cluster }: Evidence, redact: Redactor): DiagnosticFile[] {
  return (cluster?.logs ?? []).map(({ namespace, pod, container, previous, text }) => {
    const name = [namespace, pod, container].map(toFileName).join("_");
    const what = `the end of the log of ${pod}'s container ${container}${previous ? ", of its run before this one" : ""}`;
    // First redacted, then cut: half a credential is known to nobody.
    return toFile(
      `logs/${name}${previous ? ".previous" : ""}.log`,
      what,
      redact.text(text).slice(-mostOfLog),
    );
  });
}

function listPrometheusFiles({ prometheus }: Evidence, redact: Redactor): DiagnosticFile[] {
  if (prometheus === undefined) return [];
  const { targets, config, flags, runtime } = prometheus;
  return [
    toJsonFile(
      "prometheus/targets.json",
      "Prometheus' active targets with their last errors",
      targets,
      redact,
    ),
    ...toTextFiles("prometheus/config.yml", "Prometheus' configuration as it is in force", config, redact),
    ...(flags
      ? [toJsonFile("prometheus/flags.json", "the flags that Prometheus was started with", flags, redact)]
      : []),
    ...(runtime
      ? [toJsonFile("prometheus/runtime.json", "what Prometheus says of its state", runtime, redact)]
      : []),
  ];
}

function listServerFiles({ alertmanager, grafana }: Evidence, redact: Redactor): DiagnosticFile[] {
  const config = alertmanager?.config;
  return [
    ...toTextFiles(
      "alertmanager/config.yml",
      "Alertmanager's configuration as it is in force",
      config,
      redact,
    ),
    ...(grafana
      ? [toJsonFile("grafana/datasources.json", "Grafana's datasources", grafana.datasources, redact)]
      : []),
    ...(grafana?.proxy
      ? [
          toJsonFile(
            "grafana/proxy.json",
            "what the default datasource says to a query",
            grafana.proxy,
            redact,
          ),
        ]
      : []),
  ];
}

function listManifestFiles(rendered: readonly RenderedApp[], redact: Redactor): DiagnosticFile[] {
  return rendered.map(({ app, chart, objects }) => {
    const documents = objects.map((one) =>
      stringify(redact.data(one), { lineWidth: 0, aliasDuplicateObjects: false }),
    );
    const what = `what chart ${chart.name} ${chart.version} rendered for app ${app.name}`;
    return toFile(`manifests/${toFileName(app.name)}.yaml`, what, documents.join("---\n"));
  });
}

function listClusterFiles({ cluster }: Evidence, redact: Redactor): DiagnosticFile[] {
  if (cluster === undefined) return [];
  const parts = [
    ["nodes", "the nodes", cluster.nodes],
    ["workloads", "the workloads and their status", cluster.workloads],
    ["claims", "the volume claims", cluster.claims],
    ["storage-classes", "the storage classes", cluster.storageClasses],
    ["services", "the services", cluster.services],
    ["endpoint-slices", "the addresses behind the services", cluster.endpointSlices],
    ["quotas", "the resource quotas", cluster.quotas],
    ["access", "what Prometheus' service account may do", cluster.access],
    ["namespaces", "the namespaces", cluster.namespaceObjects],
    ["releases", "helm's releases", cluster.releases],
    ["crds", "the names of the custom resource definitions", cluster.crds],
  ] as const;
  return parts.map(([name, what, data]) => toJsonFile(`cluster/${name}.json`, what, data, redact));
}

function listK3sLog({ host }: Evidence, redact: Redactor): DiagnosticFile[] {
  if (host.k3sLog === undefined) return [];
  return [toFile("k3s.log", "the end of k3s' log", redact.text(host.k3sLog).slice(-mostOfK3sLog))];
}

function toTextFiles(
  path: string,
  what: string,
  content: string | undefined,
  redact: Redactor,
): DiagnosticFile[] {
  return content === undefined ? [] : [toFile(path, what, redact.text(content))];
}

function toJsonFile(path: string, what: string, data: unknown, redact: Redactor): DiagnosticFile {
  return toFile(path, what, `${JSON.stringify(redact.data(data), undefined, 2)}\n`);
}

function toFile(path: string, what: string, content: string): DiagnosticFile {
  const more = content.length - mostOfFile;
  return { path, what, text: more > 0 ? `${content.slice(0, mostOfFile)}\n... and ${more} more\n` : content };
}

/** Names of objects are harmless already; nothing that isn't one of them leads out of the folder. */
function toFileName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, "-").replace(/^\.+/, "-");
}

/** index.md: why the run is red, and what is in which file. */
export function renderIndex(
  evidence: Evidence,
  causes: readonly Cause[],
  files: { readonly kept: readonly DiagnosticFile[]; readonly leftOut: readonly string[] },
  redact: Redactor,
): string {
  // Before it is written as Markdown, where a secret can be written another way.
  const known = redactTexts(causes, redact.text);
  const lines = [
    "# Diagnostics",
    "",
    `Taken at ${evidence.takenAt}${evidence.deployedAt === undefined ? "" : `, deployed at ${evidence.deployedAt}`}. Credentials are removed.`,
    "",
    "## Why it is red",
    "",
    ...(known.length === 0 ? ["No cause that monstack knows was found.", ""] : known.flatMap(formatCause)),
    ...(evidence.failure
      ? ["The run ended early:", "", `> ${escapeMarkdown(redact.text(evidence.failure.message))}`, ""]
      : []),
    "## What is in which file",
    "",
    ...renderTable(
      ["file", "what"],
      files.kept.map(({ path, what }) => [path, redact.text(what)]),
    ),
    ...files.leftOut.map((path) => `- ${escapeMarkdown(path)}: left out, the folder is full`),
    "",
    "results.json beside this folder has the checks, and what was installed.",
    "",
  ];
  return lines.join("\n");
}

function formatCause({ what, how, fix, sureness, at }: Cause, index: number): string[] {
  return [
    `${index + 1}. **${escapeMarkdown(what)}** (${sureness})`,
    ...how.map((line) => `   - ${escapeMarkdown(line)}`),
    ...(at ? [`   - where: ${escapeMarkdown(formatPlace(at))}`] : []),
    `   - to fix it: ${escapeMarkdown(fix)}`,
    "",
  ];
}
