import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";
import { writeMyApp } from "./support/my-app.ts";
import { seconds, statuses } from "./support/results.ts";

const kubectl = `${process.cwd()}/lab/out/bin/kubectl`;
const apps = "apps: {my-app: {chart: ./my-app}}\n";
const monitors = "monitors: [my-app-monitor.yaml, my-worker-monitor.yaml, my-app-rules.yaml]\n";

describe("a ServiceMonitor, a PodMonitor and a PrometheusRule of the user's", () => {
  let machine: Machine;
  const seenOf = async (id: string) =>
    (await machine.results()).checks.find((check) => check.id === id)?.seen;
  const inCluster = async (...args: string[]) => {
    const kubeconfig = join(machine.folder, "state", "kubeconfig");
    const run = await machine.run([kubectl, "--kubeconfig", kubeconfig, "-n", "monitoring", ...args]);
    expect(run.exitCode, run.output).toBe(0);
  };
  // Prometheus hears of a change in the cluster within five seconds.
  const untilRed = async () => {
    for (let attempt = 1; ; attempt++) {
      const verify = await machine.monstack(["verify", "--checks", "monitors-scraped"]);
      if (verify.exitCode === 1) return verify;
      expect(attempt, verify.output).toBeLessThan(15);
    }
  };
  beforeAll(async () => {
    machine = await startMachine();
    await writeMyApp(machine.folder);
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("are in force on the operator's flavour, with every target up", async () => {
    await writeFile(join(machine.folder, "monstack.yaml"), `stack: operator\n${monitors}${apps}`);
    const up = await machine.monstack(["up"]);
    expect(up.exitCode, up.output).toBe(0);
    const verify = await machine.monstack(["verify"]);
    expect(verify.exitCode, verify.output).toBe(0);
    const results = await machine.results();
    expect(results.verified).toBe(true);
    for (const status of ["fail", "warn", "error"]) expect(statuses(results, status)).toEqual([]);
    // Nothing of that is asked for.
    const unasked = [
      "load-balancers-served",
      "images-locked",
      "storage-effective",
      "federation-arrives",
      "remote-write-delivers",
      "grafana-plugins",
      "grafana-alerting-effective",
    ];
    expect(statuses(results, "skipped")).toEqual(unasked);
    expect(await seenOf("monitors-scraped")).toContain("ServiceMonitor monitoring/my-app-monitor 1 target");
    expect(await seenOf("monitors-scraped")).toContain("PodMonitor monitoring/my-worker 1 target");
    expect(await seenOf("targets-up")).toContain("podMonitor/monitoring/my-worker/0 1");
    expect(await seenOf("rules-healthy")).toContain("5 groups");
    // k3s has no such targets, and the chart's Alertmanager and operator scrape themselves.
    expect(await seenOf("targets-up")).not.toMatch(/scheduler|controller-manager|etcd|kube-proxy/);
    console.log(
      `operator: up ${up.seconds.toFixed(1)} s, verify ${verify.seconds.toFixed(1)} s, ${seconds(results)}`,
    );
  });

  it("a monitor whose selector matches nothing any more is told, with what is near", async () => {
    await inCluster("label", "service", "my-app", "app=myapp", "--overwrite");
    const verify = await untilRed();
    const told =
      "no service in namespace monitoring has the labels app=my-app; service monitoring/my-app selects pods with them";
    expect(verify.stdout).toContain(told);
  });

  it("a port of another name is told, with the names that there are", async () => {
    const ports = JSON.stringify({ spec: { ports: [{ name: "http", port: 9091, targetPort: "http" }] } });
    await inCluster("label", "service", "my-app", "app=my-app", "--overwrite");
    await inCluster("patch", "service", "my-app", "--type", "merge", "-p", ports);
    const verify = await untilRed();
    expect(verify.stdout).toContain("has the ports http (9091), none of them called metrics");
  });

  it("is taken away with everything that the operator made", async () => {
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
  });

  it("on the plain chart are refused before anything is deployed, with the same as values", async () => {
    await writeFile(join(machine.folder, "monstack.yaml"), `${monitors}${apps}`);
    const refused = await machine.monstack(["run"]);
    expect(refused.exitCode, refused.output).toBe(2);
    expect(refused.stderr).toContain("my-app-monitor.yaml:1:1: ServiceMonitor monitoring/my-app-monitor");
    expect(refused.stderr).toContain("--stack operator");
    const said = refused.stderr.replaceAll(/^(?: *[\d.]+s {3}error: ?| {13})/gm, "");
    expect(said).toMatch(
      /as part of monstack\.yaml:\n\n {4}apps:\n.*job_name: monitoring\/my-app-monitor\n.*\nto fix it/s,
    );
    expect(refused.stderr).not.toContain("deploying");
  });
});
