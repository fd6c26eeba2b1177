import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";
import { seconds, statuses } from "./support/results.ts";

describe("monstack run, from nothing, with everything from the mirror", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("verifies the default stack, leaves nothing, and never shows Grafana's password", async () => {
    const run = await machine.monstack(["run", "--grafana-password", "correct-horse-battery"]);
    expect(run.exitCode, run.output).toBe(0);
    const results = await machine.results();
    expect(results).toMatchObject({ schemaVersion: 2, verified: true, teardown: { leaks: [] } });
    expect(statuses(results, "pass").length).toBeGreaterThanOrEqual(22);
    // What the default stack doesn't ask for; everything else there is to check is checked.
    expect(statuses(results, "skipped").toSorted()).toEqual([
      "alert-inhibition",
      "dashboard-panels",
      "dashboards-whole",
      "federation-arrives",
      "grafana-alerting-effective",
      "grafana-plugins",
      "images-locked",
      "load-balancers-served",
      "monitors-scraped",
      "range-windows",
      "remote-write-delivers",
      "storage-effective",
    ]);
    for (const status of ["fail", "warn", "error"]) expect(statuses(results, status)).toEqual([]);
    expect(results.causes).toEqual([]);
    expect(results.profileSettings).toContainEqual({
      app: "prometheus",
      path: "server.global.scrape_interval",
      value: expect.stringMatching(/^\d+s$/),
      why: expect.stringMatching(/./),
    });
    expect(results.versions.tools.map(({ name }) => name)).toEqual(["k3s", "helm", "kubectl"]);
    const report = await machine.run(["grep", "-rl", "correct-horse", `${machine.folder}/report`]);
    expect(run.output + report.stdout).not.toContain("correct-horse");
    console.log(`first run: ${run.seconds.toFixed(1)} s, ${seconds(results)}`);
  });

  it("does it again right after, without fetching a tool or a chart twice, in 40 seconds", async () => {
    await machine.run(["curl", "-sS", "-X", "DELETE", "http://203.0.113.1/_lab/requests"]);
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(0);
    const results = await machine.results();
    expect(results).toMatchObject({ verified: true, teardown: { leaks: [] } });
    console.log(`second run: ${run.seconds.toFixed(1)} s, ${seconds(results)}`);
    const requests = await machine.run(["curl", "-sS", "http://203.0.113.1/_lab/requests"]);
    const fetched = (JSON.parse(requests.stdout) as { path: string }[]).map(({ path }) => path);
    const again = fetched.filter((path) => /\/k3s$|helm-v|\/kubectl$|\.tgz$/.test(path));
    expect(again).toEqual([]);
    const teardown = results.phases.find(({ name }) => name === "teardown");
    const took = Date.parse(teardown?.endedAt ?? "") - Date.parse(teardown?.startedAt ?? "");
    expect(took).toBeLessThanOrEqual(6000);
    // 29 to 38 s on a genuine k3s with a genuine Grafana, which the lab's stand-ins are as slow as.
    expect(run.seconds - took / 1000).toBeLessThanOrEqual(40);
  });
});
