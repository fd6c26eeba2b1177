import { basename } from "node:path";
import { CustomObjectsApi, type V1Pod } from "@kubernetes/client-node";
import { z } from "zod";
import { type Archive, findArchives } from "../backup/archive.ts";
import { getErrorStatus, limitCallTime } from "../kube/api.ts";
import { formatAge } from "../lib/duration.ts";
import { requestTimeoutMs } from "../stack/http.ts";
import { createPrometheusClient, sumMetric } from "../stack/prometheus.ts";
import type { Stack } from "../stack/stack.ts";
import {
  createPointCheck,
  type Judgement,
  type Line,
  listStackPods,
  toMetLine,
  toUnmetLine,
} from "./point.ts";

export interface BackupEvidence {
  /**
   * monstack's archives: those at the path of the settings, and those that monstack wrote of this stack. Undefined if
   * there are neither.
   */
  readonly archives: readonly Archive[] | undefined;
  /** Where archives are expected, for messages. */
  readonly where: string;
  readonly maxAgeMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Descriptions of copies that other tools make. */
  readonly elsewhere: readonly Line[];
}

export const backup = createPointCheck("production-backup", async (stack) =>
  judgeBackup(await gatherBackups(stack)),
);

/**
 * Reads the archives, volume snapshots, Velero schedules and remote stores that may hold a copy of the stack's data.
 */
async function gatherBackups(stack: Stack): Promise<BackupEvidence> {
  const { backups, backupMaxAgeMs } = stack.verify;
  const { backups: writtenBackups = [] } = stack;
  const pods = await listStackPods(stack);
  const namespaces = [...new Set(pods.map(({ metadata }) => metadata?.namespace ?? ""))];
  const [archives, snapshots, schedules, remoteStores] = await Promise.all([
    backups === undefined && writtenBackups.length === 0
      ? undefined
      : findArchives(stack.context.host, backups, writtenBackups),
    Promise.all(namespaces.map((namespace) => readSnapshots(stack, namespace))),
    readSchedules(stack, namespaces),
    readRemoteWrite(stack),
  ]);
  return {
    archives,
    where: backups ?? writtenBackups.at(-1) ?? "",
    maxAgeMs: backupMaxAgeMs,
    now: stack.context.host.now(),
    elsewhere: [...snapshots.flat(), ...schedules, ...remoteStores, ...findThanosSidecar(pods)],
  };
}

/**
 * Returns the judgement: met if at least one backup or other copy is valid. Problems with the others are not reported
 * then.
 */
export function judgeBackup({ archives, where, maxAgeMs, now, elsewhere }: BackupEvidence): Judgement {
  const archiveLines = archives === undefined ? [] : judgeArchives(archives, where, maxAgeMs, now);
  const allLines = [...archiveLines, ...elsewhere];
  if (allLines.some((line) => line.met)) return { lines: allLines.filter((line) => line.met) };
  return {
    lines:
      allLines.length > 0
        ? allLines
        : [toUnmetLine("no archive is named, and nothing else copies what this stack keeps")],
  };
}

/** Returns a line for each archive: met if it is valid and not too old. */
function judgeArchives(archives: readonly Archive[], where: string, maxAgeMs: number, now: number): Line[] {
  if (archives.length === 0) return [toUnmetLine(`there is no backup at ${where}`)];
  return archives.map((archive) => {
    const name = basename(archive.file);
    if ("problem" in archive) return toUnmetLine(archive.problem);
    const age = now - Date.parse(archive.createdAt);
    const text = `${name} is ${formatAge(age)} old, ${archive.samples} samples`;
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

/** Returns a line for each volume snapshot of a namespace that is ready to use. */
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

/** Returns a line for each Velero schedule that includes the stack's namespaces and is not paused. */
async function readSchedules(stack: Stack, namespaces: readonly string[]): Promise<Line[]> {
  const items = await listCustomObjects(stack, (api, options) =>
    api.listClusterCustomObject({ group: "velero.io", version: "v1", plural: "schedules" }, options),
  );
  return items.flatMap((item) => {
    const { metadata, spec } = scheduleSchema.parse(item);
    const included = spec.template?.includedNamespaces ?? [];
    const includesAll = included.length === 0 || included.includes("*");
    const includesStack = includesAll || namespaces.every((namespace) => included.includes(namespace));
    return includesStack && !spec.paused
      ? [toMetLine(`Velero's schedule ${metadata.name} (${spec.schedule}) takes the namespace`)]
      : [];
  });
}

type Options = ReturnType<typeof limitCallTime>;

/** Returns the objects of a custom kind; empty if the cluster does not have the kind, or the user may not list it. */
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

/**
 * Returns whether remote write copies the metrics to another store; empty without remote write. Dashboards are not
 * part of it.
 */
async function readRemoteWrite({ context, prometheus }: Stack): Promise<Line[]> {
  if (prometheus === undefined) return [];
  const client = createPrometheusClient(context, prometheus);
  const config = z.looseObject({ remote_write: z.array(z.unknown()).nullish() }).parse(await client.config());
  if ((config.remote_write ?? []).length === 0) return [];
  const exposition = await client.metrics();
  const sentSamples = sumMetric(exposition, "prometheus_remote_storage_samples_total") ?? 0;
  const failedSamples = sumMetric(exposition, "prometheus_remote_storage_samples_failed_total") ?? 0;
  if (sentSamples > failedSamples)
    return [
      toMetLine(
        `remote write has passed ${sentSamples - failedSamples} samples on to another store (metrics only)`,
      ),
    ];
  return [
    toUnmetLine(
      `remote write is configured, and ${failedSamples} of ${sentSamples} samples failed: nothing arrives`,
    ),
  ];
}

/** Returns a line for a Thanos sidecar that uploads blocks; empty if there is none. */
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
