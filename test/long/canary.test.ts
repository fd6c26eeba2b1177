import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Machine, startMachine } from "../e2e/support/machine.ts";
import { findCanary, plainCanary } from "../support/canary.ts";

/** A secret in each place that a run in the lab gets as far as using. */
const config = `grafana: {password: ${plainCanary}}
k3s: {args: ["--token=${plainCanary}"]}
alerting:
  config:
    route: {receiver: team}
    receivers:
      - name: team
        slack_configs: [{api_url: "https://hooks.slack.example/services/${plainCanary}", channel: "#x"}]
checks:
  - {name: guarded, http: {url: "http://localhost:9090/-/ready", headers: {authorization: "Bearer ${plainCanary}"}}}
apps:
  prometheus:
    values: {server: {env: [{name: STORE_TOKEN, value: ${plainCanary}}]}}
  grafana:
    values:
      grafana.ini: {smtp: {password: ${plainCanary}}}
`;

/** Looks at every process of the machine, and writes down what has the secret in its command line. */
const watcher = `
while :; do
  for process in /proc/[0-9]*; do
    tr '\\0' ' ' 2>/dev/null < $process/cmdline | grep -F -f "$1" && echo "$process"
  done
  sleep 0.05
done`;

async function watch(machine: Machine) {
  const secret = join(machine.folder, "secret");
  await writeFile(secret, `${plainCanary}\n`);
  const watching = machine.start(["bash", "-c", watcher, "watch", secret]);
  return {
    /** What other users could see until now. */
    end: async () => {
      watching.kill("SIGKILL");
      await watching.finished;
      return watching.streams.stdout;
    },
  };
}

/** Bytes up to which a file is searched for every form of the secret. */
const maxDecodedBytes = 4_000_000;

/** Everything below a folder, unpacked where it is an archive. */
async function leaksBelow(machine: Machine, folder: string): Promise<string[]> {
  const leaks: string[] = [];
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name);
    const found = await stat(path);
    if (!found.isFile()) continue;
    if (/\.tar(\.gz)?$/.test(name)) {
      const into = `${path}.unpacked`;
      await mkdir(into);
      const unpacked = await machine.run(["tar", "-xf", path, "-C", into]);
      expect(unpacked.exitCode, unpacked.output).toBe(0);
      leaks.push(...(await leaksBelow(machine, into)));
    } else if (found.size > maxDecodedBytes) {
      // Tools and layers of images, which come from elsewhere: the plain secret would be a leak all the same.
      if ((await readFile(path)).includes(plainCanary)) leaks.push(name);
    } else leaks.push(...findCanary(await readFile(path)).map((what) => `${name}: ${what}`));
  }
  return leaks;
}

async function runs(machine: Machine, args: readonly string[], exitCode = 0): Promise<string[]> {
  const done = await machine.monstack(args);
  expect(done.exitCode, done.output).toBe(exitCode);
  expect(done.output).toMatch(/\S/);
  return findCanary(done.output).map((what) => `${args.join(" ")}: ${what}`);
}

it("a secret in every setting is in no log, report, diagnostics, backup or bundle, and in no process' arguments", async () => {
  await using machine = await startMachine();
  await writeFile(join(machine.folder, "monstack.yaml"), config);
  const watching = await watch(machine);
  const report = join(machine.folder, "report");
  const said = [
    ...(await runs(machine, ["up", "--verbose"])),
    ...(await runs(machine, ["verify", "--verbose"])),
    ...(await runs(machine, ["backup", "--verbose", "-o", join(report, "backup.tar.gz")])),
    ...(await runs(machine, ["down", "--verbose"])),
  ];
  expect(said).toEqual([]);
  expect(await readdir(report)).toEqual(expect.arrayContaining(["results.json", "backup.tar.gz"]));
  const bundle = join(report, "bundle.tar");
  expect(await runs(machine, ["bundle", "create", "-o", bundle, "--verbose"])).toEqual([]);
  const broken = config.replace("values: {server: {", "values: {server: {image: {tag: v0.0.0}, ");
  await writeFile(join(machine.folder, "monstack.yaml"), broken);
  expect(await runs(machine, ["run", "--verbose"], 3)).toEqual([]);
  expect((await readdir(join(report, "diagnostics"))).length).toBeGreaterThan(3);
  expect(await leaksBelow(machine, report)).toEqual([]);
  expect(await watching.end()).toBe("");
}, 600_000);
