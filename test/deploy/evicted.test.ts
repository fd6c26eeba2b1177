import { describe, expect, test } from "vitest";
import { judgeWorkload } from "../../src/deploy/judge.ts";
import { available, deployment, pod, view } from "./recorded.ts";

/** As the kubelet leaves it: a pod that failed, without containers. */
function evicted(message: string) {
  const { metadata, spec } = pod({});
  return { metadata, ...(spec ? { spec } : {}), status: { phase: "Failed", reason: "Evicted", message } };
}

const overLimit = 'Usage of EmptyDir volume "storage-volume" exceeds the limit "4Ki". ';
const after = (seconds: number, message: string, object = deployment()) =>
  judgeWorkload(view({ object, pods: [evicted(message)] }), () => seconds * 1_000);

describe("a pod that the kubelet evicted", () => {
  test.each([
    [overLimit, 5],
    ["Pod ephemeral local storage usage exceeds the total limit of containers 1Mi. ", 5],
    ['Container grafana exceeded its local ephemeral storage limit "1Mi". ', 5],
    ["The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. ", 60],
  ])("%s is final after %i s", (message, seconds) => {
    expect(after(seconds, message)).toMatchObject({ state: "failed", rule: "evicted", reason: "Evicted" });
    expect(after(seconds - 1, message).state).toBe("waiting");
  });

  test("near miss: another one is ready in its place", () => {
    expect(after(600, overLimit, deployment(available)).state).toBe("ready");
  });
});
