import { beforeAll, describe, expect, it } from "vitest";
import { act, exampleOf, installAct } from "./support/act.ts";
import { startMachine } from "./support/machine.ts";

// existing-cluster is run by rbac.test.ts, production by checklist.test.ts, air-gapped by bundle.test.ts, use-case-03 (which
// app-dir.test.ts deploys by the command line) and nightly by test/long/examples.test.ts.
describe("the examples, as they stand", () => {
  beforeAll(installAct, 500_000);

  it("app-with-servicemonitor: the app's target is scraped", async () => {
    await using machine = await startMachine();
    const { repository, actions } = await exampleOf(machine, "app-with-servicemonitor");
    const job = await act(machine, repository, { actions });
    expect(job.exitCode, job.output).toBe(0);
    expect(job.output).toMatch(/"job":"my-app".*"value":\[[\d.]+,"1"\]/);
    expect(job.output).toContain("torn down, nothing left");
  });
});
