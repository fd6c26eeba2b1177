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
  /** Path relative to the folder. */
  readonly path: string;
  /** What the file contains, for index.md. */
  readonly what: string;
  readonly text: string;
}

/** Limits for a file's text, in characters. Of a log the end is kept, which is more useful than the beginning. */
const maxLogLength = 500_000;
const maxK3sLogLength = 2_000_000;
const maxFileLength = 3_000_000;

/**
 * Returns the files with the evidence, the most useful first. unread.txt lists the evidence that could not be read.
 * Pure.
 */
export function buildDiagnosticFiles(
  evidence: Evidence,
  rendered: readonly RenderedApp[],
  redact: Redactor,
): DiagnosticFile[] {
  return [
    ...listPodsAndEvents(evidence, redact),
    ...listUnread(evidence, redact),
    ...listLogFiles(evidence, redact),
    ...listPrometheusFiles(evidence, redact),
    ...listServerFiles(evidence, redact),
    ...listManifestFiles(rendered, redact),
    ...listClusterFiles(evidence, redact),
    ...listK3sLog(evidence, redact),
  ];
}

/** Returns pods.txt and events.txt. */
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

/** Returns unread.txt if some evidence could not be read. */
function listUnread({ unread }: Evidence, redact: Redactor): DiagnosticFile[] {
  if (unread.length === 0) return [];
  const lines = unread.map(({ what, why }) => `${what}: ${why}\n`);
  return [toFile("unread.txt", "what could not be read, and why", redact.text(lines.join("")))];
}

/** Returns a file with the end of the log of each container. */
function listLogFiles({ cluster }: Evidence, redact: Redactor): DiagnosticFile[] {
  return (cluster?.logs ?? []).map(({ namespace, pod, container, previous, text }) => {
    const name = [namespace, pod, container].map(toFileName).join("_");
    const what = `the end of the log of ${pod}'s container ${container}${previous ? ", of its run before this one" : ""}`;
    // Redacted before it is cut: the redactor does not recognize a part of a credential.
    return toFile(
      `logs/${name}${previous ? ".previous" : ""}.log`,
      what,
      redact.text(text).slice(-maxLogLength),
    );
  });
}

/** Returns the files about Prometheus: targets, configuration, flags and state. */
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

/** Returns the files about Alertmanager and Grafana. */
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

/** Returns a file with the rendered objects of each app. */
function listManifestFiles(rendered: readonly RenderedApp[], redact: Redactor): DiagnosticFile[] {
  return rendered.map(({ app, chart, objects }) => {
    const documents = objects.map((object) =>
      stringify(redact.data(object), { lineWidth: 0, aliasDuplicateObjects: false }),
    );
    const what = `what chart ${chart.name} ${chart.version} rendered for app ${app.name}`;
    return toFile(`manifests/${toFileName(app.name)}.yaml`, what, documents.join("---\n"));
  });
}

/** Returns a file for each kind of objects in the cluster. */
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

/** Returns k3s.log if the log was read. */
function listK3sLog({ host }: Evidence, redact: Redactor): DiagnosticFile[] {
  if (host.k3sLog === undefined) return [];
  return [toFile("k3s.log", "the end of k3s' log", redact.text(host.k3sLog).slice(-maxK3sLogLength))];
}

/** Returns a file with redacted text; nothing without content. */
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

/** Returns a file with its content limited to the maximum size. */
function toFile(path: string, what: string, content: string): DiagnosticFile {
  const omittedCharacters = content.length - maxFileLength;
  return {
    path,
    what,
    text:
      omittedCharacters > 0
        ? `${content.slice(0, maxFileLength)}\n... and ${omittedCharacters} more\n`
        : content,
  };
}

/** Returns a name as part of a path, without characters that could lead out of the folder. */
function toFileName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, "-").replace(/^\.+/, "-");
}

/** Returns index.md: why the run failed, and what each file contains. */
export function renderIndex(
  evidence: Evidence,
  causes: readonly Cause[],
  files: { readonly kept: readonly DiagnosticFile[]; readonly leftOut: readonly string[] },
  redact: Redactor,
): string {
  // Redacted before it is escaped for Markdown: the redactor does not recognize an escaped secret.
  const redactedCauses = redactTexts(causes, redact.text);
  const lines = [
    "# Diagnostics",
    "",
    `Taken at ${evidence.takenAt}${evidence.deployedAt === undefined ? "" : `, deployed at ${evidence.deployedAt}`}. Credentials are removed.`,
    "",
    "## Why it is red",
    "",
    ...(redactedCauses.length === 0
      ? ["No cause that monstack knows was found.", ""]
      : redactedCauses.flatMap(formatCause)),
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

/** Returns the lines of a cause: what, evidence, place and fix. */
function formatCause({ what, how, fix, sureness, at }: Cause, index: number): string[] {
  return [
    `${index + 1}. **${escapeMarkdown(what)}** (${sureness})`,
    ...how.map((line) => `   - ${escapeMarkdown(line)}`),
    ...(at ? [`   - where: ${escapeMarkdown(formatPlace(at))}`] : []),
    `   - to fix it: ${escapeMarkdown(fix)}`,
    "",
  ];
}
