import { beforeAll, describe, expect, it } from "vitest";
import { act, exampleOf, installAct } from "../e2e/support/act.ts";
import { startMachine } from "../e2e/support/machine.ts";

/** Those of the example's matrix that test/e2e/examples.test.ts leaves out. */
const cells = [
  { helm: "v3", profile: "as-is" },
  { helm: "v4", profile: "ci" },
  { helm: "v4", profile: "as-is" },
] as const;

describe("the nightly example", () => {
  beforeAll(installAct, 500_000);

  it.each(cells)(
    "with helm $helm and profile $profile",
    async ({ helm, profile }) => {
      await using machine = await startMachine();
      const { repository, actions } = await exampleOf(machine, "nightly");
      const job = await act(machine, repository, { actions, matrix: { helm, profile }, timeout: 500 });
      expect(job.exitCode, job.output).toBe(0);
      expect(job.output).toMatch(new RegExp(`ARTIFACT report-${helm}-${profile} .*\\.tar\\.gz`));
      expect(job.output).toMatch(new RegExp(`helm ${helm}\\.\\d+\\.\\d+: `));
      expect(job.output).toContain("torn down, nothing left");
    },
    600_000,
  );
});
