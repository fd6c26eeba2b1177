import { expect, it } from "vitest";
import { podNames } from "../../healthy-world.ts";
import { checkIn } from "../../open-stack.ts";

const image = "docker.io/library/mine:dev";

/** The check's result where every pod runs an image of the user's own, and the lock names these without a digest. */
function withUnlocked(unlocked: readonly string[]) {
  return checkIn(
    "images-locked",
    ({ kube }) => {
      for (const pod of kube.pods) pod["spec"] = { containers: [{ name: "main", image: "mine:dev" }] };
      for (const pod of kube.pods)
        pod["status"] = { containerStatuses: [{ name: "main", imageID: `sha256:${"1".repeat(64)}` }] };
    },
    (stack) => ({ ...stack, images: { lockedBy: "monstack.lock", images: [], unlocked } }),
  );
}

it("an image that the lock names without a digest may run, and no other", async () => {
  expect(await withUnlocked([image])).toMatchObject({ status: "pass" });
  const result = await withUnlocked([]);
  expect(result).toMatchObject({ status: "fail" });
  expect(JSON.stringify(result)).toContain(
    `container main of pod monitoring/${podNames.grafana} runs ${image}`,
  );
});
