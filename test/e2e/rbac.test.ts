import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { startForeignCluster } from "./support/cluster.ts";
import { definition, writeExtras } from "./support/extras.ts";
import { type Machine, startMachine } from "./support/machine.ts";
import {
  type Asked,
  allows,
  apply,
  askedBy,
  auditing,
  type Grant,
  grantsIn,
  kubeconfigOf,
  kubectl,
  type Rule,
  rolesIn,
} from "./support/rbac.ts";
import { seconds } from "./support/results.ts";

/** What every user may do who is logged in. */
function isFree({ path, resource }: Asked): boolean {
  if (resource === "") return /^\/(version|api|apis|openapi)(\/|$)/.test(path);
  return resource === "selfsubjectaccessreviews" || resource === "selfsubjectrulesreviews";
}

/**
 * What a good run has no occasion for: to grant what a chart's role grants, to have more than one record when something
 * has to be tried again, and to find out why something failed.
 */
function isForOtherDays({ rule, comment }: Grant): boolean {
  const [name = ""] = rule.resourceNames ?? [];
  return (
    /granted by|bound by|^diagnosis/.test(comment) || /^sh\.helm\.release\.v1\..*\.v([2-9]|10)$/.test(name)
  );
}

const shown = ({ role, rule }: Grant) =>
  [role.metadata.namespace, rule.verbs, rule.resources, rule.resourceNames].filter(Boolean).join(" ");

describe("an existing cluster with minimal rights", () => {
  let machine: Machine;
  let audit: string;
  let roles: string;
  let kubeconfig: string;
  beforeAll(async () => {
    machine = await startMachine({ LAB_ROOT_PROPAGATION: "shared" });
    const { args, log } = await auditing(machine);
    audit = log;
    await startForeignCluster(machine, args);
    await kubectl(machine, "create", "namespace", "ci");
    const printed = await machine.monstack(["rbac", "--service-account", "ci/monstack"]);
    expect(printed.exitCode, printed.output).toBe(0);
    roles = printed.stdout;
    await apply(machine, roles);
    kubeconfig = await kubeconfigOf(machine, "ci", "monstack");
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  async function contents(): Promise<string[]> {
    const kinds =
      "namespaces,clusterroles,clusterrolebindings,roles,rolebindings,crds,pv,pvc,deployments,statefulsets,daemonsets,services,secrets,configmaps,serviceaccounts";
    const listed = await kubectl(machine, "get", kinds, "-A", "-o", "name");
    return listed.split("\n").filter(Boolean).sort();
  }

  /** Started a moment ago, the cluster still makes objects of its own. */
  async function settled(): Promise<string[]> {
    let now = await contents();
    const grown = async () => {
      const earlier = now;
      now = await contents();
      return now.length - earlier.length;
    };
    await expect.poll(grown, { interval: 4000, timeout: 60_000 }).toBe(0);
    return now;
  }

  it("is verified with exactly the printed roles, and every one of them is asked for", async () => {
    const before = await settled();
    const run = await machine.monstack(["run", "--kubeconfig", kubeconfig]);
    expect(run.exitCode, run.output).toBe(0);
    const results = await machine.results();
    expect(results).toMatchObject({ verified: true, teardown: { leaks: [] } });
    console.log(`existing cluster with minimal RBAC: ${run.seconds.toFixed(1)} s, ${seconds(results)}`);
    expect(await contents()).toEqual(before);

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

  const taken: readonly (readonly [what: string, is: (rule: Rule) => boolean, named: RegExp])[] = [
    [
      "creating deployments",
      ({ verbs, resources }) => verbs.includes("create") && resources?.includes("deployments") === true,
      /create deployments \(API group apps\) in namespace monitoring \(releases: grafana, prometheus\)/,
    ],
    [
      "helm's records",
      ({ resourceNames }) => resourceNames?.includes("sh.helm.release.v1.grafana.v1") === true,
      /get, update, delete secrets .*sh\.helm\.release\.v1\.grafana\.v1.* in namespace monitoring/,
    ],
    [
      "port-forwards",
      ({ resources }) => resources?.includes("pods/portforward") === true,
      /get, create pods\/portforward .* in namespace monitoring \(the local addresses\)/,
    ],
    [
      "what a role is to grant",
      ({ nonResourceURLs }) => nonResourceURLs !== undefined,
      /get the paths \/metrics in the whole cluster \(granted by: ClusterRole prometheus-server\)/,
    ],
    [
      "reading nodes",
      ({ resources }) => resources?.join() === "nodes",
      /list(, watch)? nodes .* in the whole cluster \(checks: kube-node-info, /,
    ],
    [
      "deleting a binding",
      ({ resources, resourceNames }) =>
        resources?.[0] === "clusterrolebindings" && resourceNames !== undefined,
      /get, patch, delete clusterrolebindings .* named .*prometheus-server in the whole cluster/,
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
      const before = await contents();
      const run = await machine.monstack(["run", "--kubeconfig", kubeconfig]);
      await apply(machine, roles);
      expect(run.exitCode, run.output).toBe(3);
      expect(run.stderr).toMatch(named);
      expect(run.stderr).toContain("to mend it: `monstack rbac`");
      expect(run.seconds, run.output).toBeLessThan(5);
      expect(await contents()).toEqual(before);
      expect((await machine.results()).causes.map(({ id }) => id)).toEqual(["rights-missing"]);
    },
  );

  it("has its namespace, definitions, hooks and claims made and taken away, with helm 4 and 3", async () => {
    await writeExtras(machine.folder);
    const config = join(machine.folder, "extras.yaml");
    const apps = {
      prometheus: { enabled: false },
      grafana: { enabled: false },
      extras: { chart: "./extras" },
    };
    await writeFile(config, stringify({ namespace: "extras", apps }));
    await apply(machine, definition("gadgets", "Gadget"));
    const printed = await machine.monstack(["rbac", "--config", config, "--create-namespaces"]);
    expect(printed.exitCode, printed.output).toBe(0);
    await apply(machine, printed.stdout);
    const own = await kubeconfigOf(machine, "default", "monstack");
    const before = await settled();
    expect(before).toContain("customresourcedefinition.apiextensions.k8s.io/gadgets.example.com");
    for (const version of ["v4", "v3"]) {
      const flags = ["--config", config, "--kubeconfig", own, "--helm-version", version];
      const run = await machine.monstack(["run", ...flags]);
      expect(run.exitCode, run.output).toBe(0);
      expect(await machine.results()).toMatchObject({ verified: true, teardown: { leaks: [] } });
      expect(await contents()).toEqual(before);
    }
    const asked = await askedBy(audit, "system:serviceaccount:default:monstack");
    expect(asked.filter(({ allowed }) => !allowed)).toEqual([]);
    const needless = grantsIn(printed.stdout).filter(
      (grant) => !isForOtherDays(grant) && !asked.some((one) => allows(grant, one)),
    );
    // It was there before, which nobody knew who only looked at the chart.
    expect(needless.map(shown).sort()).toEqual([
      "delete customresourcedefinitions gadgets.example.com",
      "list gadgets",
    ]);
  });
});
