import { beforeAll, describe, expect, it } from "vitest";
import { act, exampleOf, installAct } from "../e2e/support/act.ts";
import { startMachine } from "../e2e/support/machine.ts";

/** The example's matrix. */
const cells = [
  { helm: "v3", profile: "ci" },
  { helm: "v3", profile: "as-is" },
  { helm: "v4", profile: "ci" },
  { helm: "v4", profile: "as-is" },
] as const;

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

  it.each(cells)(
    "nightly: with helm $helm and profile $profile, the report and the metrics kept",
    async ({ helm, profile }) => {
      await using machine = await startMachine();
      const { repository, actions } = await exampleOf(machine, "nightly");
      const job = await act(machine, repository, { actions, matrix: { helm, profile }, timeout: 500 });
      expect(job.exitCode, job.output).toBe(0);
      expect(job.output).toMatch(new RegExp(`ARTIFACT report-${helm}-${profile} .*results\\.json`));
      expect(job.output).toMatch(new RegExp(`ARTIFACT report-${helm}-${profile} .*\\.tar\\.gz`));
      expect(job.output).toMatch(new RegExp(`helm ${helm}\\.\\d+\\.\\d+: `));
      expect(job.output).toContain("torn down, nothing left");
    },
    600_000,
  );
});
