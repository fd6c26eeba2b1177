import { describe, expect, it } from "vitest";
import type { Verdict } from "../../../../src/stack/check.ts";
import type { LockedImages } from "../../../../src/stack/stack.ts";
import { imagesLocked } from "../../../../src/verify/checks/cluster/images.ts";
import { container, type World } from "../../healthy-world.ts";
import { verdictIn } from "../../open-stack.ts";

const [index, manifest, config, other] = ["1", "2", "3", "4"].map(
  (digit) => `sha256:${digit.repeat(64)}`,
) as [string, string, string, string];
const locked: LockedImages = {
  lockedBy: "monstack.lock",
  images: [{ image: "docker.io/library/main:1", digest: index, digests: [index, manifest, config] }],
};

/** One attempt, with every container of the world running this. */
async function verdict(
  wish: { imageID?: string; image?: string; images?: LockedImages | undefined; init?: string },
  spoil: (world: World) => void = () => {},
) {
  const { imageID = "", image = "main:1", init } = wish;
  const change = (world: World) => {
    for (const pod of world.kube.pods) {
      const one = { name: "main", image };
      pod["spec"] = {
        ...(pod["spec"] as object),
        containers: [one],
        ...(init && { initContainers: [{ name: "first", image }] }),
      };
      const status = pod["status"] as Record<string, unknown>;
      status["containerStatuses"] = [container({ imageID })];
      if (init) status["initContainerStatuses"] = [container({ name: "first", imageID: init })];
    }
    spoil(world);
  };
  const images = "images" in wish ? wish.images : locked;
  return await verdictIn(imagesLocked, change, (stack) => ({ ...stack, images }));
}

function seenIn(result: Verdict): string {
  return result.status === "fail" ? result.seen : result.status;
}

describe("images-locked", () => {
  it("is skipped without a lock", async () => {
    expect(await verdict({ images: undefined })).toEqual({
      status: "skipped",
      reason: "there is no lock file: `monstack lock` writes one",
    });
  });

  it.each([
    ["the index, as containerd says it of a pull", `docker.io/library/main@${index}`],
    ["the manifest, as k3s says it of an import", `docker.io/library/main@${manifest}`],
    ["the configuration, as containerd says it of an import", config],
    ["with docker's scheme", `docker-pullable://docker.io/library/main@${index}`],
  ])("passes with the digest of %s", async (_name, imageID) => {
    expect(await verdict({ imageID })).toMatchObject({
      status: "pass",
      seen: expect.stringMatching(/^1 image of \d+ containers, each with the digest of monstack\.lock$/),
    });
  });

  it("fails on another digest, when it is seen twice", async () => {
    const result = await verdict({ imageID: `docker.io/library/main@${other}` });
    expect(result).toMatchObject({ status: "fail", fault: { id: "image-not-locked", graceMs: 2_000 } });
    expect(seenIn(result)).toContain(`runs ${other} as docker.io/library/main:1, monstack.lock has ${index}`);
  });

  it("fails on another imported image", async () => {
    expect(seenIn(await verdict({ imageID: other }))).toContain(`runs an image with the id ${other} as`);
  });

  it("looks at init containers too", async () => {
    const result = await verdict({ imageID: config, init: other });
    expect(seenIn(result)).toContain("container first of pod monitoring/");
  });

  it("fails on an image that the lock doesn't have", async () => {
    expect(seenIn(await verdict({ imageID: config, image: "main:2" }))).toContain(
      "runs docker.io/library/main:2, which is not in monstack.lock",
    );
  });

  it("waits for a container that has no image yet", async () => {
    const result = await verdict({ imageID: "" });
    expect(seenIn(result)).toContain("has no image yet");
    expect(result).not.toHaveProperty("fault");
  });

  it("waits for the first container: none at all is no proof", async () => {
    const result = await verdict({ imageID: config }, ({ kube }) => {
      kube.pods.splice(0);
    });
    expect(seenIn(result)).toBe("there is no container yet");
  });

  it("doesn't count what is going", async () => {
    const result = await verdict({ imageID: config }, ({ kube }) => {
      const [pod] = kube.pods;
      if (!pod) return;
      (pod["status"] as Record<string, unknown>)["containerStatuses"] = [container({ imageID: other })];
      (pod.metadata as Record<string, unknown>)["deletionTimestamp"] = new Date().toISOString();
    });
    expect(result.status).toBe("pass");
  });
});
