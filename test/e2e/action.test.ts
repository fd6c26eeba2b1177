import { resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { act, checkOutAction, installAct } from "./support/act.ts";
import { startMachine } from "./support/machine.ts";

const workflow = (name: string) => resolve(import.meta.dirname, "workflows", name);

describe("the action, driven by a workflow runner", () => {
  beforeAll(installAct, 500_000);

  it("is red with the cause when the stack can't come up, and is gone all the same", async () => {
    await using machine = await startMachine();
    const repository = await checkOutAction(machine, workflow("broken.yml"));
    const job = await act(machine, repository);
    expect(job.exitCode, job.output).toBe(1);
    expect(job.output).toMatch(
      /::error .*file=broken\.yaml,line=4.*Deployment monitoring\/grafana.*the image .*0\.0\.0-no-such-tag does not exist/,
    );
    expect(job.output).toContain("monstack: could not be brought up");
    expect(job.output).toContain("torn down, nothing left");
    expect(await machine.results()).toMatchObject({ verified: false, teardown: { leaks: [] } });
    const log = await machine.run([
      "grep",
      "-c",
      "Starting k3s",
      `${machine.folder}/report/diagnostics/k3s.log`,
    ]);
    expect(log.stdout).toBe("1\n");
  });

  it("lets a fork's pull request deploy a stack, and reach no program, folder or secret of the machine", async () => {
    await using machine = await startMachine();
    const repository = await checkOutAction(machine, workflow("fork.yml"));
    const head = { repo: { id: 2, full_name: "ann/stack" }, ref: "x", sha: "0".repeat(40) };
    const base = { repo: { id: 1, full_name: "org/stack" }, ref: "main" };
    const event = { name: "pull_request", payload: { number: 1, pull_request: { number: 1, head, base } } };
    const env = { ACTIONS_RUNTIME_TOKEN: "canary-runtime", OTHER_SECRET: "canary-other" };
    const job = await act(machine, repository, { event, env });
    expect(job.exitCode, job.output).toBe(0);
    expect(job.output).toContain("trust: restricted (pull_request from the fork ann/stack)");
    expect(job.output).toMatch(
      /refused\.yaml:1:\d+: helm\.path: .*set it by the input set, line `helm\.path: /,
    );
    expect(job.output).toMatch(/refused\.yaml:2:\d+: k3s\.args: /);
    expect(job.output).toMatch(/refused\.yaml:3:\d+: lock-file: /);
    expect(job.output).toMatch(/secrets\.yaml:3:\d+: .*ACTIONS_RUNTIME_TOKEN is the runner's own/);
    expect(job.output).toContain("REFUSED failure failure failure");
    expect(job.output).toContain("NO K3S");
    expect(job.output).toMatch(
      /app prometheus, Deployment monitoring\/.*hostNetwork: true, which no chart may have/,
    );
    expect(job.output).toContain("HOST failure");
    expect(job.output).toContain("VERIFIED true");
    expect(job.output).toMatch(/LOOKED AT k3s[\s\S]*LOOKED AT (node|MainThread)/);
    expect(job.output).not.toContain("LEAKED TO");
    expect(job.output).not.toMatch(/canary-(runtime|other)/);
    expect(job.output).toContain("torn down, nothing left");
  });
});
