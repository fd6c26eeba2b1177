import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";

describe("a run that doesn't end by itself", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  const cli = `${process.cwd()}/dist/cli.js`;
  const where = () => ["--state-dir", `${machine.folder}/state`, "--report-dir", `${machine.folder}/report`];

  /** Nothing of Kubernetes on the machine: no process, mount, link, rule or path. */
  async function expectClean() {
    const left = await machine.run([
      "bash",
      "-c",
      `ps -eo stat,args --no-headers | grep -v '^Z' | grep -E 'k3s|containerd|forward.js' | grep -v grep
       grep -E '/run/k3s|/var/lib/kubelet/|/run/netns/cni' /proc/mounts
       ip -o link | grep -E 'cni0|flannel|veth' | grep -vE 'eth0|uplink'
       iptables-save | grep -E 'KUBE-|CNI-|FLANNEL'
       ls -d /etc/rancher/k3s /var/lib/rancher/k3s /run/k3s ${machine.folder}/state 2>/dev/null
       true`,
    ]);
    expect(left.stdout).toBe("");
  }

  it.each([2, 6, 12])("killed after %i s, `down` clears it from the journal alone", async (seconds) => {
    const up = machine.start([process.execPath, cli, "up", ...where()]);
    await new Promise((done) => setTimeout(done, seconds * 1000));
    // By its own arguments, and only inside the machine's own process namespace.
    await machine.run(["pkill", "-KILL", "-f", `cli.js up --state-dir ${machine.folder}`]);
    await up.finished;
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
    await expectClean();
  });

  it("Ctrl-C tears down, with exit code 130", async () => {
    const up = machine.start([process.execPath, cli, "run", ...where()]);
    await expect.poll(() => up.streams.output, { timeout: 60_000 }).toContain("k3s");
    await new Promise((done) => setTimeout(done, 5000));
    await machine.run(["pkill", "-INT", "-f", `cli.js run --state-dir ${machine.folder}`]);
    const ended = await up.finished;
    expect(ended.exitCode, ended.output).toBe(130);
    await expectClean();
  });

  it("a second `up` refuses, `verify` passes, `down` works, and once more is fine", async () => {
    const up = await machine.monstack(["up"]);
    expect(up.exitCode, up.output).toBe(0);
    const again = await machine.monstack(["up"]);
    expect(again.exitCode).toBe(3);
    expect(again.stderr).toMatch(/is here already/);
    const verify = await machine.monstack(["verify"]);
    expect(verify.exitCode, verify.output).toBe(0);
    const query = await machine.run([
      "curl",
      "-fsS",
      "http://localhost:9090/api/v1/query?query=count(up==1)",
    ]);
    expect(JSON.parse(query.stdout).data.result[0].value[1]).toMatch(/^[4-9]|\d\d/);
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    await expectClean();
    const nothing = await machine.monstack(["down"]);
    expect(nothing.exitCode, nothing.output).toBe(0);
  });
});
