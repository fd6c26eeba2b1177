import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, expectTypeOf, test } from "vitest";
import type { Reporter } from "../../src/config/settings/access.ts";
import { createHost } from "../../src/host/create.ts";
import type { Leak } from "../../src/journal/types.ts";
import { createRedactor } from "../../src/lib/redact/redactor.ts";
import type { Tool } from "../../src/lockfile/tools.ts";
import type { Adaptation } from "../../src/model/cluster.ts";
import type { ProfileSetting } from "../../src/model/plan.ts";
import type { DeployedApp, WorkloadFailure } from "../../src/model/rendered.ts";
import { pageFileNames } from "../../src/report/page/page-files.ts";
import { Results, toResultsJsonSchema } from "../../src/report/results-schema.ts";
import { recordLater, redactResults, writeReport } from "../../src/report/write.ts";
import type { CheckResult } from "../../src/stack/check.ts";
import { badResults, failed, goodResults } from "./results.ts";

async function folder() {
  const dir = await mkdtemp(join(tmpdir(), "monstack-report-"));
  const read = (name: string) => readFile(join(dir, "deep", name), "utf8");
  // The built files have tests of their own, in a browser.
  for (const name of Object.values(pageFileNames)) await writeFile(join(dir, name), `/* ${name} */`);
  return {
    dir: join(dir, "deep"),
    folders: { dir: join(dir, "deep"), bundle: dir },
    read,
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true }),
  };
}

const place = { file: "values.yaml", line: 3, column: 5 };
const cause = {
  id: "a",
  what: "b",
  how: [],
  fix: "c",
  sureness: "certain",
  explains: ["grafana-query"],
} as const;

const nothingElse = {
  atEnd: undefined,
  backup: undefined,
  warnings: [],
  trace: { spans: [], leftOut: 0, criticalPath: [] },
};

describe("the report's folder", () => {
  test("has all points of a measurement on one line", async () => {
    await using report = await folder();
    const point = [1_764_000_000, 1.5] as const;
    const series = [{ name: "node", points: Array.from({ length: 120 }, () => point) }];
    const plot = { id: "targets-up", title: "Targets", unit: "count", query: "sum by (job) (up)", series };
    const measurements = { from: "a", to: "b", plots: [plot], dashboards: [] };
    const results = goodResults({ measurements });
    await writeReport(await createHost(), report.folders, results);
    const written = await report.read("results.json");
    expect(Results.parse(JSON.parse(written))).toEqual(results);
    expect(written.split("\n").filter((line) => line.includes("1764000000"))).toHaveLength(1);
  });

  test("holds results that fit their schema, and a summary", async () => {
    await using report = await folder();
    const host = await createHost();
    for (const results of [goodResults(), badResults()]) {
      await writeReport(host, report.folders, results);
      expect(Results.parse(JSON.parse(await report.read("results.json")))).toEqual(results);
      expect(await report.read("summary.md")).toMatch(/^## . monstack: /u);
      expect(await report.read("report.html")).toMatch(/<title>monstack: .*<style>\/\* page.css \*\//s);
    }
  });

  test("holds the files of the reporters, and none that an earlier run left", async () => {
    await using report = await folder();
    const host = await createHost();
    const write = async (reporters: readonly Reporter[]) => {
      await writeReport(host, { ...report.folders, reporters }, goodResults());
      return (await readdir(report.dir)).sort();
    };
    expect(await write(["json", "junit", "tap"])).toEqual([
      "junit.xml",
      "report.tap",
      "results.json",
      "summary.md",
    ]);
    expect(await report.read("junit.xml")).toMatch(/^<\?xml/);
    expect(await report.read("report.tap")).toMatch(/^TAP version 14\n/);
    expect(await write([])).toEqual(["results.json", "summary.md"]);
  });

  test("names files for test tools relative to the repository, wherever it is", async () => {
    await using report = await folder();
    const repository = join(report.dir, "checkout");
    await mkdir(join(repository, ".git"), { recursive: true });
    await mkdir(join(repository, "ops"));
    const write = async (cwd: string, file: string) => {
      const results = goodResults({
        verified: false,
        checks: [failed],
        causes: [{ ...cause, at: { ...place, file } }],
      });
      await writeReport(await createHost(), { ...report.folders, reporters: ["junit"], cwd }, results);
      const read = Results.parse(JSON.parse(await report.read("results.json")));
      expect(read.causes[0]?.at?.file).toBe(file);
      return / file="([^"]*)" line="3"/.exec(await report.read("junit.xml"))?.[1];
    };
    expect(await write(join(repository, "ops"), "values.yaml")).toBe("ops/values.yaml");
    expect(await write(report.dir, "checkout/ops/values.yaml")).toBe("ops/values.yaml");
    expect(await write(repository, "values.yaml")).toBe("values.yaml");
    expect(await write(repository, join(repository, "ops/values.yaml"))).toBe("ops/values.yaml");
    expect(await write(report.dir, "values.yaml")).toBe("values.yaml");
  });

  test("never holds a secret, and a secret that is a word of the schema doesn't break it", async () => {
    await using report = await folder();
    const leaky = goodResults({
      verified: false,
      checks: [{ ...failed, seen: "login as admin:fail refused" }],
    });
    await writeReport(await createHost(), report.folders, redactResults(leaky, createRedactor(["fail", ""])));
    expect(await report.read("summary.md")).toContain("login as admin:\\*\\*\\* refused");
    expect(await report.read("report.html")).toContain("login as admin:*** refused");
    const read = Results.parse(JSON.parse(await report.read("results.json")));
    expect(read.checks[0]).toMatchObject({ status: "fail", seen: "login as admin:*** refused" });
  });

  test("takes in a teardown that comes later", async () => {
    await using report = await folder();
    const host = await createHost();
    const phase = {
      name: "teardown",
      startedAt: "2026-11-23T12:01:00.000Z",
      endedAt: "2026-11-23T12:01:04.000Z",
    };
    const teardown = { leaks: [{ kind: "link", what: "cni0" }], kept: [] };
    const span = { from: "2026-11-23T12:00:00.000Z", to: "2026-11-23T12:00:59.000Z" };
    const backup = { path: "/report/backup.tar.gz", bytes: 1_200_000, series: 70, ...span };
    await recordLater(host, report.folders, { teardown, ...nothingElse, phases: [phase] });
    await expect(report.read("results.json")).rejects.toThrow("ENOENT");
    await writeReport(host, report.folders, goodResults({ mode: "up", teardown: undefined }));
    const warnings = ["the disk is nearly full"];
    await recordLater(host, report.folders, { teardown, ...nothingElse, backup, warnings, phases: [phase] });
    const results = Results.parse(JSON.parse(await report.read("results.json")));
    expect(results).toMatchObject({ verified: true, teardown, backup, warnings, endedAt: phase.endedAt });
    expect(results.phases.at(-1)).toEqual(phase);
    expect(await report.read("summary.md")).toContain("| link | cni0 |");
    expect(await report.read("report.html")).toContain('"kind":"link","what":"cni0"');
    expect(await report.read("summary.md")).toContain("backup.tar.gz (1.1 MiB): 70 series");
  });

  test("with results of another version is not touched", async () => {
    await using report = await folder();
    const host = await createHost();
    await host.files.mkdir(report.dir);
    await writeFile(join(report.dir, "results.json"), '{"schemaVersion": 1}');
    const phase = { name: "teardown", startedAt: "", endedAt: "" };
    await expect(
      recordLater(host, report.folders, {
        teardown: { leaks: [], kept: [] },
        ...nothingElse,
        phases: [phase],
      }),
    ).rejects.toThrow("schemaVersion");
    expect(await report.read("results.json")).toBe('{"schemaVersion": 1}');
  });
});

test("docs/results.schema.json is current (else: npm run docs)", async () => {
  const written = await readFile(new URL("../../docs/results.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(written)).toEqual(toResultsJsonSchema());
});

test("what the rooms make fits into the results", () => {
  expectTypeOf<CheckResult>().toExtend<Results["checks"][number]>();
  expectTypeOf<Results["checks"][number]>().toExtend<CheckResult>();
  expectTypeOf<Tool>().toExtend<Results["versions"]["tools"][number]>();
  expectTypeOf<Adaptation>().toExtend<Results["adaptations"][number]>();
  expectTypeOf<Omit<DeployedApp, "chart">>().toExtend<Results["apps"][number]>();
  expectTypeOf<WorkloadFailure>().toExtend<NonNullable<Results["failure"]>["workloads"][number]>();
  expectTypeOf<ProfileSetting>().toExtend<Results["profileSettings"][number]>();
  expectTypeOf<Leak>().toExtend<NonNullable<Results["teardown"]>["leaks"][number]>();
});
