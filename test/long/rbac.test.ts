import { cp, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { startForeignCluster } from "../e2e/support/cluster.ts";
import { definition, writeExtras } from "../e2e/support/extras.ts";
import { type Machine, startMachine } from "../e2e/support/machine.ts";
import { writeMyApp } from "../e2e/support/my-app.ts";
import {
  allows,
  apply,
  askedBy,
  auditing,
  contents,
  grantsIn,
  isForOtherDays,
  kubeconfigOf,
  kubectl,
  rolesIn,
  settled,
  shown,
} from "../e2e/support/rbac.ts";
import { statuses } from "../e2e/support/results.ts";

describe("an existing cluster with minimal rights", () => {
  let machine: Machine;
  let audit: string;
  beforeAll(async () => {
    machine = await startMachine({ LAB_ROOT_PROPAGATION: "shared" });
    const { args, log } = await auditing(machine);
    audit = log;
    await startForeignCluster(machine, args);
    await kubectl(machine, "create", "namespace", "ci");
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  /** Prints and applies the roles for a user of the test's own. */
  async function granted(user: string, ...flags: string[]): Promise<{ roles: string; kubeconfig: string }> {
    const printed = await machine.monstack(["rbac", "--service-account", `ci/${user}`, ...flags]);
    expect(printed.exitCode, printed.output).toBe(0);
    await apply(machine, printed.stdout);
    return { roles: printed.stdout, kubeconfig: await kubeconfigOf(machine, "ci", user) };
  }

  /** What the API server refused to a user. */
  async function refused(user: string): Promise<unknown[]> {
    const asked = await askedBy(audit, `system:serviceaccount:ci:${user}`);
    expect(asked.length).toBeGreaterThan(20);
    return asked.filter(({ allowed }) => !allowed);
  }

  const write = (text: string) => writeFile(join(machine.folder, "monstack.yaml"), text);

  it("names each of the printed rules when it is the one that is missing", async () => {
    await write("");
    const { roles, kubeconfig } = await granted("looks");
    const all = rolesIn(roles);
    const comments = [...roles.matchAll(/^ {2}# (.*)\n {2}- /gm)].map(([, comment = ""]) => comment);
    const rules = all.flatMap((role, at) => role.rules.map((rule) => ({ rule, at })));
    expect(rules.length).toBe(comments.length);
    let before = "";
    for (const [index, { rule, at }] of rules.entries()) {
      const role = all[at];
      if (role === undefined) continue;
      const without = stringify({ ...role, rules: role.rules.filter((one) => one !== rule) });
      await apply(machine, `${before}---\n${without}`);
      before = stringify(role);
      const looked = await machine.monstack(["doctor", "--kubeconfig", kubeconfig]);
      const isForDiagnosis =
        comments[index]?.endsWith("(without it the cause of a failure is reported less exactly)") === true;
      const what = rule.nonResourceURLs?.join(", ") ?? rule.resources?.join(", ");
      const said = looked.stdout
        .split("\n")
        .filter((line) => line.startsWith(isForDiagnosis ? "warning" : "problem"));
      expect(looked.exitCode, `${stringify(rule)}\n${looked.output}`).toBe(isForDiagnosis ? 0 : 3);
      expect(said.length, `${stringify(rule)}\n${looked.output}`).toBeGreaterThan(0);
      for (const name of what?.split(", ") ?? [])
        expect(
          said.some((line) => line.includes(name)),
          `${name}\n${looked.output}`,
        ).toBe(true);
    }
    console.log(`${rules.length} rules, each missed when it was taken away`);
  }, 900_000);

  it("suffices for backup, restore and checklist, where they were asked for", async () => {
    await write("");
    const { kubeconfig } = await granted("keeps", "--also", "backup,restore,checklist");
    const up = await machine.monstack(["up", "--kubeconfig", kubeconfig]);
    expect(up.exitCode, up.output).toBe(0);
    const judged = await machine.monstack(["checklist"]);
    expect(judged.exitCode, judged.output).toBe(1);
    expect(statuses(await machine.results(), "error")).toEqual([]);
    const archive = join(machine.folder, "stack.tar.gz");
    const backup = await machine.monstack(["backup", "--output", archive]);
    expect(backup.exitCode, backup.output).toBe(0);
    const restore = await machine.monstack(["restore", archive]);
    expect(restore.exitCode, restore.output).toBe(0);
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await refused("keeps")).toEqual([]);
  });

  it("suffices for all of it at once: operator, monitors, dashboards, profile production, metrics kept", async () => {
    await writeMyApp(machine.folder);
    const dashboard = resolve(import.meta.dirname, "../../lab/dashboards/1860.json");
    await cp(dashboard, join(machine.folder, "nodes.json"));
    const config = {
      stack: "operator",
      profile: "production",
      monitors: ["my-app-monitor.yaml", "my-app-rules.yaml"],
      dashboards: ["nodes.json"],
      "scrape-interval": "5s",
      "evaluation-interval": "5s",
      keep: { metrics: true },
      apps: {
        "my-app": { chart: "./my-app" },
        "kube-prometheus-stack": {
          values: {
            prometheus: { prometheusSpec: { enableAdminAPI: true } },
            // Their certificates come from a job whose image the lab lacks.
            prometheusOperator: { admissionWebhooks: { enabled: false }, tls: { enabled: false } },
          },
        },
      },
    };
    await write(stringify(config));
    const { kubeconfig } = await granted("all");
    const run = await machine.monstack(["run", "--kubeconfig", kubeconfig], { timeout: 280 });
    // Nobody gave it volumes, receivers and a backup from before.
    expect(run.exitCode, run.output).toBe(1);
    const results = await machine.results();
    expect(statuses(results, "error"), run.output).toEqual([]);
    const failed = statuses(results, "fail").filter((id) => !id.startsWith("production-"));
    expect(failed, run.output).toEqual([]);
    expect(statuses(results, "pass")).toEqual(
      expect.arrayContaining(["monitors-scraped", "dashboards-whole"]),
    );
    expect(results, run.output).toMatchObject({ backup: {}, teardown: { leaks: [] } });
    expect(await refused("all")).toEqual([]);
  });

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
    const before = await settled(machine);
    expect(before).toContain("customresourcedefinition.apiextensions.k8s.io/gadgets.example.com");
    for (const version of ["v4", "v3"]) {
      const flags = ["--config", config, "--kubeconfig", own, "--helm-version", version];
      const run = await machine.monstack(["run", ...flags]);
      expect(run.exitCode, run.output).toBe(0);
      expect(await machine.results()).toMatchObject({ verified: true, teardown: { leaks: [] } });
      expect(await contents(machine)).toEqual(before);
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
