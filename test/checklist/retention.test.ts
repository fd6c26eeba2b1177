import { describe, expect, it } from "vitest";
import {
  estimateDailyGrowth,
  findRequestedRetention,
  judgeRetention,
  type RetentionEvidence,
} from "../../src/checklist/retention.ts";
import type { PlannedApp } from "../../src/model/plan.ts";
import { against, inFavour } from "./evidence.ts";

const gib = 1024 ** 3;

function judged(changes: Partial<RetentionEvidence> = {}) {
  return judgeRetention({
    requested: { time: "30d", size: undefined },
    flags: { "storage.tsdb.retention.time": "30d", "storage.tsdb.retention.size": "0B" },
    volumeBytes: 50 * gib,
    growth: estimateDailyGrowth({ rate: 5_000, blocks: 0, ageSeconds: 600 }),
    ...changes,
  });
}

const flags = (time: string, size = "0B") => ({
  "storage.tsdb.retention.time": time,
  "storage.tsdb.retention.size": size,
});

describe("retention", () => {
  it("is met when it was requested, is in force and fits, with the estimate and its basis", () => {
    expect(against(judged())).toEqual([]);
    expect(inFavour(judged())).toEqual([
      "retention 30d was requested and is in force",
      "30d need about 18 GiB (618 MiB a day, from 5000 samples/s of some 1.5 bytes) of the volume of 50 GiB",
    ]);
  });

  it("takes the same duration written otherwise for the same", () => {
    expect(against(judged({ flags: flags("4w2d") }))).toEqual([]);
  });

  it.each<[string, Partial<RetentionEvidence>, string]>([
    [
      "the default",
      { requested: { time: undefined, size: undefined } },
      "nobody chose a retention: 30d is the default",
    ],
    ["not in force", { flags: flags("15d") }, "retention 30d was requested, 15d is in force"],
    [
      "a volume that is too small",
      { volumeBytes: 10 * gib },
      "30d need about 18 GiB (618 MiB a day, from 5000 samples/s of some 1.5 bytes), more than 90 % of the volume of 10 GiB",
    ],
    ["no volume", { volumeBytes: undefined }, "no volume to compare it with"],
    [
      "a size as large as the volume",
      { requested: { time: "30d", size: "50GB" }, flags: flags("30d", "50GB") },
      "retention-size 50GB is 100 % of the volume of 50 GiB, more than 90 %: it fills up before anything is dropped",
    ],
  ])("is not met: %s", (_, changes, said) => {
    expect(against(judged(changes))).toEqual([said]);
  });

  it("is unknown while nothing was counted, unless the size is limited", () => {
    expect(() => judged({ growth: undefined })).toThrow("no samples were counted");
    const limited = {
      growth: undefined,
      requested: { time: "30d", size: "40GB" },
      flags: flags("30d", "40GB"),
    };
    expect(against(judged(limited))).toEqual([]);
  });

  it("counts on blocks as soon as there is a day of them", () => {
    const seen = { rate: 1, blocks: 10 * gib };
    expect(estimateDailyGrowth({ ...seen, ageSeconds: 5 * 86_400 })).toEqual({
      bytesPerDay: 2 * gib,
      basis: "10 GiB in blocks of 5.0 days",
    });
    expect(estimateDailyGrowth({ ...seen, ageSeconds: 3_600 })?.basis).toContain("samples/s");
    expect(
      estimateDailyGrowth({ rate: undefined, blocks: undefined, ageSeconds: undefined }),
    ).toBeUndefined();
  });

  it("knows what the user asked for from the plan's values, whichever chart", () => {
    const app = (name: string, values: PlannedApp["values"]) => ({
      apps: [
        {
          name: "p",
          release: "p",
          namespace: "n",
          chart: { kind: "repo", repo: "r", repoUrl: "https://r", name, version: "99.0.0" },
          values,
          dependsOn: [],
          timeoutMs: 1,
        } satisfies PlannedApp,
      ],
    });
    expect(findRequestedRetention(app("prometheus", { server: { retention: "30d" } }))).toEqual({
      time: "30d",
      size: undefined,
    });
    const spec = { prometheus: { prometheusSpec: { retentionSize: "40GB" } } };
    expect(findRequestedRetention(app("kube-prometheus-stack", spec))).toEqual({
      time: undefined,
      size: "40GB",
    });
    expect(findRequestedRetention(app("prometheus", {}))).toEqual({ time: undefined, size: undefined });
  });
});
