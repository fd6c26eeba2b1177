import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClean, startMonstack } from "./support/killed.ts";
import { type Machine, startMachine } from "./support/machine.ts";

// What hosted runners have. There k3s is a transient unit, and the pods' cgroups are systemd's.
describe("on a machine with systemd", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine({ LAB_INIT: "systemd" });
  }, 600_000);
  afterAll(async () => await machine[Symbol.asyncDispose]());

  const shell = async (script: string) => (await machine.run(["bash", "-c", script])).stdout.trim();
  const listUnits = (...patterns: string[]) =>
    shell(
      `systemctl list-units --plain --no-legend ${patterns.map((pattern) => `'${pattern}'`).join(" ")} | cut -d' ' -f1`,
    );

  /** Besides what `expectClean` looks at: no unit, no cgroup, nothing that failed. */
  async function expectNoUnits(): Promise<void> {
    expect(await listUnits("monstack*", "kubepods*", "cri-containerd*")).toBe("");
    expect(await shell("find /sys/fs/cgroup -name 'kubepods*' -o -name 'monstack*'")).toBe("");
    expect(await shell("systemctl is-system-running")).toBe("running");
  }

  it("verifies the default stack with k3s as a unit, and leaves no unit", async () => {
    const run = await machine.monstack(["run"]);
    expect(run.exitCode, run.output).toBe(0);
    expect(await machine.results()).toMatchObject({ verified: true, teardown: { leaks: [] } });
    expect(run.output).toContain("stopped monstack-k3s");
    const journal = await shell("journalctl -o cat --no-pager");
    expect(journal).toContain("Started monstack-k3s.service");
    // As systemd made them: else the test below shows nothing.
    expect(journal).toMatch(/kubepods\.slice/);
    await expectClean(machine);
    await expectNoUnits();
  });

  it("a run that was killed leaves no unit, cgroup or process behind after `down`", async () => {
    const up = startMonstack(machine, "up");
    await expect
      .poll(() => listUnits("cri-containerd-*.scope"), { timeout: 60_000 })
      .toContain("cri-containerd");
    await up.signal("KILL");
    await up.finished;
    expect(await listUnits("monstack*")).toBe("monstack-k3s.service");
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
    await expectClean(machine);
    await expectNoUnits();
  });

  it("runs as a user with sudo after an earlier k3s, whose files are that user's, and no log has a proxy's password", async () => {
    const earlier = "kubepods.slice kubepods-burstable.slice kubepods-besteffort.slice";
    await shell(`systemctl start ${earlier}; chown -R runner:runner ${machine.folder}`);
    const run = await machine.monstack(["run"], {
      env: {
        LAB_USER: "runner",
        HTTPS_PROXY: "http://ci:proxy-pass-4711@proxy.example:3128",
        NO_PROXY: "127.0.0.1,localhost,203.0.113.1,10.0.0.0/8",
      },
    });
    expect(run.exitCode, run.output).toBe(0);
    expect(await machine.results()).toMatchObject({ verified: true, teardown: { leaks: [] } });
    expect(await shell(`find ${machine.folder} /home/runner ! -user runner`)).toBe("");
    expect(await shell(`stat -c %U ${machine.folder}/report/results.json`)).toBe("runner");
    await expectClean(machine);
    expect((await listUnits("monstack*", "kubepods*", "cri-containerd*")).split("\n").sort()).toEqual(
      earlier.split(" ").sort(),
    );
    const logged = await shell("journalctl --no-pager -t sudo");
    expect(logged).toMatch(/COMMAND=.*systemd-run/);
    expect(logged + run.output).not.toContain("proxy-pass-4711");
    await shell(
      `systemctl stop ${earlier}; chown -R ${process.getuid?.()}:${process.getgid?.()} ${machine.folder}`,
    );
    await expectNoUnits();
  });
});
