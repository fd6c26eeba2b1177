import type { LockedImages, Stack } from "../../src/stack/stack.ts";
import { container, type World } from "./healthy-world.ts";

const digest = `sha256:${"1".repeat(64)}`;

const images: LockedImages = {
  lockedBy: "monstack.lock",
  images: [{ image: "docker.io/library/main:1", digest, digests: [digest] }],
};

/** Every pod runs the image that is locked. */
export function runsLocked({ kube }: World): void {
  for (const pod of kube.pods) {
    pod["spec"] = { ...(pod["spec"] as object), containers: [{ name: "main", image: "main:1" }] };
    const status = pod["status"] as Record<string, unknown>;
    status["containerStatuses"] = [container({ imageID: `docker.io/library/main@${digest}` })];
  }
}

/** The stack with that lock. */
export function withLock(stack: Stack): Stack {
  return { ...stack, images };
}
