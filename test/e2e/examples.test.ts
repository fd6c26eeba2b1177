import { beforeAll, describe, expect, it } from "vitest";
import { act, exampleOf, installAct } from "./support/act.ts";
import { startMachine } from "./support/machine.ts";

// existing-cluster is run by rbac.test.ts, production by checklist.test.ts, air-gapped by bundle.test.ts.
describe("the examples, as they stand", () => {
  beforeAll(installAct, 500_000);

  it("use-case-03: the document's folder, its dead keys annotated, its first query answered in the next step", async () => {
    await using machine = await startMachine();
    const { repository, actions } = await exampleOf(machine, "use-case-03");
    const job = await act(machine, repository, { actions });
    expect(job.exitCode, job.output).toBe(0);
    for (const [line, key] of [
      [2, "server.enabled"],
      [26, "nodeExporter"],
      [32, "kubeStateMetrics"],
      [38, "pushgateway"],
    ])
      expect(job.output).toMatch(
        new RegExp(`::warning .*file=prometheus-values\\.yaml,line=${line}\\b.*${key}`),
      );
    expect(job.output).toMatch(/"pod":"prometheus-server-[^"]+"},"value":\[[\d.]+,"[\d.e-]+"\]/);
    expect(job.output).toContain("torn down, nothing left");
  });

  it("app-with-servicemonitor: the app's target is scraped", async () => {
    await using machine = await startMachine();
    const { repository, actions } = await exampleOf(machine, "app-with-servicemonitor");
    const job = await act(machine, repository, { actions });
    expect(job.exitCode, job.output).toBe(0);
    expect(job.output).toMatch(/"job":"my-app".*"value":\[[\d.]+,"1"\]/);
    expect(job.output).toContain("torn down, nothing left");
  });

  // test/long/nightly.test.ts has the matrix's others: the charts as they are need minutes for two scrapes.
  it("nightly: one job of the matrix, with helm 3, the report and the metrics kept", async () => {
    await using machine = await startMachine();
    const { repository, actions } = await exampleOf(machine, "nightly");
    const job = await act(machine, repository, { actions, matrix: { helm: "v3", profile: "ci" } });
    expect(job.exitCode, job.output).toBe(0);
    expect(job.output).toMatch(/ARTIFACT report-v3-ci .*results\.json/);
    expect(job.output).toMatch(/ARTIFACT report-v3-ci .*\.tar\.gz/);
    expect(job.output).toMatch(/helm v3\.\d+\.\d+: /);
    expect(job.output).toContain("torn down, nothing left");
  });
});
