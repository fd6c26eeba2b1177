import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, type MirrorFault, startMachine } from "./support/machine.ts";

type Way = Omit<MirrorFault, "prefix">;

const helm = "/get.helm.sh/helm-v";
const k3s = "/github.com/k3s-io/k3s/releases/download/";
const chart = "/github.com/prometheus-community/helm-charts/";
const index = "/prometheus-community.github.io/helm-charts/";
const evil: Way = { kind: "redirect", location: "http://203.0.113.9/evil" };

const both = (way: Way): MirrorFault[] => [
  { prefix: chart, ...way },
  { prefix: index, ...way },
];

// `rbac` renders the charts: it needs helm and them, and neither k3s nor a cluster.
const ofHelm: [string, MirrorFault, RegExp][] = [
  [
    "wrong bytes",
    { prefix: helm, kind: "wrong-bytes" },
    /is not a checksum file|no checksum of|wrong checksum of helm/,
  ],
  ["a body that breaks off", { prefix: helm, kind: "truncate" }, /the connection .*\(tried 4 times\)/],
  ["an HTML page with 200", { prefix: helm, kind: "html" }, /is an HTML page, not a checksum file/],
  ["no checksum file", { prefix: helm, kind: "missing-checksum" }, /no checksum of helm-v.*: 404/],
  [
    "the checksum of another file",
    { prefix: helm, kind: "other-checksum" },
    /has only those of another-file/,
  ],
  ["another host", { prefix: helm, ...evil }, /redirects to another host, http:\/\/203.0.113.9\/evil/],
  ["a body without end", { prefix: helm, kind: "endless" }, /more than \d+ bytes/],
  ["a gzip bomb", { prefix: helm, kind: "gzip-bomb" }, /more than \d+ bytes unpacked/],
  [
    "an archive with ../",
    { prefix: helm, kind: "bad-archive", entry: "dotdot" },
    /there is no linux-amd64\/helm in it/,
  ],
  [
    "an archive with /",
    { prefix: helm, kind: "bad-archive", entry: "absolute" },
    /there is no linux-amd64\/helm in it/,
  ],
  [
    "an archive with a link",
    { prefix: helm, kind: "bad-archive", entry: "link" },
    /there is no linux-amd64\/helm in it/,
  ],
];

const ofChart: [string, MirrorFault[], RegExp][] = [
  [
    "wrong bytes",
    [{ prefix: chart, kind: "wrong-bytes" }],
    /wrong checksum of prometheus-29.*the download was discarded/,
  ],
  ["a body that breaks off", [{ prefix: chart, kind: "truncate" }], /the connection .*\(tried 4 times\)/],
  [
    "an HTML page with 200",
    [{ prefix: chart, kind: "html" }],
    /wrong checksum of .*which answers with an HTML page/,
  ],
  ["no index", [{ prefix: index, kind: "status", status: 404 }], /no chart repository found at/],
  [
    "an index of another host",
    [{ prefix: index, ...evil }],
    /redirects to another host, http:\/\/203.0.113.9\/evil/,
  ],
  ["a body without end", [{ prefix: chart, kind: "endless" }], /more than \d+ bytes/],
  ["a gzip bomb", both({ kind: "gzip-bomb" }), /unpacked it has more than \d+ bytes/],
  ["an archive with ../", both({ kind: "bad-archive" }), /"lab\/\.\.\/\.\.\/lab-fault" in it leads out/],
  [
    "an archive with /",
    both({ kind: "bad-archive", entry: "absolute" }),
    /"\/tmp\/lab-fault" in it leads out/,
  ],
  [
    "an archive with a link",
    both({ kind: "bad-archive", entry: "link" }),
    /is a link out of the chart's folder/,
  ],
];

const ofK3s: [string, MirrorFault, RegExp][] = [
  ["wrong bytes", { prefix: `${k3s}v1.36.3+k3s1/k3s`, kind: "wrong-bytes" }, /wrong checksum of k3s/],
  ["an HTML page with 200", { prefix: k3s, kind: "html" }, /is an HTML page, not a checksum file/],
  ["no checksum file", { prefix: k3s, kind: "missing-checksum" }, /no checksum of k3s: 404/],
  ["the checksum of another file", { prefix: k3s, kind: "other-checksum" }, /has only those of another-file/],
  ["another host", { prefix: k3s, ...evil }, /redirects to another host, http:\/\/203.0.113.9\/evil/],
  ["a body without end", { prefix: `${k3s}v1.36.3+k3s1/k3s`, kind: "endless" }, /more than \d+ bytes/],
];

describe("what isn't what it should be is not installed, leaves nothing, and the next run works:", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
    await mkdir(join(machine.folder, "tmp"));
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  const monstack = (command: string) => {
    const env = { XDG_CACHE_HOME: join(machine.folder, "cache"), TMPDIR: join(machine.folder, "tmp") };
    return machine.monstack([command], { env, timeout: 120 });
  };

  /** `gone`: what of the cache is taken away before, so that it has to be fetched. */
  async function failsWith(
    { command, gone }: { command: string; gone: string },
    faults: MirrorFault[],
    words: RegExp,
  ): Promise<void> {
    await machine.run(["rm", "-rf", join(machine.folder, "cache", "monstack", gone)]);
    await machine.misbehave(faults);
    const failed = await monstack(command).finally(() => machine.misbehave([]));
    expect(failed.exitCode, failed.output).toBe(3);
    expect(failed.stderr).toMatch(words);
    expect(failed.stderr).toContain("to fix it: ");
    expect(await readdir(join(machine.folder, "tmp"))).toEqual([]);
    const places = [join(machine.folder, "state"), "/etc/rancher", "/var/lib/rancher"];
    const left = await machine.run(["find", ...places, "-mindepth", "1"]);
    expect(left.stdout).toBe("");
    const processes = await machine.run(["ps", "-eo", "args"]);
    expect(processes.stdout).not.toMatch(/cli\.js|forward\.js|k3s server|helm template/);
  }

  async function cached(): Promise<string> {
    const { stdout } = await machine.run(["find", join(machine.folder, "cache"), "-type", "f"]);
    return stdout;
  }

  async function worksAgain(): Promise<void> {
    const again = await monstack("rbac");
    expect(again.exitCode, again.output).toBe(0);
  }

  it.each(ofHelm)("helm: %s", async (_name, fault, words) => {
    await failsWith({ command: "rbac", gone: "tools/monstack-helm" }, [fault], words);
    expect(await cached()).not.toContain("monstack-helm");
  });

  it("helm: without a fault the next run works", worksAgain);

  it.each(ofChart)("a chart: %s", async (_name, faults, words) => {
    await failsWith({ command: "rbac", gone: "charts" }, faults, words);
    // The other chart may be there, whole.
    expect((await cached()).match(/\.tgz$/gm)?.length ?? 0).toBeLessThanOrEqual(1);
  });

  it("a chart: without a fault the next run works", worksAgain);

  it.each(ofK3s)("k3s: %s", async (_name, fault, words) => {
    await failsWith({ command: "run", gone: "tools/monstack-k3s" }, [fault], words);
    expect(await cached()).not.toContain("monstack-k3s");
  });

  it("what is half written or poisoned in the cache is fetched anew", async () => {
    await worksAgain();
    const files = (await cached()).trim().split("\n");
    const spoilt = files.filter((path) => /\.tgz$|\/helm$/.test(path));
    expect(spoilt).toHaveLength(3);
    for (const path of spoilt) await machine.run(["truncate", "--size=1000", path]);
    const again = await monstack("rbac");
    expect(again.exitCode, again.output).toBe(0);
    expect(again.stderr.match(/was changed since it was verified; it is fetched again/g)).toHaveLength(3);
    expect((await cached()).trim().split("\n").sort()).toEqual(files.sort());
  });

  it("after all of it a run comes up and is verified", async () => {
    const run = await monstack("run");
    expect(run.exitCode, run.output).toBe(0);
    expect(run.stderr).not.toContain("was changed since it was verified");
  });
});
