import type {
  V1ObjectMeta,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1PersistentVolumeClaimSpec,
} from "@kubernetes/client-node";
import type { Context, Host } from "../host/host.ts";
import type { K3sRun } from "../journal/types.ts";
import { splitNul } from "../lib/text.ts";
import { type Api, type Deployed, getQualifiedName } from "./cluster-objects.ts";

/** Annotation of a volume whose claim is kept. Holds the claim and the volume's own reclaim policy as JSON. */
const keptClaimAnnotation = "monstack/kept-claim";

/** The value of the annotation: the claim, and the volume's reclaim policy before the teardown. */
interface KeptClaim {
  readonly claim: { readonly metadata: V1ObjectMeta; readonly spec: V1PersistentVolumeClaimSpec };
  readonly policy: string | undefined;
}

const pollMs = 250;

/**
 * Sets the reclaim policy of the claims' volumes to Retain, since helm deletes a chart's claims together with the
 * release. Stores each claim in an annotation of its volume, so that a killed teardown can be repeated.
 */
export async function protectVolumes(
  { core }: Api,
  claims: readonly V1PersistentVolumeClaim[],
): Promise<void> {
  for (const claim of claims) {
    const { spec } = claim;
    const name = spec?.volumeName;
    // A claim that was never bound has no data.
    if (spec === undefined || name === undefined) continue;
    const volume = await core.readPersistentVolume({ name });
    if (volume.metadata?.annotations?.[keptClaimAnnotation] !== undefined) continue;
    const keptClaim: KeptClaim = {
      claim: { metadata: selectLastingMetadata(claim), spec },
      policy: volume.spec?.persistentVolumeReclaimPolicy,
    };
    await patchVolume(core, name, {
      metadata: { annotations: { [keptClaimAnnotation]: JSON.stringify(keptClaim) } },
      spec: { persistentVolumeReclaimPolicy: "Retain" },
    });
  }
}

/**
 * Returns a claim's metadata without the annotations of the volume controller. It keeps helm's labels and annotations,
 * by which the next release of that name takes over the claim.
 */
function selectLastingMetadata({ metadata }: V1PersistentVolumeClaim): V1ObjectMeta {
  const { name, namespace, labels, annotations = {} } = metadata ?? {};
  const lastingAnnotations = Object.entries(annotations).filter(
    ([key]) => !/^(pv|volume)(\.beta)?\.kubernetes\.io\//.test(key),
  );
  return {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    annotations: Object.fromEntries(lastingAnnotations),
  };
}

/**
 * Creates the deleted claims of kept volumes again, binds them to their volumes, and restores the volumes' reclaim
 * policy. Runs after the releases are uninstalled.
 * @returns a description of each kept claim, for the report
 * @throws Error if a claim is not bound in time; its volume stays retained, and the next teardown tries again
 */
export async function restoreClaims(context: Context, api: Api, deployed: Deployed): Promise<string[]> {
  const namespaces = new Set([
    ...deployed.namespaces,
    ...deployed.releases.map(({ namespace }) => namespace),
  ]);
  const { items } = await api.core.listPersistentVolume();
  const annotatedVolumes = items.flatMap((volume) => {
    const text = volume.metadata?.annotations?.[keptClaimAnnotation];
    const keptClaim = text === undefined ? undefined : (JSON.parse(text) as KeptClaim);
    return keptClaim && namespaces.has(keptClaim.claim.metadata.namespace ?? "")
      ? [{ volume, keptClaim }]
      : [];
  });
  const deadline = context.host.now() + deployed.timeoutMs;
  return await Promise.all(
    annotatedVolumes.map((annotatedVolume) => restoreClaim(context, api, { ...annotatedVolume, deadline })),
  );
}

/**
 * Creates one claim again, waits until it is bound, and returns its description. @throws Error if the claim is not
 * bound at the deadline
 */
async function restoreClaim(
  { host }: Context,
  { core }: Api,
  { volume, keptClaim, deadline }: { volume: V1PersistentVolume; keptClaim: KeptClaim; deadline: number },
): Promise<string> {
  const name = keptClaim.claim.metadata.name ?? "";
  const namespace = keptClaim.claim.metadata.namespace ?? "";
  const volumeName = volume.metadata?.name ?? "";
  const description = `claim ${getQualifiedName(keptClaim.claim)} with volume ${volumeName}`;
  let isCreated = false;
  for (;;) {
    const claim = await core
      .readNamespacedPersistentVolumeClaim({ name, namespace })
      .catch((error: { code?: number }) => {
        if (error.code !== 404) throw error;
        return undefined;
      });
    if (claim === undefined && !isCreated) {
      // The volume still refers to the deleted claim by its uid, so the reference is renewed.
      await patchVolume(core, volumeName, {
        spec: { claimRef: { namespace, name, uid: null, resourceVersion: null } },
      });
      await core.createNamespacedPersistentVolumeClaim({ namespace, body: keptClaim.claim });
      isCreated = true;
    }
    const isTerminating = claim?.metadata?.deletionTimestamp !== undefined;
    if (claim?.status?.phase === "Bound" && !isTerminating) break;
    if (host.now() > deadline)
      throw new Error(`${description} is ${isTerminating ? "still being deleted" : "not bound"}`);
    await host.sleep(pollMs);
  }
  await patchVolume(core, volumeName, {
    metadata: { annotations: { [keptClaimAnnotation]: null } },
    spec: { persistentVolumeReclaimPolicy: keptClaim.policy },
  });
  return description;
}

/** Sends a merge patch for a persistent volume. */
async function patchVolume(core: Api["core"], name: string, body: object): Promise<void> {
  // Loading the client takes a while, and most teardowns have no existing cluster, so it is loaded only here.
  const { PatchStrategy, setHeaderOptions } = await import("@kubernetes/client-node");
  await core.patchPersistentVolume(
    { name, body },
    setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
  );
}

/** Milliseconds to move all volumes. Files are copied only if the target is on another file system. */
const moveTimeoutMs = 600_000;

/**
 * Moves the content of folder $1 to folder $2 and prints each name, ending in NUL. Does nothing if $1 is missing or
 * empty.
 */
const moveVolumesScript = `
cd "$1" 2>/dev/null || exit 0
for volume in *; do
  [ -e "$volume" ] || continue
  mkdir -p -m 0700 "$2" && mv -- "$volume" "$2/" || exit 1
  printf '%s\\0' "$volume"
done`;

/**
 * Returns the folder that keeps the volumes of a k3s. It is next to the data folder, which is removed: k3s would take
 * over a folder inside it, and no teardown would ever remove that. Its name has the time at which k3s was installed,
 * so that each run has its own.
 */
export function getKeptVolumesFolder({ entry }: K3sRun): string {
  return `${entry.dataDir}-kept/${entry.at.replace(/[-:]|\.\d+/g, "")}`;
}

/**
 * Moves the folders of local-path volumes out of a k3s' data folder. Runs after k3s and its pods have ended.
 * @returns a description of each kept volume with its new path, for the report
 */
export async function moveVolumeFolders(host: Host, run: K3sRun): Promise<string[]> {
  const keptFolder = getKeptVolumesFolder(run);
  const { stdout } = await host.exec(
    ["sh", "-c", moveVolumesScript, "move", `${run.entry.dataDir}/storage`, keptFolder],
    {
      root: true,
      timeoutMs: moveTimeoutMs,
    },
  );
  return splitNul(stdout).map((name) => `${parseVolumeName(name)}: ${keptFolder}/${name}`);
}

/**
 * Returns a description of the volume in a folder of the local-path provisioner, from the folder's name
 * `VOLUME_NAMESPACE_CLAIM`.
 */
function parseVolumeName(folder: string): string {
  const [, namespace, claim] = /^pvc-[0-9a-f-]{36}_([^_]+)_(.+)$/.exec(folder) ?? [];
  return claim === undefined ? "a volume" : `volume of claim ${namespace}/${claim}`;
}
