import { basename } from "node:path";
import { CustomObjectsApi, type V1Pod } from "@kubernetes/client-node";
import { z } from "zod";
import { type Archive, findArchives } from "../backup/archive.ts";
import { getErrorStatus, limitCallTime } from "../kube/api.ts";
import { formatAge } from "../lib/duration.ts";
import { requestTimeoutMs } from "../stack/http.ts";
import { createPrometheusClient, sumMetric } from "../stack/prometheus.ts";
import type { Stack } from "../stack/stack.ts";
import { type Judgement, type Line, listStackPods, pointCheck, toMetLine, toUnmetLine } from "./point.ts";

export interface BackupEvidence {
  /** Archives of monstack's: those that were named, and those that it wrote of this stack; undefined: there are neither. */
  readonly archives: readonly Archive[] | undefined;
  /** Where archives are expected, for messages. */
  readonly where: string;
  readonly maxAgeMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Copies that somebody else makes, in words. */
  readonly elsewhere: readonly Line[];
}

export const backup = pointCheck("production-backup", async (stack) => judgeBackup(await gather(stack)));

async function gather(stack: Stack): Promise<BackupEvidence> {
  const { backups, backupMaxAgeMs } = stack.verify;
  const { backups: written = [] } = stack;
  const pods = await listStackPods(stack);
  const namespaces = [...new Set(pods.map(({ metadata }) => metadata?.namespace ?? ""))];
  const [archives, snapshots, schedules, remote] = await Promise.all([
    backups === undefined && written.length === 0
      ? undefined
      : findArchives(stack.context.host, backups, written),
    Promise.all(namespaces.map((namespace) => readSnapshots(stack, namespace))),
    readSchedules(stack, namespaces),
    readRemote(stack),
  ]);
  return {
    archives,
    where: backups ?? written.at(-1) ?? "",
    maxAgeMs: backupMaxAgeMs,
    now: stack.context.host.now(),
    elsewhere: [...snapshots.flat(), ...schedules, ...remote, ...findThanosSidecar(pods)],
  };
}

export function judgeBackup({ archives, where, maxAgeMs, now, elsewhere }: BackupEvidence): Judgement {
  const lines = archives === undefined ? [] : judgeArchives(archives, where, maxAgeMs, now);
  const all = [...lines, ...elsewhere];
  // One valid backup is enough. Problems with others are not reported.
  if (all.some((line) => line.met)) return { lines: all.filter((line) => line.met) };
  return {
    lines:
      all.length > 0
        ? all
        : [toUnmetLine("no archive is named, and nothing else copies what this stack keeps")],
  };
}

function judgeArchives(archives: readonly Archive[], where: string, maxAgeMs: number, now: number): Line[] {
  if (archives.length === 0) return [toUnmetLine(`there is no backup at ${where}`)];
  return archives.map((one) => {
    const name = basename(one.file);
    if ("problem" in one) return toUnmetLine(one.problem);
    const age = now - Date.parse(one.createdAt);
    const text = `${name} is ${formatAge(age)} old, ${one.samples} samples`;
    return age <= maxAgeMs
      ? toMetLine(`${text}, whole`)
      : toUnmetLine(`${text}: more than ${formatAge(maxAgeMs)}`);
  });
}

const snapshotSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  status: z
    .looseObject({ readyToUse: z.boolean().optional(), creationTime: z.string().optional() })
    .optional(),
});

async function readSnapshots(stack: Stack, namespace: string): Promise<Line[]> {
  const items = await listCustomObjects(stack, (api, options) =>
    api.listNamespacedCustomObject(
      { group: "snapshot.storage.k8s.io", version: "v1", namespace, plural: "volumesnapshots" },
      options,
    ),
  );
  return items.flatMap((item) => {
    const { metadata, status } = snapshotSchema.parse(item);
    return status?.readyToUse
      ? [toMetLine(`VolumeSnapshot ${namespace}/${metadata.name} of ${status.creationTime ?? "?"}`)]
      : [];
  });
}

const scheduleSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    schedule: z.string(),
    paused: z.boolean().optional(),
    template: z.looseObject({ includedNamespaces: z.array(z.string()).nullish() }).optional(),
  }),
});

async function readSchedules(stack: Stack, namespaces: readonly string[]): Promise<Line[]> {
  const items = await listCustomObjects(stack, (api, options) =>
    api.listClusterCustomObject({ group: "velero.io", version: "v1", plural: "schedules" }, options),
  );
  return items.flatMap((item) => {
    const { metadata, spec } = scheduleSchema.parse(item);
    const included = spec.template?.includedNamespaces ?? [];
    const takesAll = included.length === 0 || included.includes("*");
    const takesOurs = takesAll || namespaces.every((namespace) => included.includes(namespace));
    return takesOurs && !spec.paused
      ? [toMetLine(`Velero's schedule ${metadata.name} (${spec.schedule}) takes the namespace`)]
      : [];
  });
}

type Options = ReturnType<typeof limitCallTime>;

/** Returns nothing if the cluster does not have the kind, or the user may not list it. */
async function listCustomObjects(
  { kube, context }: Stack,
  call: (api: CustomObjectsApi, options: Options) => Promise<unknown>,
): Promise<unknown[]> {
  try {
    const response = await call(
      kube.makeApiClient(CustomObjectsApi),
      limitCallTime(requestTimeoutMs, context.signal),
    );
    return z.looseObject({ items: z.array(z.unknown()) }).parse(response).items;
  } catch (error) {
    if (getErrorStatus(error) === 404 || getErrorStatus(error) === 403) return [];
    throw error;
  }
}

/** Returns whether remote write copies the metrics to another store. Dashboards are not part of it. */
async function readRemote({ context, prometheus }: Stack): Promise<Line[]> {
  if (prometheus === undefined) return [];
  const client = createPrometheusClient(context, prometheus);
  const written = z
    .looseObject({ remote_write: z.array(z.unknown()).nullish() })
    .parse(await client.config());
  if ((written.remote_write ?? []).length === 0) return [];
  const exposition = await client.metrics();
  const sent = sumMetric(exposition, "prometheus_remote_storage_samples_total") ?? 0;
  const failed = sumMetric(exposition, "prometheus_remote_storage_samples_failed_total") ?? 0;
  if (sent > failed)
    return [toMetLine(`remote write has passed ${sent - failed} samples on to another store (metrics only)`)];
  return [
    toUnmetLine(`remote write is configured, and ${failed} of ${sent} samples failed: nothing arrives`),
  ];
}

function findThanosSidecar(pods: readonly V1Pod[]): Line[] {
  const sidecar = pods.find(({ spec }) =>
    spec?.containers.some(
      ({ args = [] }) => args.includes("sidecar") && args.some((arg) => arg.includes("objstore")),
    ),
  );
  return sidecar
    ? [toMetLine(`a Thanos sidecar in ${sidecar.metadata?.name} uploads blocks (metrics only)`)]
    : [];
}
