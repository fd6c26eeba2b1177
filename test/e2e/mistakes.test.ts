import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";

const mirror = "http://203.0.113.1";

describe("what goes wrong before anything runs is said, with its exit code, and leaves nothing", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());
  afterEach(async () => {
    const left = await machine.run([
      "ls",
      "-A",
      `${machine.folder}/state`,
      "/etc/rancher",
      "/var/lib/rancher",
    ]);
    const names = left.stdout.split("\n").filter((line) => line !== "" && !line.endsWith(":"));
    expect(names).toEqual([]);
    await machine.run(["curl", "-sS", "-X", "DELETE", `${mirror}/_lab/faults`]);
  });

  it("a bad configuration: file, line and key", async () => {
    await writeFile(join(machine.folder, "bad.yaml"), "profile: ci\ngrafana:\n  pasword: x\n");
    const run = await machine.monstack(["run", "--config", "bad.yaml"]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("bad.yaml:3:3");
    expect(run.stderr).toContain("did you mean password?");
  });

  it("an unknown app", async () => {
    const run = await machine.monstack(["run", "--apps", "graphana"]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain("there is no app graphana; did you mean grafana?");
  });

  it("a chart's version that isn't there: file and line, and which there are", async () => {
    await writeFile(join(machine.folder, "old.yaml"), "apps:\n  grafana:\n    version: 1.2.3\n");
    const run = await machine.monstack(["run", "--config", "old.yaml"]);
    expect(run.exitCode, run.output).toBe(2);
    expect(run.stderr).toContain(
      "old.yaml:3:14: apps.grafana.version: chart grafana-community/grafana has no version 1.2.3",
    );
    expect(run.stderr).toContain("the newest is ");
    expect(run.stderr).toContain("to fix it: name one of these versions");
  });

  it("a missing kubeconfig", async () => {
    const run = await machine.monstack(["run", "--kubeconfig", "nowhere.yaml"]);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toContain(join(machine.folder, "nowhere.yaml"));
  });

  it("wrong bytes under a right name", async () => {
    const fault = [{ prefix: "/get.helm.sh/helm-", kind: "wrong-bytes", times: 0 }];
    await machine.run(["curl", "-sS", "-X", "PUT", `${mirror}/_lab/faults`, "-d", JSON.stringify(fault)]);
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(3);
    expect(run.stderr).toMatch(/helm-v.*sha256/s);
  });

  it("a port that is taken", async () => {
    const taken = machine.start([
      process.execPath,
      "-e",
      "require('net').createServer().listen(3000, '127.0.0.1')",
    ]);
    try {
      await expect.poll(async () => (await machine.run(["ss", "-ltn"])).stdout).toContain(":3000");
      const run = await machine.monstack(["run"]);
      expect(run.exitCode, run.output).toBe(2);
      expect(run.stderr).toMatch(/port 3000 for grafana is taken by .*pid.*--grafana-port/s);
    } finally {
      await machine.run(["pkill", "-KILL", "-f", "listen.3000"]);
      await taken.finished;
    }
  });

  it("neither root nor sudo", async () => {
    const run = await machine.run(
      [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        process.execPath,
        `${process.cwd()}/dist/cli.js`,
        "run",
        "--state-dir",
        "/tmp/monstack-nobody",
        "--report-dir",
        "/tmp/monstack-nobody-report",
      ],
      { env: { HOME: "/tmp" } },
    );
    expect(run.exitCode, run.output).toBe(3);
    expect(run.stderr).toMatch(/root/);
  });
});
