import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Machine, startMachine } from "./support/machine.ts";

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
}, 120_000);
afterAll(async () => {
  await machine?.[Symbol.asyncDispose]();
}, 60_000);

const storage = resolve(import.meta.dirname, "../../lab/out/mirror/registry/docker/registry/v2/repositories");

/** An image of the lab's registry as a lock has it. */
async function locked(image: string) {
  const at = image.lastIndexOf(":");
  const tag = join("_manifests/tags", image.slice(at + 1), "current/link");
  return { image, digest: (await readFile(join(storage, image.slice(0, at), tag), "utf8")).trim() };
}

const isPull = ({ path }: { path: string }) => /\/(manifests|blobs)\//.test(path);

describe("with locked images", () => {
  beforeAll(async () => {
    const made = await machine.monstack(["lock"]);
    expect(made.exitCode, made.output).toBe(0);
  }, 120_000);

  test("a wrong byte in a layer ends the run, and it is torn down", async () => {
    const layer = await layerOf("quay.io/prometheus/prometheus:v3.14.0");
    const path = `/v2/quay.io/prometheus/prometheus/blobs/${layer}`;
    await machine.misbehave([{ prefix: path, kind: "wrong-bytes" }]);
    const { exitCode, output } = await machine.monstack(["run"]);
    await machine.misbehave([]);
    expect(exitCode, output).toBe(3);
    expect(output).toMatch(
      /image quay\.io\/prometheus\/prometheus:v3\.14\.0: its layer should be sha256:\w+, got sha256:\w+/,
    );
    const { phases, teardown } = await machine.results();
    expect(phases.map(({ name }) => name)).not.toContain("verify");
    expect(teardown?.leaks).toEqual([]);
    const k3s = await machine.run(["sh", "-c", "ls /var/lib/rancher/k3s/agent 2>&1; pgrep -x k3s"]);
    expect(k3s.exitCode, k3s.output).not.toBe(0);
  }, 120_000);

  test("a limit of pulls is told as one, with the ways out", async () => {
    await machine.misbehave([{ prefix: "/v2/quay.io/", kind: "rate-limit" }]);
    const { exitCode, output } = await machine.monstack(["run"]);
    await machine.misbehave([]);
    expect(exitCode, output).toBe(3);
    expect(output).toContain("203.0.113.1:5000 limits how much this machine's address may pull");
    expect(output).toContain("TOOMANYREQUESTS: You have reached your unauthenticated pull rate limit");
    expect(output).toContain("log in: registries:");
  }, 120_000);

  test("a run is verified, and no tag is asked for; a layer that broke off was resumed", async () => {
    const path = `/v2/quay.io/prometheus/prometheus/blobs/${await layerOf("quay.io/prometheus/prometheus:v3.14.0")}`;
    await machine.misbehave([{ prefix: path, kind: "truncate", times: 1 }]);
    await machine.asked();
    const { exitCode, output } = await machine.monstack(["run"]);
    await machine.misbehave([]);
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/trying again in .* s, resuming from byte [1-9]\d+/);
    const results = await machine.results();
    expect(results.checks.find(({ id }) => id === "images-locked")).toMatchObject({ status: "pass" });
    const grafana = await locked("docker.io/grafana/grafana:13.2.0");
    expect(results.versions.imageDigests).toContainEqual(grafana);
    // monstack asks by digest; containerd itself would ask by tag.
    const pulls = (await machine.asked()).filter(isPull);
    expect(pulls.filter((pull) => !pull.path.includes("sha256:"))).toEqual([]);
    expect(pulls.filter((pull) => pull.path === path).map(({ status }) => status)).toEqual([200, 206]);
  }, 240_000);

  test("the second one fetches no byte of a tool, a chart or an image", async () => {
    const { exitCode, output } = await machine.monstack(["run"]);
    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/images: (\d+) of \1 from the cache, digests verified/);
    const asked = await machine.asked();
    expect(asked.filter(({ server }) => server === "registry")).toEqual([]);
    expect(asked.filter(({ path }) => /\.(tgz|tar\.gz)$|\/k3s$|\/kubectl$/.test(path))).toEqual([]);
  }, 240_000);
});

test("where logins are wanted, by the registry itself and by its tokens, k3s pulls with them, and nobody sees the password", async () => {
  // The registry at 5001 wants the login itself, the one at 5002 gives a token for it.
  const ports = { "docker.io": 5001, "quay.io": 5002, "registry.k8s.io": 5001 };
  const registries = Object.entries(ports).map(([name, port]) => [
    name,
    `http://203.0.113.1:${port}/${name}`,
  ]);
  const login = { username: "lab", password: ["$", "{LAB_PASSWORD}"].join("") };
  // Without a lock beside it, so that the tags are looked up too.
  const folder = join(machine.folder, "login");
  await mkdir(folder);
  const file = join(folder, "monstack.yaml");
  const config = {
    mirrors: { "https://": "http://203.0.113.1", ...Object.fromEntries(registries) },
    registries: { "203.0.113.1:5001": login, "203.0.113.1:5002": login },
  };
  await writeFile(file, stringify(config));
  // The machine's own mirrors, from its environment, would be the stronger ones.
  const env = ["env", "-u", "MONSTACK_MIRRORS", "LAB_PASSWORD=lab-password"];
  const cli = resolve(import.meta.dirname, "../../dist/cli.js");
  const where = ["--state-dir", join(folder, "state"), "--report-dir", join(folder, "report")];
  const argv = [...env, process.execPath, cli, "run", "--config", file, ...where];
  const { exitCode, output } = await machine.run(argv);
  expect(exitCode, output).toBe(0);
  expect(output).not.toContain("lab-password");
  const report = await machine.run(["grep", "-rl", "lab-password", join(folder, "report")]);
  expect(report.stdout).toBe("");
}, 240_000);

/** The biggest layer of an image in the lab's registry. */
async function layerOf(image: string): Promise<string> {
  const { digest } = await locked(image);
  const manifest = JSON.parse(await readFile(blobFile(digest), "utf8"));
  const layers: { digest: string; size: number }[] = manifest.layers;
  return layers.toSorted((a, b) => b.size - a.size)[0]?.digest ?? "";
}

function blobFile(digest: string): string {
  const hex = digest.replace("sha256:", "");
  return join(storage, "../blobs/sha256", hex.slice(0, 2), hex, "data");
}

describe("what an `up` leaves running", () => {
  const kubectl = (...args: string[]) =>
    machine.run([
      resolve(import.meta.dirname, "../../lab/out/bin/kubectl"),
      "--kubeconfig",
      join(machine.folder, "state/kubeconfig"),
      ...args,
    ]);

  test("pulls by itself, also when somebody has taken the registry's port", async () => {
    const up = await machine.monstack(["up"]);
    expect(up.exitCode, up.output).toBe(0);
    const hosts = await machine.run(["cat", "/etc/rancher/k3s/registries.yaml"]);
    const [, port = ""] = /https:\/\/127\.0\.0\.1:(\d+)\//.exec(hosts.stdout) ?? [];
    expect(port, hosts.output).toMatch(/^\d+$/);
    const mode = await machine.run(["stat", "-c", "%a %U", "/etc/rancher/k3s/registries.yaml"]);
    expect(mode.stdout).toBe("600 root\n");
    await machine.asked();
    // With a certificate of its own, which answers whatever it is asked for.
    const impostor = await machine.run([
      "sh",
      "-c",
      `${process.execPath} ${join(import.meta.dirname, "support/impostor.mjs")} ${port} >${machine.folder}/impostor 2>&1 & sleep 1; cat ${machine.folder}/impostor`,
    ]);
    expect(impostor.output).toContain("listening");
    const image = "docker.io/curlimages/curl:8.21.0";
    await kubectl("run", "later", "--image", image, "--restart=Never", "--", "sleep", "60");
    const waited = await kubectl("wait", "--for=condition=Ready", "pod/later", "--timeout=60s");
    expect(waited.exitCode, waited.output).toBe(0);
    const said = await machine.run(["cat", `${machine.folder}/impostor`]);
    expect(said.stdout).not.toContain("asked");
    expect(said.stdout).toContain("connected");
    const pulls = (await machine.asked()).filter(({ path }) => path.includes("curlimages/curl/manifests"));
    expect(pulls.length).toBeGreaterThan(0);
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
  }, 240_000);
});
