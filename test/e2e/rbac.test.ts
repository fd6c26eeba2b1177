import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { act, exampleOf, installAct } from "./support/act.ts";
import { startForeignCluster } from "./support/cluster.ts";
import { type Machine, startMachine } from "./support/machine.ts";
import {
  allows,
  apply,
  askedBy,
  auditing,
  contents,
  grantsIn,
  isForOtherDays,
  isFree,
  kubeconfigOf,
  kubectl,
  type Rule,
  rolesIn,
  settled,
  shown,
} from "./support/rbac.ts";

describe("the example for existing clusters, with the roles that its README has printed", () => {
  let machine: Machine;
  let audit: string;
  let roles: string;
  let kubeconfig: string;
  let example: Awaited<ReturnType<typeof exampleOf>>;
  beforeAll(async () => {
    await installAct();
    machine = await startMachine({ LAB_ROOT_PROPAGATION: "shared" });
    const { args, log } = await auditing(machine);
    audit = log;
    await startForeignCluster(machine, args);
    example = await exampleOf(machine, "existing-cluster");
    await kubectl(machine, "create", "namespace", "ci");
    const printed = await machine.monstack(["rbac", "--service-account", "ci/monstack"], {
      cwd: example.repository,
    });
    expect(printed.exitCode, printed.output).toBe(0);
    roles = printed.stdout;
    await apply(machine, roles);
    kubeconfig = await kubeconfigOf(machine, "ci", "monstack");
  }, 500_000);
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("runs as it stands, and every one of the rights is asked for", async () => {
    const before = await settled(machine);
    const { repository, actions } = example;
    const { stdout: secret } = await machine.run(["cat", kubeconfig]);
    const job = await act(machine, repository, { actions, secrets: { MONSTACK_KUBECONFIG: secret } });
    expect(job.exitCode, job.output).toBe(0);
    expect(job.output).toContain("torn down, nothing left");
    console.log(`existing cluster with minimal RBAC: ${job.seconds.toFixed(1)} s with the runner's own`);
    expect(await contents(machine)).toEqual(before);

    const asked = await askedBy(audit, "system:serviceaccount:ci:monstack");
    const granted = grantsIn(roles);
    expect(asked.length).toBeGreaterThan(60);
    expect(asked.filter(({ allowed }) => !allowed)).toEqual([]);
    const uncovered = asked.filter((one) => !isFree(one) && !granted.some((grant) => allows(grant, one)));
    expect(uncovered).toEqual([]);
    // helm 4 creates by patching, and a connection is upgraded by getting: the API server itself asks for `create`.
    const needless = granted.filter(
      (grant) =>
        !isForOtherDays(grant) &&
        !grant.rule.verbs.includes("create") &&
        !asked.some((one) => allows(grant, one)),
    );
    expect(needless.map(shown)).toEqual([]);
  });

  // One that a role has by kind and one by name; test/long takes away each in turn.
  const taken: readonly (readonly [what: string, is: (rule: Rule) => boolean, named: RegExp])[] = [
    [
      "creating deployments",
      ({ verbs, resources }) => verbs.includes("create") && resources?.includes("deployments") === true,
      /create deployments \(API group apps\) in namespace monstack-e2e \(releases: /,
    ],
    [
      "helm's records",
      ({ resourceNames }) => resourceNames?.includes("sh.helm.release.v1.e2e-grafana.v1") === true,
      /get, update, delete secrets .*sh\.helm\.release\.v1\.e2e-grafana\.v1.* in namespace monstack-e2e/,
    ],
  ];

  it.each(taken)(
    "names %s when that rule is taken away, before anything is changed",
    async (_, is, named) => {
      const without = rolesIn(roles).map((role) => ({
        ...role,
        rules: role.rules.filter((rule) => !is(rule)),
      }));
      expect(without).not.toEqual(rolesIn(roles));
      await apply(machine, without.map((role) => stringify(role)).join("---\n"));
      const before = await contents(machine);
      const run = await machine.monstack(["run", "--kubeconfig", kubeconfig], { cwd: example.repository });
      await apply(machine, roles);
      expect(run.exitCode, run.output).toBe(3);
      expect(run.stderr).toMatch(named);
      expect(run.stderr).toContain("to fix it: `monstack rbac`");
      expect(run.seconds, run.output).toBeLessThan(5);
      expect(await contents(machine)).toEqual(before);
      expect((await machine.results()).causes.map(({ id }) => id)).toEqual(["rights-missing"]);
    },
  );
});
