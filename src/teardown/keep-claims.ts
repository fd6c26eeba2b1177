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

/** On a volume whose claim is to stay: the claim, and the volume's own reclaim policy. */
const keptClaimAnnotation = "monstack/kept-claim";

interface KeptClaim {
  readonly claim: { readonly metadata: V1ObjectMeta; readonly spec: V1PersistentVolumeClaimSpec };
  readonly policy: string | undefined;
}

const pollMs = 250;

/**
 * Makes sure that no volume goes when its claim does: helm deletes a chart's claims with its release, whatever is said
 * of them afterwards. The claim is written down on the volume, so that a teardown that is killed can be done again.
 */
export async function protectVolumes(
  { core }: Api,
  claims: readonly V1PersistentVolumeClaim[],
): Promise<void> {
  for (const claim of claims) {
    const { spec } = claim;
    const name = spec?.volumeName;
    // One that was never bound holds nothing.
    if (spec === undefined || name === undefined) continue;
    const volume = await core.readPersistentVolume({ name });
    if (volume.metadata?.annotations?.[keptClaimAnnotation] !== undefined) continue;
    const kept: KeptClaim = {
      claim: { metadata: selectLastingMetadata(claim), spec },
      policy: volume.spec?.persistentVolumeReclaimPolicy,
    };
    await patchVolume(core, name, {
      metadata: { annotations: { [keptClaimAnnotation]: JSON.stringify(kept) } },
      spec: { persistentVolumeReclaimPolicy: "Retain" },
    });
  }
}

/** Returns the metadata by which helm recognises its objects: the next release of that name takes over the claim and its data. */
function selectLastingMetadata({ metadata }: V1PersistentVolumeClaim): V1ObjectMeta {
  const { name, namespace, labels, annotations = {} } = metadata ?? {};
  const own = Object.entries(annotations).filter(
    ([key]) => !/^(pv|volume)(\.beta)?\.kubernetes\.io\//.test(key),
  );
  return {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(labels === undefined ? {} : { labels }),
    annotations: Object.fromEntries(own),
  };
}

/**
 * After the releases are gone: each claim that went with them is made again, bound to its volume, and the volume gets its
 * reclaim policy back.
 * @returns what stays, for the report
 * @throws Error when a claim doesn't come back in time; its volume is retained then, and the next teardown tries again.
 */
export async function restoreClaims(context: Context, api: Api, deployed: Deployed): Promise<string[]> {
  const namespaces = new Set([
    ...deployed.namespaces,
    ...deployed.releases.map(({ namespace }) => namespace),
  ]);
  const { items } = await api.core.listPersistentVolume();
  const marked = items.flatMap((volume) => {
    const text = volume.metadata?.annotations?.[keptClaimAnnotation];
    const kept = text === undefined ? undefined : (JSON.parse(text) as KeptClaim);
    return kept && namespaces.has(kept.claim.metadata.namespace ?? "") ? [{ volume, kept }] : [];
  });
  const deadline = context.host.now() + deployed.timeoutMs;
  return await Promise.all(marked.map((one) => restoreClaim(context, api, { ...one, deadline })));
}

async function restoreClaim(
  { host }: Context,
  { core }: Api,
  { volume, kept, deadline }: { volume: V1PersistentVolume; kept: KeptClaim; deadline: number },
): Promise<string> {
  const name = kept.claim.metadata.name ?? "";
  const namespace = kept.claim.metadata.namespace ?? "";
  const volumeName = volume.metadata?.name ?? "";
  const what = `claim ${getQualifiedName(kept.claim)} with volume ${volumeName}`;
  let made = false;
  for (;;) {
    const claim = await core
      .readNamespacedPersistentVolumeClaim({ name, namespace })
      .catch((error: { code?: number }) => {
        if (error.code !== 404) throw error;
        return undefined;
      });
    if (claim === undefined && !made) {
      // The volume still names the claim that is gone by its uid.
      await patchVolume(core, volumeName, {
        spec: { claimRef: { namespace, name, uid: null, resourceVersion: null } },
      });
      await core.createNamespacedPersistentVolumeClaim({ namespace, body: kept.claim });
      made = true;
    }
    const isGoing = claim?.metadata?.deletionTimestamp !== undefined;
    if (claim?.status?.phase === "Bound" && !isGoing) break;
    if (host.now() > deadline) throw new Error(`${what} is ${isGoing ? "still being deleted" : "not bound"}`);
    await host.sleep(pollMs);
  }
  await patchVolume(core, volumeName, {
    metadata: { annotations: { [keptClaimAnnotation]: null } },
    spec: { persistentVolumeReclaimPolicy: kept.policy },
  });
  return what;
}

async function patchVolume(core: Api["core"], name: string, body: object): Promise<void> {
  // Loading the client takes a while, and most teardowns are without a cluster that stays.
  const { PatchStrategy, setHeaderOptions } = await import("@kubernetes/client-node");
  await core.patchPersistentVolume(
    { name, body },
    setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
  );
}

/** Milliseconds; only where the folder beside is on another file system is anything copied. */
const moveTimeoutMs = 600_000;

/** Moves what is in $1 to the folder $2, and prints each name with a NUL; a folder that is missing or empty holds nobody's data. */
const moveVolumesScript = `
cd "$1" 2>/dev/null || exit 0
for volume in *; do
  [ -e "$volume" ] || continue
  mkdir -p -m 0700 "$2" && mv -- "$volume" "$2/" || exit 1
  printf '%s\\0' "$volume"
done`;

/**
 * Returns the folder that keeps the volumes of a k3s: beside its data folder, which is removed. A folder that a k3s finds there counts as another
 * one's, and no teardown would ever remove it.
 */
export function toKeptFolder({ entry }: K3sRun): string {
  return `${entry.dataDir}-kept/${entry.at.replace(/[-:]|\.\d+/g, "")}`;
}

/**
 * Takes the folders of local-path volumes out of a k3s' data folder. k3s and its pods have ended by then.
 * @returns what stays, for the report
 */
export async function moveVolumeFolders(host: Host, run: K3sRun): Promise<string[]> {
  const to = toKeptFolder(run);
  const { stdout } = await host.exec(
    ["sh", "-c", moveVolumesScript, "move", `${run.entry.dataDir}/storage`, to],
    {
      root: true,
      timeoutMs: moveTimeoutMs,
    },
  );
  return splitNul(stdout).map((name) => `${parseVolumeName(name)}: ${to}/${name}`);
}

/** Returns the volume's name. The provisioner names its folders after the volume, the namespace and the claim. */
function parseVolumeName(folder: string): string {
  const [, namespace, claim] = /^pvc-[0-9a-f-]{36}_([^_]+)_(.+)$/.exec(folder) ?? [];
  return claim === undefined ? "a volume" : `volume of claim ${namespace}/${claim}`;
}
