import { describe, expect, test } from "vitest";
import { selectUpdates } from "../../src/lock/update.ts";
import type { Wanted } from "../../src/lock/wanted.ts";
import { describeChanges } from "../../src/lockfile/changes.ts";
import { chart, dashboard, hexOf, lockOf, tool } from "./locks.ts";

const lock = lockOf({ dashboards: [dashboard(1860, 37)] });

describe("what changed from one lock to the next", () => {
  test("is nothing when nothing did", () => {
    expect(describeChanges(lock, lockOf({ dashboards: [dashboard(1860, 37)], monstack: "2.0.0" }))).toEqual(
      [],
    );
  });

  test("is what came, went and was moved, with old and new", () => {
    const helm = tool("v4.2.3", "default");
    const next = lockOf({
      tools: {
        k3s: tool("v1.37.0+k3s1", "stable"),
        helm: { ...helm, arm64: { ...helm.arm64, sha256: hexOf("other") } },
      },
      charts: [chart("exporter", "1.0.0"), chart("prometheus", "29.27.0", "default")],
      dashboards: [dashboard(1860, 38)],
      images: lock.images.map(({ image, digest }) => ({
        image,
        digest: image.includes("pause") ? `sha256:${hexOf("new")}` : digest,
      })),
      unlocked: [{ image: "docker.io/library/mine:dev", why: "" }],
    });
    const pause = "image docker.io/rancher/mirrored-pause:3.10.2";
    const [from, to] = [hexOf("docker.io/rancher/mirrored-pause:3.10.2"), hexOf("new")];
    expect(describeChanges(lock, next)).toEqual([
      "~ k3s v1.36.3+k3s1 -> v1.37.0+k3s1",
      "~ helm v4.2.3: other bytes under the same name",
      "- kubectl v1.36.3",
      "~ dashboard 1860 revision 37 -> revision 38",
      `~ ${pause} sha256:${from.slice(0, 12)} -> sha256:${to.slice(0, 12)}`,
      "+ chart exporter 1.0.0",
      "+ image docker.io/library/mine:dev without a digest",
    ]);
  });

  test("is all of the first one", () => {
    expect(describeChanges(undefined, lock)).toHaveLength(11);
  });
});

describe("--update", () => {
  const wanted: Wanted = {
    profile: "ci",
    profileAt: undefined,
    tools: [{ name: "k3s", asked: "stable", at: undefined }],
    charts: [
      {
        app: "metrics",
        chart: "x/prometheus",
        from: "https://x",
        name: "prometheus",
        asked: undefined,
        at: undefined,
      },
    ],
    dashboards: [{ from: "1860", asked: undefined, sha256: undefined, at: undefined }],
    k3sImages: [],
  };
  const moved = (...names: string[]) => {
    const moves = selectUpdates({ kind: "named", names }, wanted, lock);
    return ["k3s", "metrics", "1860", "quay.io/prometheus/prometheus:v3.14.0"].filter((name) => moves(name));
  };

  test("moves what is named, and nothing else", () => {
    expect(moved("k3s")).toEqual(["k3s"]);
    expect(moved("metrics", "1860")).toEqual(["metrics", "1860"]);
    expect(moved("quay.io/prometheus/prometheus:v3.14.0")).toEqual(["quay.io/prometheus/prometheus:v3.14.0"]);
  });

  test("knows an image without its tag, and by docker.io's short name", () => {
    expect(
      selectUpdates(
        { kind: "named", names: ["rancher/mirrored-pause"] },
        wanted,
        lock,
      )("docker.io/rancher/mirrored-pause"),
    ).toBe(true);
  });

  test("tells what was probably meant", () => {
    expect(() => moved("metric")).toThrow(
      "--update metric: nothing of that name is locked; did you mean metrics?",
    );
  });

  test("without a name moves all, and without it nothing is moved", () => {
    expect(selectUpdates({ kind: "all" }, wanted, lock)("anything")).toBe(true);
    expect(selectUpdates({ kind: "nothing" }, wanted, lock)("k3s")).toBe(false);
  });
});
