import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InstallError, UserError } from "../../../src/lib/errors.ts";
import { installTool } from "../../../src/sources/tools/install.ts";
import { tarGz } from "../archives.ts";
import { createMachine, installTools, type Machine, quick } from "../machine.ts";
import {
  helmUrl,
  k3sUrl,
  kubectlUrl,
  program,
  publishHelm,
  publishK3s,
  publishKubectl,
} from "../tool-releases.ts";
import { htmlPage, sha256, status } from "../upstream.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const k3s = "v1.36.3+k3s1";

function install(name: "k3s" | "helm" | "kubectl", version?: string) {
  const config = { ...machine.config, [name]: { ...machine.config[name], ...(version ? { version } : {}) } };
  return installTool(machine.context, config, name, quick);
}

function toolFolders() {
  return readdir(join(machine.home, ".cache/monstack/tools")).catch(() => []);
}

function logged() {
  return machine.log.lines.map(({ message }) => message).join("\n");
}

test("installs all three from the upstream layout, verified and runnable", async () => {
  const { upstream, context, config } = machine;
  const k3sBytes = publishK3s(upstream, k3s);
  const helmBytes = publishHelm(upstream, "v4.1.4");
  publishKubectl(upstream, "v1.36.3");

  const tools = await installTools(context, config, ["k3s", "helm", "kubectl"], quick);

  expect(tools.k3s).toMatchObject({
    version: k3s,
    asked: k3s,
    sha256: sha256(k3sBytes),
    origin: k3sUrl(k3s),
  });
  expect(tools.helm).toMatchObject({
    version: "v4.1.4",
    sha256: sha256(helmBytes),
    origin: helmUrl("v4.1.4"),
  });
  expect(tools.kubectl.version).toBe("v1.36.3");
  expect((await stat(tools.helm.path)).mode & 0o111).not.toBe(0);
  expect(await readFile(tools.k3s.path, "utf8")).toBe(k3sBytes);
  expect(upstream.requests).toHaveLength(6);
});

test("asks nobody for what is in the cache, and verifies it", async () => {
  publishK3s(machine.upstream, k3s);
  const first = await install("k3s");
  machine.upstream.requests.length = 0;

  const second = await install("k3s");

  expect(second).toEqual({ ...first, origin: "cache" });
  expect(machine.upstream.requests).toEqual([]);
});

test("replaces a poisoned entry in the cache", async () => {
  publishK3s(machine.upstream, k3s);
  const { path } = await install("k3s");
  await writeFile(path, "#!/bin/sh\necho 'k3s version v1.36.3+k3s1'; curl evil\n");

  const again = await install("k3s");

  expect(again.origin).toBe(k3sUrl(k3s));
  expect(await readFile(path, "utf8")).toBe(program.k3s(k3s));
  expect(logged()).toContain("was changed since it was verified");
});

test("keeps two builds of one k3s version apart", async () => {
  publishK3s(machine.upstream, "v1.36.3+k3s1");
  publishK3s(machine.upstream, "v1.36.3+k3s2");
  const one = await install("k3s", "v1.36.3+k3s1");
  const two = await install("k3s", "v1.36.3+k3s2");
  expect([one.version, two.version]).toEqual(["v1.36.3+k3s1", "v1.36.3+k3s2"]);
  expect(one.path).not.toBe(two.path);
  expect((await install("k3s", "v1.36.3+k3s1")).version).toBe("v1.36.3+k3s1");
});

test("takes the arm64 files on arm64", async () => {
  const { upstream } = machine;
  const bytes = program.k3s(k3s);
  upstream.serve(k3sUrl(k3s, "k3s-arm64"), bytes);
  upstream.serve(k3sUrl(k3s, "sha256sum-arm64.txt"), `${sha256(bytes)}  k3s-arm64\n`);
  publishHelm(upstream, "v4.1.4", "arm64");
  const context = { ...machine.context, host: { ...machine.host, arch: "arm64" as const } };
  const tools = await installTools(context, machine.config, ["k3s", "helm"], quick);
  expect([tools.k3s.version, tools.helm.version]).toEqual([k3s, "v4.1.4"]);
});

test("only the action finds tools by the tool cache, which prints ::debug:: lines", async () => {
  publishK3s(machine.upstream, k3s);
  const source = (path: string) => JSON.stringify(new URL(`../../../src/${path}`, import.meta.url).href);
  // A process of its own: only there is stdout what a terminal would show.
  const script = `
    const { createHost } = await import(${source("host/create.ts")});
    const { createRecordingLogger } = await import(${source("../test/support/recording-logger.ts")});
    const { installTool } = await import(${source("sources/tools/install.ts")});
    const { find } = await import("@actions/tool-cache");
    const action = process.env.RUNNER_TOOL_CACHE && { findTool: find };
    const host = { ...(await createHost()), ...action };
    const context = { host, log: createRecordingLogger(), signal: new AbortController().signal };
    const tool = await installTool({ ...context }, ${JSON.stringify(machine.config)}, "k3s");
    console.log(tool.version, tool.origin === "cache");`;
  const run = async (extra: Record<string, string>) => {
    const env = { PATH: process.env.PATH, HOME: machine.home, ...extra };
    const argv = ["--input-type=module", "--eval", script];
    return (await promisify(execFile)(process.execPath, argv, { env })).stdout;
  };
  const runner = { RUNNER_TOOL_CACHE: join(machine.home, "runner-tools") };
  expect(await run(runner)).toContain(`${k3s} false\n`);
  const again = await run(runner);
  expect(again).toContain("::debug::");
  expect(again).toContain(`${k3s} true\n`);
  expect(await run({ GITHUB_ACTIONS: "true" })).toBe(`${k3s} false\n`);
  expect(await run({})).toBe(`${k3s} true\n`);
});

describe("a checksum", () => {
  const sums = k3sUrl(k3s, "sha256sum-amd64.txt");
  const otherSum = sha256("other bytes");

  test.each([
    [
      "is wrong",
      `${otherSum}  k3s\n`,
      new RegExp(`k3s: expected sha256 ${otherSum}.*got .*${sha256(program.k3s(k3s))}`),
    ],
    ["is for another file", `${otherSum}  k3s-arm64\n`, /no checksum of k3s: .*has only those of k3s-arm64/],
    ["is an HTML page with status 200", htmlPage, /is an HTML page/],
    ["is no checksum", "not found\n", /is not a checksum file: "not found"/],
    ["is empty", "", /is not a checksum file: empty/],
    ["is missing", status(404), /no checksum of k3s: 404 at .*sha256sum-amd64.txt/],
  ] as const)("that %s is an error, and nothing is kept", async (_name, answer, message) => {
    publishK3s(machine.upstream, k3s);
    machine.upstream.serve(sums, answer);
    const error = await install("k3s").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InstallError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain("https://github.com/k3s-io/k3s/releases/download");
    expect(await toolFolders()).toEqual([]);
  });

  test("of kubectl must be a bare sha256", async () => {
    publishKubectl(machine.upstream, "v1.36.3");
    machine.upstream.serve(`${kubectlUrl("v1.36.3")}.sha256`, "v1.36.3");
    await expect(install("kubectl")).rejects.toThrow(/is not a sha256 but "v1.36.3"/);
  });
});

test("wrong bytes are an error, and nothing is kept", async () => {
  publishK3s(machine.upstream, k3s);
  machine.upstream.serve(k3sUrl(k3s), "#!/bin/sh\nevil\n");
  await expect(install("k3s")).rejects.toThrow(/wrong checksum of k3s/);
  expect(await toolFolders()).toEqual([]);
  expect(machine.upstream.requests.filter((line) => line.endsWith("/k3s"))).toHaveLength(1);
});

test("a version that doesn't exist is told as that, without trying again", async () => {
  await expect(install("k3s", "v1.36.99+k3s1")).rejects.toThrow(/version not found: k3s v1.36.99\+k3s1/);
  expect(machine.upstream.requests).toHaveLength(2);
});

test("a program that says another version than asked is refused and not kept", async () => {
  publishK3s(machine.upstream, k3s, "v1.30.0+k3s1");
  await expect(install("k3s")).rejects.toThrow(
    /v1.36.3\+k3s1 was requested, but the download reports v1.30.0\+k3s1/,
  );
  publishK3s(machine.upstream, k3s);
  expect((await install("k3s")).origin).toBe(k3sUrl(k3s));
});

test("a build suffix is reported as it is", async () => {
  publishK3s(machine.upstream, k3s, "v1.36.3+k3s1.lab-standin");
  expect((await install("k3s")).version).toBe("v1.36.3+k3s1.lab-standin");
});

describe("helm's archive", () => {
  function publish(archive: Uint8Array) {
    machine.upstream.serve(helmUrl("v4.1.4"), archive);
    const line = `${sha256(archive)}  helm-v4.1.4-linux-amd64.tar.gz\n`;
    machine.upstream.serve(`${helmUrl("v4.1.4")}.sha256sum`, line);
  }

  test("may hold names that lead out of the folder: they have no effect", async () => {
    publish(
      tarGz(
        { name: "../../../../monstack-escaped", content: "x" },
        { name: join(machine.home, "absolute"), content: "x" },
        { name: "linux-amd64", type: "2", linkTo: machine.home },
        { name: "linux-amd64/helm", content: program.helm("v4.1.4") },
      ),
    );
    expect((await install("helm")).version).toBe("v4.1.4");
    expect(await readdir(machine.home)).toEqual([".cache"]);
  });

  test.each([
    [
      "has no helm in it",
      tarGz({ name: "linux-arm64/helm", content: "x" }),
      /there is no linux-amd64\/helm in it/,
    ],
    [
      "has a link instead of helm",
      tarGz({ name: "linux-amd64/helm", type: "2", linkTo: "/bin/sh" }),
      /there is no/,
    ],
    ["is no archive", Buffer.from("hello"), /not a whole .tar.gz/],
  ])("that %s is an error", async (_name, archive, message) => {
    publish(archive);
    await expect(install("helm")).rejects.toThrow(message);
    expect(await toolFolders()).toEqual([]);
  });
});

describe("a path", () => {
  async function at(path: string) {
    const config = { ...machine.config, k3s: { ...machine.config.k3s, path } };
    return installTool(machine.context, config, "k3s", quick);
  }

  test("to an executable is taken, and asked for its version", async () => {
    const path = join(machine.home, "my k3s");
    await writeFile(path, program.k3s("v1.35.1+k3s1"));
    await chmod(path, 0o755);
    expect(await at(path)).toEqual({
      name: "k3s",
      path,
      asked: path,
      version: "v1.35.1+k3s1",
      sha256: sha256(program.k3s("v1.35.1+k3s1")),
      origin: "path",
    });
    expect(machine.upstream.requests).toEqual([]);
  });

  test("to nothing, to a folder, or to something that can't be run is the user's mistake", async () => {
    await expect(at(join(machine.home, "nothing"))).rejects.toThrow(UserError);
    await mkdir(join(machine.home, "folder"));
    await expect(at(join(machine.home, "folder"))).rejects.toThrow(UserError);
    const plain = join(machine.home, "plain");
    await writeFile(plain, program.k3s(k3s), { mode: 0o644 });
    await expect(at(plain)).rejects.toThrow(/k3s.path: .*can't be run/);
    await chmod(plain, 0o755);
    await writeFile(plain, "#!/bin/sh\necho hello\n");
    await expect(at(plain)).rejects.toThrow(/reports no version of k3s/);
  });
});
