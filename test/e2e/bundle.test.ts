import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";
import { seconds, statuses } from "./support/results.ts";

const cli = resolve(import.meta.dirname, "../../dist/cli.js");

/** Outlives the machines. */
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-bundle-e2e-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Inspected {
  arch: string;
  verified: { checks: string[] };
  tools: { name: string; version: string }[];
  images: { image: string; digest: string }[];
}

/** Packets that left, or tried to, by the uplink: from this host and from its pods. */
async function packetsOut(machine: Machine): Promise<number> {
  const list = await machine.run(["iptables", "-t", "mangle", "-nvxL", "POSTROUTING"]);
  expect(list.exitCode, list.output).toBe(0);
  return Number(
    /^\s*(\d+)\s+\d+\s.*\sleaving\s/m.exec(list.stdout.replace("/* leaving */", "leaving "))?.[1],
  );
}

it("a bundle that is made with a network runs without one, and nothing tries to leave", async () => {
  const file = join(folder, "stack.tar");
  {
    await using machine = await startMachine();
    const create = await machine.monstack(["bundle", "create", "-o", file]);
    expect(create.exitCode, create.output).toBe(0);
    console.log(
      `create: ${create.seconds} s; ${create.stdout.match(/^bundle: .*/m)?.[0]}; ${seconds(await machine.results())}`,
    );
    const verify = await machine.run([process.execPath, cli, "bundle", "verify", file]);
    expect(verify.exitCode, verify.output).toBe(0);
    const inspect = await machine.run([process.execPath, cli, "bundle", "inspect", file, "--json"]);
    const { arch, tools, images, verified } = JSON.parse(inspect.stdout) as Inspected;
    expect([arch, tools.map(({ name }) => name)]).toEqual(["amd64", ["k3s", "helm", "kubectl"]]);
    // k3s' own too: no pod names the one of the pods' sandboxes.
    expect(images.map(({ image }) => image)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/mirrored-pause/),
        expect.stringMatching(/mirrored-coredns/),
        expect.stringMatching(/grafana\/grafana:/),
      ]),
    );
    expect(verified.checks).toContain("grafana-query");
  }

  await using machine = await startMachine({}, ["--no-mirror"]);
  const count = ["-t", "mangle", "-A", "POSTROUTING", "-o", "eth0", "-m", "comment", "--comment", "leaving"];
  expect((await machine.run(["iptables", ...count])).exitCode).toBe(0);
  const monstack = (...args: string[]) => {
    const where = ["--state-dir", `${machine.folder}/state`, "--report-dir", `${machine.folder}/report`];
    return machine.run(["env", "-u", "MONSTACK_MIRRORS", process.execPath, cli, ...args, ...where]);
  };
  const run = await monstack("run", "--bundle", file);
  expect(run.exitCode, run.output).toBe(0);
  const results = await machine.results();
  console.log(`run --bundle: ${run.seconds} s; ${seconds(results)}`);
  expect([results.verified, statuses(results, "fail")]).toEqual([true, []]);
  expect(results.teardown?.leaks).toEqual([]);
  expect(await packetsOut(machine)).toBe(0);

  const again = await monstack("plan", "--bundle", file);
  expect(again.output).toContain("all of it is in the cache already, sha256 verified");
  const other = await monstack("plan", "--bundle", file, "--profile", "as-is");
  expect(other.exitCode, other.output).toBe(2);
  expect(other.output).toMatch(/the bundle \S*stack\.tar does not fit the configuration:\n.*profile/);
});
