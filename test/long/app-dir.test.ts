import { copyFile, mkdir, readdir, rename, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "../e2e/support/machine.ts";
import { statuses } from "../e2e/support/results.ts";

const seed = resolve(import.meta.dirname, "../../examples/use-case-03");
const kubectl = `${process.cwd()}/lab/out/bin/kubectl`;

/** A chart whose only pod is ready after these seconds. */
const chart = (seconds: number, image = "docker.io/library/busybox:1.38.0") => ({
  "slow/Chart.yaml": "apiVersion: v2\nname: slow\nversion: 0.1.0\n",
  "slow/templates/slow.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: slow}
spec:
  selector: {matchLabels: {app: slow}}
  template:
    metadata: {labels: {app: slow}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: slow
          image: ${image}
          command: [sh, -c, "sleep ${seconds}; touch /tmp/ready; sleep 3600"]
          readinessProbe: {exec: {command: [test, -f, /tmp/ready]}, periodSeconds: 1}
`,
});

describe("an app directory", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  async function appDir(name: string, app: string, files: Readonly<Record<string, string>>): Promise<string> {
    const config = `apiVersion: sbkube/v1\napps:\n  slow: {type: helm, chart: ./slow, ${app}}\n`;
    for (const [path, text] of Object.entries({ ...files, "sbkube.yaml": config })) {
      await mkdir(dirname(join(machine.folder, name, path)), { recursive: true });
      await writeFile(join(machine.folder, name, path), text);
    }
    return name;
  }

  /** Nothing of the cluster, and nothing of the run but its report. */
  async function expectGone(): Promise<void> {
    expect(await machine.results()).toMatchObject({ verified: false, teardown: { leaks: [] } });
    const left = await machine.run([
      "ls",
      "-d",
      "/var/lib/rancher/k3s",
      "/etc/rancher/k3s",
      `${machine.folder}/state`,
    ]);
    expect(left.stdout).toBe("");
  }

  it("whose app has a timeout of eight minutes is not cut off after five, as with sbkube", async () => {
    const folder = await appDir("patient", "timeout: 8m", chart(305));
    const up = await machine.monstack(["up", "--app-dir", folder], { timeout: 500 });
    expect(up.exitCode, up.output).toBe(0);
    expect(up.seconds).toBeGreaterThan(305);
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
  }, 600_000);

  it("whose app has a short timeout is cut off then, with what was still missing", async () => {
    const folder = await appDir("hasty", "timeout: 15s", chart(600));
    const up = await machine.monstack(["up", "--app-dir", folder]);
    expect(up.exitCode, up.output).toBe(3);
    expect(up.stderr).toContain("Deployment default/slow, container slow: its probe goes on failing");
    expect(up.stderr).toContain("its time was up after 15 s");
    expect(up.stderr).toContain("one that needs longer to start gets a `timeout` of its own");
    expect(up.seconds).toBeLessThan(90);
    await expectGone();
  });

  it.each(["true", "false"])(
    "with atomic: %s and an image that isn't there leaves nothing",
    async (atomic) => {
      const folder = await appDir(
        "atomic",
        `atomic: ${atomic}`,
        chart(0, "docker.io/library/no-such-image:1"),
      );
      const up = await machine.monstack(["up", "--app-dir", folder]);
      expect(up.exitCode, up.output).toBe(3);
      expect(up.stderr).toContain("no-such-image:1 does not exist");
      expect(up.stderr.includes("unless --keep is given")).toBe(atomic === "false");
      await expectGone();
    },
  );

  it("of the document runs as it is; with the files that plan --fix writes it has no dead key, and its limits hold", async () => {
    const folder = join(machine.folder, "fixed");
    await mkdir(folder);
    const names = ["sbkube", "prometheus-values", "grafana-values", "custom-rules", "alertmanager-config"];
    for (const name of names) await copyFile(join(seed, `${name}.yaml`), join(folder, `${name}.yaml`));
    const asItIs = await machine.monstack(["run", "--app-dir", "."], { cwd: folder });
    expect(asItIs.exitCode, asItIs.output).toBe(0);
    expect(statuses(await machine.results(), "warn")).toEqual(["values-known"]);
    const plan = await machine.monstack(["plan", "--app-dir", ".", "--fix"], { cwd: folder });
    expect(plan.exitCode, plan.output).toBe(0);
    const fixed = (await readdir(folder)).filter((name) => name.endsWith(".fixed.yaml"));
    expect(fixed.sort()).toEqual(["grafana-values.fixed.yaml", "prometheus-values.fixed.yaml"]);
    for (const name of fixed) await rename(join(folder, name), join(folder, name.replace(".fixed", "")));

    const up = await machine.monstack(["up", "--app-dir", "."], { cwd: folder });
    expect(up.exitCode, up.output).toBe(0);
    const verify = await machine.monstack(["verify", "--app-dir", "."], { cwd: folder });
    expect(verify.exitCode, verify.output).toBe(0);
    const results = await machine.results();
    for (const status of ["fail", "warn", "error"]) expect(statuses(results, status)).toEqual([]);
    expect(statuses(results, "pass")).toContain("values-known");
    expect(await limitOf("prometheus-node-exporter")).toBe("128Mi");
    expect(await limitOf("kube-state-metrics")).toBe("256Mi");
    const down = await machine.monstack(["down", "--app-dir", "."], { cwd: folder });
    expect(down.exitCode, down.output).toBe(0);
  });

  /** Of memory, on the pod of this name. */
  async function limitOf(name: string): Promise<string> {
    const got = await machine.run([
      ...[kubectl, "--kubeconfig", join(machine.folder, "state", "kubeconfig"), "-n", "monitoring"],
      ...["get", "pods", "-l", `app.kubernetes.io/name=${name}`],
      ...["-o", "jsonpath={.items[0].spec.containers[0].resources.limits.memory}"],
    ]);
    expect(got.exitCode, got.output).toBe(0);
    return got.stdout;
  }
});
