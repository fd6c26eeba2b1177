import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectClean, startMonstack } from "./support/killed.ts";
import { type Machine, startMachine } from "./support/machine.ts";
import { expectNoUnits, listUnits, shell } from "./support/units.ts";

// What hosted runners have. There k3s is a transient unit, and the pods' cgroups are systemd's. A run that ends well is
// test/smoke/default.test.ts'.
describe("on a machine with systemd", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine({ LAB_INIT: "systemd" });
  }, 600_000);
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("a run that was killed leaves no unit, cgroup or process behind after `down`", async () => {
    const up = startMonstack(machine, "up");
    await expect
      .poll(() => listUnits(machine, "cri-containerd-*.scope"), { timeout: 60_000 })
      .toContain("cri-containerd");
    await up.signal("KILL");
    await up.finished;
    expect(await listUnits(machine, "monstack*")).toBe("monstack-k3s.service");
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
    await expectClean(machine);
    await expectNoUnits(machine);
  });

  it("runs as a user with sudo after an earlier k3s, whose files are that user's, and no log has a proxy's password", async () => {
    const earlier = "kubepods.slice kubepods-burstable.slice kubepods-besteffort.slice";
    await shell(machine, `systemctl start ${earlier}; chown -R runner:runner ${machine.folder}`);
    const run = await machine.monstack(["run"], {
      env: {
        LAB_USER: "runner",
        HTTPS_PROXY: "http://ci:proxy-pass-4711@proxy.example:3128",
        NO_PROXY: "127.0.0.1,localhost,203.0.113.1,10.0.0.0/8",
      },
    });
    expect(run.exitCode, run.output).toBe(0);
    expect(await machine.results()).toMatchObject({ verified: true, teardown: { leaks: [] } });
    expect(await shell(machine, `find ${machine.folder} /home/runner ! -user runner`)).toBe("");
    expect(await shell(machine, `stat -c %U ${machine.folder}/report/results.json`)).toBe("runner");
    await expectClean(machine);
    expect(
      (await listUnits(machine, "monstack*", "kubepods*", "cri-containerd*")).split("\n").sort(),
    ).toEqual(earlier.split(" ").sort());
    const logged = await shell(machine, "journalctl --no-pager -t sudo");
    expect(logged).toMatch(/COMMAND=.*systemd-run/);
    expect(logged + run.output).not.toContain("proxy-pass-4711");
    await shell(
      machine,
      `systemctl stop ${earlier}; chown -R ${process.getuid?.()}:${process.getgid?.()} ${machine.folder}`,
    );
    await expectNoUnits(machine);
  });
});
