import { dirname, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import type { CaptureAddress } from "../../alerting/endpoints.ts";
import { parseDf } from "../../cluster/preflight/disk.ts";
import type { Context } from "../../host/host.ts";
import { describeError } from "../../lib/errors.ts";
import { clipTexts } from "../../lib/text.ts";
import { listProvisionedDatasources, type RenderedApp } from "../../model/rendered.ts";
import type { CheckResult, Findings } from "../../stack/check.ts";
import { type Endpoints, findEndpoints } from "../../stack/discover.ts";
import type { Stack } from "../../stack/stack.ts";
import { resolveServerAccess } from "../../verify/access/server-access.ts";
import { readRenderedRetention } from "../../verify/requested/prometheus-settings.ts";
import type { Evidence, HostEvidence, RequestedSettings, UnreadPart } from "../evidence.ts";
import { gatherCluster } from "./cluster.ts";
import { cutToEnd } from "./logs.ts";
import { createReader, type Reader, readingMs } from "./reader.ts";
import { gatherAlertmanager, gatherGrafana, gatherPrometheus } from "./servers.ts";

/** What is known of a stack when its run fails. A part is undefined if the run ended before it. */
export interface GatherInput {
  readonly kube: KubeConfig | undefined;
  readonly prometheus: Stack["prometheus"];
  readonly alertmanager: Stack["alertmanager"];
  readonly grafana: Stack["grafana"];
  readonly rendered: readonly RenderedApp[] | undefined;
  /** ISO 8601. */
  readonly deployedAt: string | undefined;
  readonly failure: Evidence["failure"];
  readonly checks: readonly CheckResult[] | undefined;
  readonly findings: Findings | undefined;
  /** The folder with k3s' log. */
  readonly stateDir: string | undefined;
  /** The address of monstack's own receiver, if there is one. */
  readonly capture?: CaptureAddress | undefined;
}

/** Milliseconds for all readings. Then the evidence read so far is judged. */
const allReadingsMs = 9_500;

/**
 * Reads everything that can show why a stack fails, in parallel, within ten seconds. Never throws. Evidence that could
 * not be read is noted in `unread`.
 */
export async function gatherEvidence(context: Context, input: GatherInput): Promise<Evidence> {
  const takenAt = new Date(context.host.now()).toISOString();
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(allReadingsMs)]);
  const unread: UnreadPart[] = [];
  const boundedContext = { ...context, signal };
  const readPart = <T>(what: string, get: (reader: Reader) => Promise<T>) =>
    gatherPart(boundedContext, unread, what, get);
  const { kube, prometheus, alertmanager, grafana, rendered = [], stateDir } = input;
  const [cluster, prometheusEvidence, alertmanagerEvidence, grafanaEvidence, host] = await Promise.all([
    kube && readPart("the API server", (reader) => gatherCluster(reader, kube, rendered)),
    prometheus && readPart("Prometheus", (reader) => gatherPrometheus(reader, prometheus)),
    alertmanager && readPart("Alertmanager", (reader) => gatherAlertmanager(reader, alertmanager)),
    grafana && readPart("Grafana", (reader) => gatherGrafana(reader, grafana)),
    readPart("this machine", (reader) => gatherHost(reader, stateDir)),
  ]);
  const requested =
    getOrNote(unread, "what the charts request", () => readRequestedSettings(rendered)) ?? nothingRequested;
  unread.push(...(getOrNote(unread, "the charts' services", () => listUnreached(input)) ?? []));
  const evidence: Evidence = {
    takenAt,
    deployedAt: input.deployedAt,
    failure: input.failure,
    checks: input.checks ?? [],
    findings: input.findings ?? {},
    cluster,
    prometheus: prometheusEvidence,
    alertmanager: alertmanagerEvidence,
    grafana: grafanaEvidence,
    host: host ?? { k3sLog: undefined, disk: undefined },
    requested: { ...requested, capture: input.capture },
    unread,
  };
  // Long texts are cut before the rules search them and before they are redacted. Configurations stay whole, since the
  // rules parse them as YAML.
  return clipTexts(evidence, ["config"]);
}

/**
 * Reads one part of the evidence. If nothing of it could be read, returns undefined and notes the part once in
 * `unread`.
 */
async function gatherPart<T>(
  context: Context,
  unread: UnreadPart[],
  what: string,
  readPart: (reader: Reader) => Promise<T>,
): Promise<T | undefined> {
  const reader = createReader(context);
  try {
    const evidencePart = await readPart(reader);
    const [firstUnread] = reader.unread;
    if (reader.hasResponse() || firstUnread === undefined) {
      unread.push(...reader.unread);
      return evidencePart;
    }
    unread.push({ what, why: firstUnread.why });
  } catch (error) {
    unread.push(...reader.unread, { what, why: describeError(error) });
  }
  return undefined;
}

/** Returns the servers that are in the charts but could not be queried, because the run ended before. */
function listUnreached(input: GatherInput): UnreadPart[] {
  const why = "the run ended before it could be reached";
  if (input.kube === undefined) return [{ what: "the API server", why }];
  const requested: Endpoints = findEndpoints(input.rendered ?? []);
  const names = { prometheus: "Prometheus", alertmanager: "Alertmanager", grafana: "Grafana" } as const;
  return (["prometheus", "alertmanager", "grafana"] as const)
    .filter((name) => requested[name] !== undefined && input[name] === undefined)
    .map((name) => ({ what: names[name], why }));
}

/** Returns a value; undefined if that fails, with the error noted in `unread`. */
function getOrNote<T>(unread: UnreadPart[], what: string, get: () => T): T | undefined {
  try {
    return get();
  } catch (error) {
    unread.push({ what, why: describeError(error) });
    return undefined;
  }
}

/** Returns the settings in the rendered charts that the rules need, without the datasources' secrets. Pure. */
function readRequestedSettings(rendered: readonly RenderedApp[]): RequestedSettings {
  return {
    datasources: listProvisionedDatasources(rendered).map(({ name, url, uid, isDefault }) => ({
      name,
      ...(url === undefined ? {} : { url }),
      ...(uid === undefined ? {} : { uid }),
      ...(isDefault === undefined ? {} : { isDefault }),
    })),
    prometheusService: findPrometheusService(rendered),
    retention: readRenderedRetention(rendered),
    unknownValues: rendered.flatMap(({ unknownValues }) => unknownValues ?? []),
  };
}

/** Returns Prometheus' service with its scheme and path; undefined without Prometheus. */
function findPrometheusService(rendered: readonly RenderedApp[]): RequestedSettings["prometheusService"] {
  const service = findEndpoints(rendered).prometheus;
  const { scheme, path } = resolveServerAccess("prometheus", rendered);
  return service && { ...service, scheme, path };
}

/** The settings if the rendered objects could not be parsed. */
const nothingRequested: RequestedSettings = {
  datasources: [],
  prometheusService: undefined,
  retention: {},
  unknownValues: [],
};

/**
 * Maximum number of lines of k3s' log. The first minutes write about so many, and the start of the log is as useful as
 * its end.
 */
const maxLines = 20_000;
const maxBytes = 2_000_000;
/** Folder of k3s' data, with its images and volumes. */
const clusterData = "/var/lib/rancher";

/** Reads k3s' log and the free disk space of this machine. */
async function gatherHost(reader: Reader, stateDir: string | undefined): Promise<HostEvidence> {
  const [k3sLog, disk] = await Promise.all([
    stateDir === undefined
      ? undefined
      : reader.read("k3s' log", async ({ host }) => {
          const text = await host.files.read(join(stateDir, "k3s.log"));
          return text === undefined ? undefined : cutToEnd(text, maxLines, maxBytes);
        }),
    reader.read("the free disk space", (context) => readDisk(context, stateDir)),
  ]);
  return { k3sLog, disk };
}

/** Reads the disk with k3s' data; without such data, the disk with the state folder. */
async function readDisk({ host }: Context, stateDir: string | undefined): Promise<HostEvidence["disk"]> {
  // The state folder may not exist yet. df needs a path that exists.
  let path = stateDir ?? "/";
  while (path !== dirname(path) && !(await host.files.exists(path))) path = dirname(path);
  if (await host.files.exists(clusterData)) path = clusterData;
  // df hangs on a network file system that is gone.
  const { stdout } = await host.exec(["df", "-Pk", path], { timeoutMs: readingMs });
  const disk = parseDf(stdout);
  if (disk === undefined) throw new Error(`unexpected output of df: ${stdout.trim()}`);
  return { path, freeBytes: disk.available, sizeBytes: disk.size };
}
