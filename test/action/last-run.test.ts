import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { findLastRun, planLastRun, saveLastRun } from "../../src/action/last-run.ts";
import { createHost } from "../../src/host/create.ts";
import type { Context } from "../../src/host/host.ts";
import type { Results } from "../../src/report/results-schema.ts";
import { goodResults } from "../report/results.ts";
import { type CacheService, startCacheService } from "../support/cache-service-standin.ts";
import { createRecordingLogger, type RecordingLogger } from "../support/recording-logger.ts";

// Each transfer is a process that loads the client, seconds on a loaded machine.
vi.setConfig({ testTimeout: 60_000 });

const script = join(import.meta.dirname, "../../src/action/transfer-main.ts");
const options = { script, limitMs: 20_000 };
const config = { cache: "auto", compare: { baseline: undefined, lastGreen: true } } as const;

const branchRun = {
  GITHUB_REF: "refs/heads/main",
  GITHUB_WORKFLOW_REF: "org/repo/.github/workflows/nightly.yml@refs/heads/main",
  GITHUB_JOB: "verify",
  GITHUB_ACTION: "monstack",
  GITHUB_RUN_ID: "1",
  GITHUB_RUN_ATTEMPT: "1",
};

let home: string;
let service: CacheService;
let log: RecordingLogger;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "monstack-last-run-"));
  service = await startCacheService();
});
afterEach(async () => {
  await service[Symbol.asyncDispose]();
  await rm(home, { recursive: true });
});

async function createJob(env: Record<string, string> = {}): Promise<Context> {
  log = createRecordingLogger();
  await mkdir(join(home, "tmp"), { recursive: true });
  const { PATH = "" } = process.env;
  const runner = { PATH, HOME: home, RUNNER_TEMP: join(home, "tmp") };
  const host = await createHost({ ...runner, ...service.env, ...branchRun, ...env });
  return { host, log, signal: new AbortController().signal };
}

async function writeReport(over: Partial<Results> = {}): Promise<string> {
  const reportDir = join(home, "report");
  await mkdir(reportDir, { recursive: true });
  await writeFile(join(reportDir, "results.json"), JSON.stringify(goodResults(over)));
  return reportDir;
}

function plan(context: Context, inputs: Record<string, string> = {}) {
  const keys = planLastRun(context, config, inputs);
  if (keys === undefined) throw new Error("this job compares nothing");
  return keys;
}

describe("the last verified run", () => {
  it("is kept in the runner's cache, and found by the next run of the branch", async () => {
    const first = await createJob();
    expect(await findLastRun(first, plan(first), options)).toBeUndefined();
    expect(log.lines.map(({ message }) => message).join("\n")).toContain(
      "no earlier run of this branch and configuration is kept",
    );
    for (const GITHUB_RUN_ID of ["1", "2"]) {
      const job = await createJob({ GITHUB_RUN_ID });
      const reportDir = await writeReport({ monstack: `1.0.${GITHUB_RUN_ID}` });
      await saveLastRun(job, { reportDir, saveAs: plan(job).saveAs }, options);
    }
    expect(service.keys()).toHaveLength(2);
    const next = await createJob({ GITHUB_RUN_ID: "3" });
    const found = await findLastRun(next, plan(next), options);
    expect(found).toMatchObject({ from: "GitHub's cache", results: { monstack: "1.0.2", verified: true } });
    expect(await readdir(join(home, ".cache/monstack"))).toEqual([]);
    const other = await createJob({ GITHUB_RUN_ID: "4", GITHUB_REF: "refs/heads/other" });
    expect(await findLastRun(other, plan(other), options)).toBeUndefined();
  });

  it("of a pull request is its own, else that of the branch that it is for", async () => {
    const main = await createJob();
    const reportDir = await writeReport();
    await saveLastRun(main, { reportDir, saveAs: plan(main).saveAs }, options);
    const pull = await createJob({ GITHUB_REF: "refs/pull/7/merge", GITHUB_BASE_REF: "main" });
    expect(await findLastRun(pull, plan(pull), options)).toMatchObject({ results: { verified: true } });
  });

  it.each([
    ["failed", { verified: false }],
    ["did not hold until the end", { atEnd: { verified: false, checks: [], causes: [] } }],
    ["left something", { teardown: { leaks: [{ kind: "mount", what: "/x" }], kept: [] } }],
  ])("is not one that %s", async (_name, over) => {
    const job = await createJob();
    await saveLastRun(job, { reportDir: await writeReport(over), saveAs: plan(job).saveAs }, options);
    expect(service.requests).toEqual([]);
  });

  it("is not missed where the service fails: the job goes on", async () => {
    service.fault = "500";
    const job = await createJob();
    const limited = { ...options, limitMs: 3_000 };
    expect(await findLastRun(job, plan(job), limited)).toBeUndefined();
    await saveLastRun(job, { reportDir: await writeReport(), saveAs: plan(job).saveAs }, limited);
    expect(log.lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
  });
});

describe("the key", () => {
  it("is another one for another job, workflow, or input, but not for another place of the report", async () => {
    const job = await createJob();
    const [usual] = plan(job, { "helm-version": "v4" }).prefixes;
    const prefixOf = (context: Context, inputs: Record<string, string>) => plan(context, inputs).prefixes[0];
    expect(prefixOf(job, { "helm-version": "v4", "report-dir": "out", profile: "" })).toBe(usual);
    expect(prefixOf(job, { "helm-version": "v3" })).not.toBe(usual);
    const otherJob = await createJob({ GITHUB_JOB: "other" });
    expect(prefixOf(otherJob, { "helm-version": "v4" })).not.toBe(usual);
    const otherRef = await createJob({
      GITHUB_WORKFLOW_REF: "org/repo/.github/workflows/nightly.yml@refs/heads/x",
    });
    expect(prefixOf(otherRef, { "helm-version": "v4" })).toBe(usual);
  });

  it("does not depend on a secret: it could be guessed from the key", async () => {
    const job = await createJob();
    const withPassword = (password: string) => {
      log.mask(password);
      return plan(job, { "grafana-password": password });
    };
    expect(withPassword("correct-horse-battery")).toEqual(withPassword("staple-horse-battery"));
  });

  it("is not there without a service, with a baseline, in a release, or when the comparison or the cache is off", async () => {
    const job = await createJob();
    expect(planLastRun(job, { ...config, cache: "off" }, {})).toBeUndefined();
    const off = { ...config, compare: { baseline: undefined, lastGreen: false } };
    expect(planLastRun(job, off, {})).toBeUndefined();
    const named = { ...config, compare: { baseline: "/x", lastGreen: true } };
    expect(planLastRun(job, named, {})).toBeUndefined();
    const release = await createJob({ GITHUB_EVENT_NAME: "release" });
    expect(planLastRun(release, config, {})).toBeUndefined();
    expect(planLastRun(release, { ...config, cache: "on" }, {})).toBeDefined();
    const without = await createJob({ ACTIONS_RESULTS_URL: "" });
    expect(planLastRun(without, config, {})).toBeUndefined();
  });
});
