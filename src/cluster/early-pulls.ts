import { join } from "node:path";
import type { Context } from "../host/host.ts";
import { createLimiter } from "../lib/concurrency.ts";
import { describeError } from "../lib/errors.ts";
import { formatImageRef, type LockedImage, parseImageRef, toContainerdName } from "../lib/image.ts";
import type { HostFacts } from "../model/cluster.ts";
import { type HostPaths, hasFlag, listHostPaths } from "./k3s-settings.ts";

/** Images that containerd unpacks at once: k3s starts at the same time. */
const pullsAtOnce = 2;
/** Milliseconds between two looks for containerd's socket. */
const lookEveryMs = 200;
/** Milliseconds until containerd must be there, and until an image must be unpacked. */
const limitMs = 120_000;

/** The k3s that was launched, and what it is started with. */
interface LaunchedK3s {
  /** Absolute path of the program, which has `ctr` in it. */
  readonly path: string;
  readonly dataDir: string;
  /** Absolute path of containerd's socket. */
  readonly socket: string;
}

/** Returns the path of the socket of k3s' containerd. */
export function getContainerdSocket({ run }: Pick<HostPaths, "run"> = listHostPaths()): string {
  return join(run, "k3s/containerd/containerd.sock");
}

/** True if containerd unpacks with its default snapshotter. Any other one would have to be named. */
export function usesDefaultSnapshotter(args: readonly string[], { overlayfs }: HostFacts): boolean {
  return overlayfs && !hasFlag(args, "--snapshotter");
}

/** Pulls images into containerd before the kubelet needs them. */
export interface EarlyPulls {
  add(image: LockedImage): void;
  /** Begins when containerd responds. */
  start(k3s: LaunchedK3s): void;
  stop(): void;
}

/**
 * Lets containerd unpack images as soon as it runs. The kubelet asks for an image only when its pod is scheduled, 5 to 10 s
 * later, and unpacking takes longer than fetching. Whatever fails is left to the kubelet.
 */
export function createEarlyPulls(context: Context): EarlyPulls {
  const { log } = context;
  const stop = new AbortController();
  const limit = createLimiter(pullsAtOnce);
  const launched = Promise.withResolvers<LaunchedK3s | undefined>();
  const pullOnce = async (image: LockedImage) => {
    const k3s = await launched.promise;
    if (k3s === undefined || stop.signal.aborted) return;
    await pull(context, k3s, image).catch((error: unknown) =>
      log.debug(`${image.image} is left to the kubelet: ${describeError(error)}`),
    );
  };
  return {
    add: (image) => void limit(() => pullOnce(image)),
    start: (k3s) => {
      waitForSocket(context, k3s.socket, stop.signal).then(
        () => launched.resolve(k3s),
        (error: unknown) => {
          log.debug(`nothing is pulled beforehand: ${describeError(error)}`);
          launched.resolve(undefined);
        },
      );
    },
    stop: () => {
      stop.abort();
      launched.resolve(undefined);
    },
  };
}

async function waitForSocket({ host }: Context, socket: string, signal: AbortSignal): Promise<void> {
  const until = host.now() + limitMs;
  while (!(await host.files.exists(socket))) {
    if (host.now() > until) throw new Error(`there is no ${socket}`);
    await host.sleep(lookEveryMs, signal);
  }
}

/**
 * Pulls an image by its digest, and gives it the name by which the kubelet looks for it. containerd verifies the digest also
 * where it falls back to the upstream registry, whose tag can lead to another image.
 */
async function pull({ host }: Context, k3s: LaunchedK3s, { image, digest }: LockedImage): Promise<void> {
  const name = toContainerdName(image);
  const byDigest = formatImageRef({ ...parseImageRef(name), tag: undefined, digest });
  const hosts = join(k3s.dataDir, "agent/etc/containerd/certs.d");
  const ctr = async (...args: string[]) =>
    await host.exec([k3s.path, "ctr", "--address", k3s.socket, "--namespace", "k8s.io", "images", ...args], {
      root: true,
      timeoutMs: limitMs,
      // Without it, k3s would unpack its programs once more, to its default place.
      env: { K3S_DATA_DIR: k3s.dataDir },
    });
  await ctr("pull", "--hosts-dir", hosts, "--platform", `linux/${host.arch}`, byDigest);
  if (byDigest !== name) await ctr("tag", "--force", byDigest, name);
}
