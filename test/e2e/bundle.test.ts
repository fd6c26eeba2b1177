import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { act, installAct, releasedAction, repositoryOf } from "./support/act.ts";
import { type Machine, startMachine } from "./support/machine.ts";
import { seconds, statuses } from "./support/results.ts";

const root = resolve(import.meta.dirname, "../..");
const cli = join(root, "dist/cli.js");
const example = join(root, "examples/air-gapped");
const config = ["--config", join(example, "monstack.yaml")];

/** Outlives the machines. */
let folder = "";
beforeAll(async () => {
  await installAct();
  folder = await mkdtemp(join(tmpdir(), "monstack-bundle-e2e-"));
}, 500_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Made by the first test. */
const file = () => join(folder, "stack.tar");

/** What docs/bundle.md says of a run, and of all that is done with a bundle. */
const maxBytes = 200e6;

/** An environment in which Node's programs tell their peak, and the peaks of monstack's programs by their files' names and arguments. */
function peaks(machine: Machine) {
  const told = join(machine.folder, "peaks");
  const preload = join(import.meta.dirname, "support/tell-peak.mjs");
  return {
    env: { NODE_OPTIONS: `--import ${preload}`, MONSTACK_TEST_PEAKS: told },
    of: async (...args: string[]) => {
      const lines = (await readFile(told, "utf8")).trim().split("\n");
      const all = lines.map((line) => JSON.parse(line) as { args: string[]; bytes: number });
      const peak = all.find((one) => args.every((arg) => one.args.includes(arg)))?.bytes;
      console.log(`${args.join(" ")}: ${((peak ?? Number.NaN) / 1e6).toFixed(0)} MB at its peak`);
      return peak;
    },
  };
}

interface Inspected {
  arch: string;
  verified: { checks: string[] };
  tools: { name: string }[];
  dashboards: { from: string }[];
  images: { image: string }[];
}

async function made(to: string): Promise<void> {
  await using machine = await startMachine();
  const { env, of: peakOf } = peaks(machine);
  const create = await machine.monstack(["bundle", "create", "-o", to, ...config], { env });
  expect(create.exitCode, create.output).toBe(0);
  console.log(
    `create: ${create.seconds} s; ${seconds(await machine.results())}`,
    /^bundle: .*/m.exec(create.stdout)?.[0],
  );
  const verify = await machine.run([process.execPath, cli, "bundle", "verify", to], { env });
  expect(verify.exitCode, verify.output).toBe(0);
  expect(await peakOf("bundle", "create")).toBeLessThan(maxBytes);
  expect(await peakOf("bundle", "verify")).toBeLessThan(maxBytes);
  const inspect = await machine.run([process.execPath, cli, "bundle", "inspect", to, "--json"]);
  const { arch, tools, images, dashboards, verified } = JSON.parse(inspect.stdout) as Inspected;
  expect([arch, tools.map(({ name }) => name), dashboards[0]?.from]).toEqual([
    "amd64",
    ["k3s", "helm", "kubectl"],
    "1860",
  ]);
  // k3s' own too: no pod names the one of the pods' sandboxes.
  for (const name of [/mirrored-pause:/, /mirrored-coredns-coredns:/, /grafana\/grafana:/])
    expect(images.map(({ image }) => image)).toContainEqual(expect.stringMatching(name));
  expect(verified.checks).toContain("grafana-query");
}

/** From now on packets are counted that leave by the uplink, from this host or from its pods. */
async function countPackets(machine: Machine): Promise<() => Promise<number>> {
  const rule = ["POSTROUTING", "-o", "eth0", "-m", "comment", "--comment", "leaving"];
  const added = await machine.run(["iptables", "-t", "mangle", "-A", ...rule]);
  expect(added.exitCode, added.output).toBe(0);
  return async () => {
    const list = await machine.run(["iptables", "-t", "mangle", "-nvxL", "POSTROUTING"]);
    const line = list.stdout.split("\n").find((one) => one.includes("leaving"));
    return Number(line?.trim().split(/\s+/)[0]);
  };
}

async function routesOf(machine: Machine): Promise<string[]> {
  const { stdout } = await machine.run(["ip", "-4", "route", "show"]);
  return stdout.trim().split(" \n");
}

it("a bundle that is made with a network runs without any route, and nothing tries to leave", async () => {
  await made(file());

  // It has an address and no default route; there is no mirror, no DNS server, and an empty cache.
  await using machine = await startMachine({}, ["--no-mirror"]);
  await machine.run(["ip", "route", "del", "default"]);
  const routes = await routesOf(machine);
  expect(routes).toEqual(["198.51.100.0/24 dev eth0 proto kernel scope link src 198.51.100.10"]);
  const packets = await countPackets(machine);
  const { env, of: peakOf } = peaks(machine);
  const monstack = (...args: string[]) => {
    const where = ["--state-dir", `${machine.folder}/state`, "--report-dir", `${machine.folder}/report`];
    return machine.run(["env", "-u", "MONSTACK_MIRRORS", process.execPath, cli, ...args, ...where], { env });
  };
  const run = await monstack("run", "--bundle", file(), ...config);
  expect(run.exitCode, run.output).toBe(0);
  expect(await peakOf("run", "--bundle")).toBeLessThan(maxBytes);
  const results = await machine.results();
  console.log(`run --bundle: ${run.seconds} s; ${seconds(results)}`);
  expect([results.verified, statuses(results, "fail"), results.teardown?.leaks]).toEqual([true, [], []]);
  expect(run.output).toContain(
    "using 198.51.100.10 (eth0) as the node address; the services' addresses (10.43.0.0/16)",
  );
  expect(await routesOf(machine)).toEqual(routes);
  expect(await packets()).toBe(0);
  // One that does leave is counted.
  await machine.run(["curl", "-s", "-m", "1", "http://198.51.100.1/"]);
  expect(await packets()).toBeGreaterThan(0);

  const other = await monstack("plan", "--bundle", file(), ...config, "--profile", "as-is");
  expect(other.output).toContain("all of it is in the cache already, sha256 verified");
  expect(other.output).toMatch(/the bundle \S*stack\.tar does not fit the configuration:\n.*profile/);
  expect(other.exitCode).toBe(2);
});

it("the example of a runner without a network, as it stands", async () => {
  await using machine = await startMachine({}, ["--no-mirror"]);
  const home = await machine.run(["bash", "-c", 'cp "$1" ~/monstack-bundle.tar', "cp", file()]);
  expect(home.exitCode, home.output).toBe(0);
  const repository = await repositoryOf(machine, "air-gapped", { ".": example });
  const actions = { "org/monstack-action@v1": await releasedAction(machine) };
  const { env, of: peakOf } = peaks(machine);
  const job = await act(machine, repository, { actions, env: { ...env, MONSTACK_MIRRORS: "" } });
  expect(job.exitCode, job.output).toBe(0);
  expect(await peakOf("main.js")).toBeLessThan(maxBytes);
  console.log(`the example: ${job.seconds} s`);
  expect(job.output).toContain("torn down, nothing left");
});
