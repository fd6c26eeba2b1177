import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runJob } from "../../src/app/job.ts";
import { checkLock, writeLock } from "../../src/app/lock.ts";
import { createRoles } from "../../src/app/rbac.ts";
import { planCommand } from "../../src/cli/commands/plan.ts";
import { exitCode, type MonstackError } from "../../src/lib/errors.ts";
import type { Update } from "../../src/lock/update.ts";
import { chartTgz } from "../sources/archives.ts";
import { kubectlUrl, publishKubectl } from "../sources/tool-releases.ts";
import { createUpstream, sha256, status, type Upstream } from "../sources/upstream.ts";
import { runCommand } from "../support/run-command.ts";
import { openSession } from "./support/session.ts";
import { createWorld, type World } from "./support/world.ts";

const job = { mode: "run", verifyAfterUp: false, keepOnFailure: false, replace: false } as const;
const repo = "https://charts.example";
/** Where the mirror of docker.io is asked for the image x. */
const manifest = "https://v2/hub/library/x/manifests/latest?ns=docker.io";

let world: World;
let upstream: Upstream;
beforeEach(async () => {
  world = await createWorld();
  upstream = await createUpstream();
  await configure("");
  publishKubectl(upstream, "v1.36.3");
  upstream.serve(`${kubectlUrl("v1.36.3", "arm64")}.sha256`, sha256("arm"));
  publishChart("1.0.0");
  tag("1");
});
afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** A chart of a repository; the world's helm renders each to one Deployment with the image x. */
async function configure(version: string, more = "") {
  const asked = version === "" ? "" : `, version: ${version}`;
  const mirrors = `{"https://": "${upstream.origin}", docker.io: "${upstream.origin}/hub"}`;
  await writeFile(
    join(world.folder, "monstack.yaml"),
    `profile: as-is
cluster: {kubeconfig: ./kubeconfig, context: here}
helm: {path: ./helm}
repos: {own: ${repo}}
apps:
  prometheus: {enabled: false}
  grafana: {enabled: false}
  thing: {chart: own/thing${asked}}
timeouts: {deploy: 10s, verify: 1s}
mirrors: ${mirrors}
report-dir: ./report
${more}`,
  );
}

function publishChart(...versions: string[]) {
  const entries = versions.map((version) => {
    const bytes = chartTgz("thing", version);
    upstream.serve(`${repo}/thing-${version}.tgz`, bytes);
    return `  - {name: thing, version: ${version}, digest: ${sha256(bytes)}, urls: [thing-${version}.tgz]}`;
  });
  upstream.serve(`${repo}/index.yaml`, `apiVersion: v1\nentries:\n  thing:\n${entries.join("\n")}\n`);
}

/** docker.io's answer about the image x. */
function tag(content: string) {
  const headers = {
    "content-type": "application/vnd.oci.image.index.v1+json",
    "docker-content-digest": `sha256:${sha256(content)}`,
  };
  upstream.serve(manifest, (_request, response) => response.writeHead(200, headers).end());
}

async function lock(update: Update = { kind: "nothing" }) {
  return await writeLock((await openSession(world)).session, update);
}

async function check(): Promise<string> {
  const { session } = await openSession(world);
  return await checkLock(session).catch((error: MonstackError) => `${error.exitCode}: ${error.message}`);
}

async function run() {
  const { session } = await openSession(world);
  return await runJob(session, job);
}

const x = "docker.io/library/x:latest";

test("a lock has every tool for both architectures, the chart and its images, and no program was downloaded for it", async () => {
  const { changes, local, lock: made } = await lock();
  expect(changes).toEqual([
    "+ profile as-is",
    "+ kubectl v1.36.3",
    "+ chart thing 1.0.0",
    `+ image ${x} sha256:${sha256("1").slice(0, 12)}`,
  ]);
  expect(local).toEqual(["helm: helm"]);
  expect(made.tools.kubectl).toMatchObject({ asked: "default", arm64: { sha256: sha256("arm") } });
  expect(made.charts).toEqual([
    {
      from: repo,
      name: "thing",
      version: "1.0.0",
      url: `${repo}/thing-1.0.0.tgz`,
      sha256: sha256(chartTgz("thing", "1.0.0")),
    },
  ]);
  expect(upstream.requests).not.toContain(`GET ${kubectlUrl("v1.36.3")}`);
  expect(await check()).toBe("monstack.lock");
});

test("what fits stays, and what is new upstream comes only when it is named", async () => {
  await lock();
  const first = await world.read("monstack.lock");
  publishChart("1.0.0", "2.0.0");
  tag("2");
  expect((await lock()).changes).toEqual([]);
  expect(await world.read("monstack.lock")).toBe(first);
  expect((await lock({ kind: "named", names: ["x"] })).changes).toEqual([
    `~ image ${x} sha256:${sha256("1").slice(0, 12)} -> sha256:${sha256("2").slice(0, 12)}`,
  ]);
  expect((await lock({ kind: "named", names: ["thing"] })).changes).toEqual(["~ chart thing 1.0.0 -> 2.0.0"]);
  publishChart("1.0.0", "2.0.0", "3.0.0");
  tag("3");
  expect((await lock({ kind: "all" })).changes).toEqual([
    "~ chart thing 2.0.0 -> 3.0.0",
    `~ image ${x} sha256:${sha256("2").slice(0, 12)} -> sha256:${sha256("3").slice(0, 12)}`,
  ]);
});

test("a chart that two apps ask for in the same words is one entry, and moves for both", async () => {
  const more = "apps:\n  other: {chart: own/thing, release: other}\n";
  await configure("");
  const text = ((await world.read("monstack.yaml")) ?? "").replace("apps:\n", more);
  await writeFile(join(world.folder, "monstack.yaml"), text);
  await lock();
  publishChart("1.0.0", "2.0.0");
  const moved = await lock({ kind: "named", names: ["other"] });
  expect(moved.changes).toEqual(["~ chart thing 1.0.0 -> 2.0.0"]);
  expect(moved.lock.charts).toHaveLength(1);
});

test("what is asked for in other words is written down, and moves nothing", async () => {
  await lock();
  await configure("1.0.0");
  expect(await lock()).toMatchObject({ isSame: false, changes: [] });
  expect(await world.read("monstack.lock")).toContain("    name: thing\n    asked: 1.0.0\n");
  expect(await lock()).toMatchObject({ isSame: true });
});

test("a run takes the locked version, and asks neither the repository nor for a checksum", async () => {
  await lock();
  publishChart("1.0.0", "2.0.0");
  await rm(join(world.home, ".cache"), { recursive: true });
  upstream.serve(`${repo}/index.yaml`, status(503));
  upstream.serve(`${kubectlUrl("v1.36.3")}.sha256`, status(503));
  const { results, error } = await run();
  expect(error).toBeUndefined();
  expect(results.versions.charts).toMatchObject([{ chart: "thing", version: "1.0.0" }]);
  expect(results.versions.tools.map(({ name }) => name)).toEqual(["helm", "kubectl"]);
});

test("a configuration that asks for something else ends a run before anything is fetched or begun", async () => {
  await lock();
  await configure("2.0.0", "kubectl: {version: stable}\n");
  upstream.requests.length = 0;
  const { exitCode: code, error } = await run();
  expect(code).toBe(exitCode.badConfig);
  expect((error as MonstackError).message).toBe(
    "monstack.lock does not fit the configuration:\n" +
      "  monstack.yaml:12:20: kubectl.version: stable is requested, but the lock has v1.36.3, which was monstack's default\n" +
      "  monstack.yaml:8:38: apps.thing: chart own/thing 2.0.0 is requested, but the lock has 1.0.0, which was the newest",
  );
  expect((error as MonstackError).fix).toMatch(/`monstack lock` .*`monstack lock --update NAME`/);
  expect(upstream.requests).toEqual([]);
  expect(await world.read("state/journal.jsonl")).toBeUndefined();
  expect(await check()).toMatch(/^2: monstack.lock does not fit/);
});

test("plan and rbac are held to the lock as a run is", async () => {
  await lock();
  publishChart("1.0.0", "2.0.0");
  const plans = async () => {
    const printed: string[] = [];
    const { session } = await openSession(world);
    await runCommand(planCommand, session, {}, (text) => printed.push(text));
    return printed.join("");
  };
  const roles = async () => {
    const { session } = await openSession(world);
    const subject = { kind: "User", name: "jane" } as const;
    return await createRoles(session, { subject, createNamespaces: false, also: [] });
  };
  expect(await plans()).toContain("own/thing 1.0.0");
  expect(await roles()).toContain("resources: [deployments]");
  await configure("2.0.0");
  upstream.requests.length = 0;
  await expect(plans()).rejects.toThrow("monstack.lock does not fit the configuration");
  await expect(roles()).rejects.toThrow("monstack.lock does not fit the configuration");
  expect(upstream.requests).toEqual([]);
});

test("an image that the lock hasn't ends a run before anything is deployed, and lock --check as well", async () => {
  await lock();
  const rendered = (await world.read("manifest.yaml")) ?? "";
  await writeFile(join(world.folder, "manifest.yaml"), rendered.replace("image: x", "image: y:1"));
  const { exitCode: code, error } = await run();
  expect(code).toBe(exitCode.badConfig);
  const words = "app thing uses the image docker.io/library/y:1, and the lock hasn't got it";
  expect((error as MonstackError).message).toContain(words);
  expect(world.cluster.changes).toEqual([]);
  expect(await check()).toContain(words);
});

test("an image that only the cluster has is locked as such, and a run takes it", async () => {
  upstream.serve(manifest, status(404));
  const { unlocked } = await lock();
  expect(unlocked).toEqual([{ image: x, why: "its registry has no such image; the cluster may have it" }]);
  expect(await check()).toBe("monstack.lock");
  expect((await run()).error).toBeUndefined();
});

test("a lock that can't be completed is not written at all", async () => {
  await lock();
  const first = await world.read("monstack.lock");
  publishChart("1.0.0", "2.0.0");
  upstream.serve(manifest, status(400));
  await expect(lock({ kind: "all" })).rejects.toThrow("400");
  expect(await world.read("monstack.lock")).toBe(first);
});

test("--check tells of what is locked for nothing, and of a lock that isn't there", async () => {
  expect(await check()).toBe("2: lock-file: there is no monstack.lock");
  await lock();
  await configure("", "# nothing else\n");
  await writeFile(
    join(world.folder, "monstack.lock"),
    ((await world.read("monstack.lock")) ?? "").replace(
      "dashboards: []",
      `dashboards:\n  - {from: "1860", revision: 37, url: https://grafana.com/x, sha256: ${sha256("d")}}`,
    ),
  );
  expect(await check()).toBe(
    "2: monstack.lock does not fit the configuration:\n  dashboard 1860@37 is locked, but the configuration does not use it",
  );
  expect((await run()).error).toBeUndefined();
  expect((await lock()).changes).toEqual(["- dashboard 1860 revision 37"]);
  const old = `images:\n  - {image: "docker.io/library/old:1", digest: sha256:${sha256("old")}}\n`;
  await writeFile(
    join(world.folder, "monstack.lock"),
    ((await world.read("monstack.lock")) ?? "").replace("images:\n", old),
  );
  expect(await check()).toMatch(/the image docker\.io\/library\/old:1 is locked, and nothing runs it$/);
});

test("a lock file that is named has to be there", async () => {
  await configure("", "lock-file: ./ci.lock\n");
  const { exitCode: code, error } = await run();
  expect(code).toBe(exitCode.badConfig);
  expect((error as MonstackError).message).toBe("lock-file: there is no ci.lock");
});
