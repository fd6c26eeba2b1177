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
  createMetLine,
  createPointCheck,
  createUnmetLine,
  type EvidenceLine,
  type Judgement,
  listStackPods,
} from "./point.ts";

export interface BackupEvidence {
  /**
   * monstack's archives: those at the path of the settings, and those that monstack wrote of this stack. Undefined if
   * there are neither.
   */
  readonly archives: readonly Archive[] | undefined;
  /** Where archives are expected, for messages. */
  readonly location: string;
  readonly maxAgeMs: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Descriptions of copies that other tools make. */
  readonly otherCopies: readonly EvidenceLine[];
}

export const backup = createPointCheck("production-backup", async (stack) =>
  judgeBackup(await gatherBackups(stack)),
);

/**
 * Reads the archives, volume snapshots, Velero schedules and remote stores that may hold a copy of the stack's data.
 */
async function gatherBackups(stack: Stack): Promise<BackupEvidence> {
  const { backups: configuredPath, backupMaxAgeMs } = stack.verify;
  const { backups: writtenBackups = [] } = stack;
  const pods = await listStackPods(stack);
  const namespaces = [...new Set(pods.map(({ metadata }) => metadata?.namespace ?? ""))];
  const [archives, snapshots, schedules, remoteStores] = await Promise.all([
    configuredPath === undefined && writtenBackups.length === 0
      ? undefined
      : findArchives(stack.context.host, configuredPath, writtenBackups),
    Promise.all(namespaces.map((namespace) => listSnapshotEvidence(stack, namespace))),
    listScheduleEvidence(stack, namespaces),
    listRemoteWriteEvidence(stack),
  ]);
  return {
    archives,
    location: configuredPath ?? writtenBackups.at(-1) ?? "",
    maxAgeMs: backupMaxAgeMs,
    now: stack.context.host.now(),
    otherCopies: [...snapshots.flat(), ...schedules, ...remoteStores, ...listThanosEvidence(pods)],
  };
}

/**
 * Returns the judgement: met if at least one backup or other copy is valid. Problems with the others are not reported
 * then.
 */
export function judgeBackup({ archives, location, maxAgeMs, now, otherCopies }: BackupEvidence): Judgement {
  const archiveLines = archives === undefined ? [] : judgeArchives(archives, location, maxAgeMs, now);
  const allLines = [...archiveLines, ...otherCopies];
  if (allLines.some((line) => line.met)) return { lines: allLines.filter((line) => line.met) };
  return {
    lines:
      allLines.length > 0
        ? allLines
        : [createUnmetLine("no archive is named, and nothing else copies what this stack keeps")],
  };
}

/** Returns a line for each archive: met if it is valid and not too old. */
function judgeArchives(
  archives: readonly Archive[],
  location: string,
  maxAgeMs: number,
  now: number,
): EvidenceLine[] {
  if (archives.length === 0) return [createUnmetLine(`no backup at ${location}`)];
  return archives.map((archive) => {
    const name = basename(archive.file);
    if ("problem" in archive) return createUnmetLine(archive.problem);
    const age = now - Date.parse(archive.createdAt);
    const text = `${name} is ${formatAge(age)} old, ${archive.samples} samples`;
    return age <= maxAgeMs
      ? createMetLine(`${text}, whole`)
      : createUnmetLine(`${text}: more than ${formatAge(maxAgeMs)}`);
  });
}

const snapshotSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  status: z
    .looseObject({ readyToUse: z.boolean().optional(), creationTime: z.string().optional() })
    .optional(),
});

/** Returns a met line for each volume snapshot in a namespace that is ready to use. Other snapshots are left out. */
async function listSnapshotEvidence(stack: Stack, namespace: string): Promise<EvidenceLine[]> {
  const items = await listCustomObjects(stack, (api, options) =>
    api.listNamespacedCustomObject(
      { group: "snapshot.storage.k8s.io", version: "v1", namespace, plural: "volumesnapshots" },
      options,
    ),
  );
  return items.flatMap((item) => {
    const { metadata, status } = snapshotSchema.parse(item);
    return status?.readyToUse
      ? [createMetLine(`VolumeSnapshot ${namespace}/${metadata.name} of ${status.creationTime ?? "?"}`)]
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

/** Returns a met line for each Velero schedule that includes all of the stack's namespaces and is not paused. */
async function listScheduleEvidence(stack: Stack, namespaces: readonly string[]): Promise<EvidenceLine[]> {
  const items = await listCustomObjects(stack, (api, options) =>
    api.listClusterCustomObject({ group: "velero.io", version: "v1", plural: "schedules" }, options),
  );
  return items.flatMap((item) => {
    const { metadata, spec } = scheduleSchema.parse(item);
    const included = spec.template?.includedNamespaces ?? [];
    const includesAll = included.length === 0 || included.includes("*");
    const includesStack = includesAll || namespaces.every((namespace) => included.includes(namespace));
    return includesStack && !spec.paused
      ? [createMetLine(`Velero's schedule ${metadata.name} (${spec.schedule}) takes the namespace`)]
      : [];
  });
}

/** Options of a request to the API server, with its time limit. */
type RequestOptions = ReturnType<typeof limitCallTime>;

/**
 * Returns the objects of a custom kind that `call` lists. Empty if the cluster does not have the kind (404) or the
 * user may not list it (403): then no other tool's copies count.
 */
async function listCustomObjects(
  { kube, context }: Stack,
  call: (api: CustomObjectsApi, options: RequestOptions) => Promise<unknown>,
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
 * Returns a line on the samples that remote write has sent to another store: met if some arrived. Empty without remote
 * write. It copies metrics only, no dashboards.
 */
async function listRemoteWriteEvidence({ context, prometheus }: Stack): Promise<EvidenceLine[]> {
  if (prometheus === undefined) return [];
  const client = createPrometheusClient(context, prometheus);
  const config = z.looseObject({ remote_write: z.array(z.unknown()).nullish() }).parse(await client.config());
  if ((config.remote_write ?? []).length === 0) return [];
  const exposition = await client.metrics();
  const sentSamples = sumMetric(exposition, "prometheus_remote_storage_samples_total") ?? 0;
  const failedSamples = sumMetric(exposition, "prometheus_remote_storage_samples_failed_total") ?? 0;
  if (sentSamples > failedSamples)
    return [
      createMetLine(
        `remote write has passed ${sentSamples - failedSamples} samples on to another store (metrics only)`,
      ),
    ];
  return [
    createUnmetLine(
      `remote write is configured, and ${failedSamples} of ${sentSamples} samples failed: nothing arrives`,
    ),
  ];
}

/**
 * Returns a met line for a Thanos sidecar that uploads blocks to an object store; empty if there is none. It copies
 * metrics only.
 */
function listThanosEvidence(pods: readonly V1Pod[]): EvidenceLine[] {
  const sidecar = pods.find(({ spec }) =>
    spec?.containers.some(
      ({ args = [] }) => args.includes("sidecar") && args.some((arg) => arg.includes("objstore")),
    ),
  );
  return sidecar
    ? [createMetLine(`a Thanos sidecar in ${sidecar.metadata?.name} uploads blocks (metrics only)`)]
    : [];
}
