import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";
import { took } from "./support/results.ts";

interface Fault {
  readonly what: string;
  /** The apps' values in monstack.yaml. */
  readonly apps: string;
  readonly workload: string;
  readonly container?: string;
  readonly reason: RegExp;
  readonly message: RegExp;
  /** Seconds from the deployment's begin, some 3 s before the fault can be seen, to its end. */
  readonly within: number;
}

const faults: Fault[] = [
  {
    what: "an image that doesn't exist",
    apps: `grafana: {values: {image: {tag: 0.0.0-no-such-tag}}}`,
    workload: "Deployment monitoring/grafana",
    container: "grafana",
    reason: /^(ErrImagePull|ImagePullBackOff)$/,
    message: /grafana:0\.0\.0-no-such-tag.*not found/,
    within: 15,
  },
  {
    what: "a program that ends again and again",
    apps: `prometheus: {values: {server: {extraFlags: [web.enable-lifecycle, no-such-flag]}}}`,
    workload: "Deployment monitoring/prometheus-server",
    container: "prometheus-server",
    reason: /^CrashLoopBackOff$/,
    message: /exit code \d+.*it said last: .*no-such-flag/,
    within: 30,
  },
  {
    what: "a pod that no node has room for",
    apps: `prometheus: {values: {server: {resources: {requests: {cpu: 64}}}}}`,
    workload: "Deployment monitoring/prometheus-server",
    reason: /^Unschedulable$/,
    message: /Insufficient cpu/,
    within: 15,
  },
  {
    what: "a volume that nobody provisions",
    apps: `prometheus: {values: {server: {persistentVolume: {enabled: true, storageClass: nope}}}}`,
    workload: "Deployment monitoring/prometheus-server",
    reason: /^ProvisioningFailed$/,
    message: /prometheus-server: storageclass\S* "nope" not found/,
    within: 15,
  },
  {
    what: "a volume that can't be mounted",
    apps: `prometheus:
    values:
      server:
        extraVolumes: [{name: gone, secret: {secretName: no-such-secret}}]
        extraVolumeMounts: [{name: gone, mountPath: /gone}]`,
    workload: "Deployment monitoring/prometheus-server",
    reason: /^FailedMount$/,
    message: /secret "no-such-secret" not found/,
    within: 22,
  },
  {
    what: "a container that lacks its environment",
    apps: `grafana: {values: {envFromSecret: no-such-secret}}`,
    workload: "Deployment monitoring/grafana",
    container: "grafana",
    reason: /^CreateContainerConfigError$/,
    message: /secret "no-such-secret" not found/,
    within: 24,
  },
];

describe("a stack that can't get ready", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it.each(faults)("$what: says which workload and why, soon, and leaves nothing", async (fault) => {
    await writeFile(join(machine.folder, "monstack.yaml"), `apps:\n  ${fault.apps}\n`);
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(3);

    const results = await machine.results();
    expect(results.failure, run.output).toMatchObject({
      workloads: expect.arrayContaining([
        expect.objectContaining({
          workload: fault.workload,
          reason: expect.stringMatching(fault.reason),
          message: expect.stringMatching(fault.message),
          ...(fault.container === undefined ? {} : { container: fault.container }),
        }),
      ]),
    });
    const [first = ""] = run.stderr.split("\n").filter((line) => line.includes("  error: "));
    expect(first).toContain(`error: ${fault.workload} is not ready: `);
    expect(first).toMatch(fault.message);
    if (fault.container !== undefined) expect(first).toContain(`(container ${fault.container} of pod `);
    expect(results.verified).toBe(false);
    expect(results.teardown?.leaks).toEqual([]);
    const seconds = took(results, "deploy");
    console.log(`${fault.what}: told after ${seconds.toFixed(1)} s, run ${run.seconds.toFixed(1)} s`);
    expect(seconds).toBeLessThan(fault.within);
  });
});
