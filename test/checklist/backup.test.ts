import { describe, expect, it } from "vitest";
import { type BackupEvidence, judgeBackup } from "../../src/checklist/backup.ts";
import { createMetLine, createUnmetLine } from "../../src/checklist/point.ts";
import { against, inFavour } from "./evidence.ts";

const day = 86_400_000;
const now = Date.parse("2026-11-24T00:00:00Z");

function judged(changes: Partial<BackupEvidence> = {}) {
  return judgeBackup({
    archives: undefined,
    location: "/backups",
    maxAgeMs: 7 * day,
    now,
    otherCopies: [],
    ...changes,
  });
}

const archive = (daysAgo: number) => ({
  file: `/backups/${daysAgo}.tar.gz`,
  createdAt: new Date(now - daysAgo * day).toISOString(),
  samples: 1000,
});

describe("backup", () => {
  it("is met by a recent archive, also beside old ones", () => {
    const result = judged({ archives: [archive(30), archive(3)] });
    expect(against(result)).toEqual([]);
    expect(inFavour(result)).toEqual(["3.tar.gz is 3 days old, 1000 samples, whole"]);
  });

  it("is not met by nothing, an empty folder, an old or a broken one", () => {
    expect(against(judged())).toEqual(["no archive is named, and nothing else copies what this stack keeps"]);
    expect(against(judged({ archives: [] }))).toEqual(["no backup at /backups"]);
    expect(against(judged({ archives: [archive(8)] }))).toEqual([
      "8.tar.gz is 8 days old, 1000 samples: more than 7 days",
    ]);
    expect(against(judged({ archives: [{ file: "x", problem: "x is not a whole backup" }] }))).toEqual([
      "x is not a whole backup",
    ]);
  });

  it("is met by copies that somebody else makes, unless these fail", () => {
    expect(against(judged({ archives: [], otherCopies: [createMetLine("Velero's schedule")] }))).toEqual([]);
    expect(against(judged({ otherCopies: [createUnmetLine("remote write fails")] }))).toEqual([
      "remote write fails",
    ]);
  });
});
