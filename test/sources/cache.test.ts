import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { getCacheFolder } from "../../src/sources/cache-folders.ts";
import { fetchChart } from "../../src/sources/charts/fetch.ts";
import { fetchDashboard } from "../../src/sources/published-dashboard.ts";
import { installTool } from "../../src/sources/tools/install.ts";
import { chartTgz } from "./archives.ts";
import { createMachine, type Machine, quick } from "./machine.ts";
import { k3sUrl, program, publishHelm, publishK3s } from "./tool-releases.ts";
import { sha256, slow } from "./upstream.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const k3s = "v1.36.3+k3s1";

describe("a tool's entry is fetched again when", () => {
  test.each<[string, (path: string) => Promise<unknown>]>([
    ["it is cut off", (path) => truncate(path, 10)],
    ["it has other bytes", (path) => writeFile(path, program.k3s(k3s).replace("go1.25", "evil.5"))],
    ["its folder is empty", (path) => emptied(dirname(path))],
    ["its folder has no .complete", (path) => rm(`${dirname(path)}.complete`)],
    ["its folder is empty and has no .complete", (path) => emptied(dirname(path), true)],
  ])("%s", async (_name, spoil) => {
    publishK3s(machine.upstream, k3s);
    const install = () => installTool(machine.context, machine.config, "k3s", quick);
    const { path } = await install();
    await spoil(path);

    const again = await install();

    expect(again).toMatchObject({ path, origin: k3sUrl(k3s) });
    expect(await readFile(path, "utf8")).toBe(program.k3s(k3s));
    expect((await install()).origin).toBe("cache");
    const folder = dirname(path);
    expect((await readdir(dirname(folder))).sort()).toEqual([
      basename(folder),
      `${basename(folder)}.complete`,
    ]);
  });
});

async function emptied(folder: string, withMarker = false) {
  await rm(folder, { recursive: true });
  if (withMarker) await rm(`${folder}.complete`);
  await mkdir(folder);
}

test("the archive that a program came in is kept beside it, as it came", async () => {
  const archive = publishHelm(machine.upstream, "v4.1.4");
  const { path } = await installTool(machine.context, machine.config, "helm", quick);
  expect(await readFile(join(path, "../download.tar.gz"))).toEqual(archive);
});

describe("a chart and a dashboard are fetched again when", () => {
  const repoUrl = "https://prometheus-community.github.io/helm-charts";
  const archive = chartTgz("prometheus", "29.27.0", "v3.14.0");
  const ref = { kind: "repo", repo: "c", repoUrl, name: "prometheus", version: "29.27.0" } as const;
  const text = JSON.stringify({ title: "Node Exporter Full" });

  test.each<[string, (path: string) => Promise<unknown>]>([
    ["they are cut off", (path) => truncate(path, 10)],
    ["they have other bytes", (path) => writeFile(path, '{"title": "other"}')],
    ["they are gone", (path) => rm(path)],
    ["what names them is gone", (path) => rm(join(path, byNames(path)), { recursive: true })],
    ["what names them is cut off", (path) => cutOff(join(path, byNames(path)))],
  ])("%s", async (_name, spoil) => {
    const { upstream, context, config } = machine;
    const entry = { name: "prometheus", version: "29.27.0", digest: sha256(archive), urls: ["p.tgz"] };
    upstream.serve(`${repoUrl}/index.yaml`, JSON.stringify({ entries: { prometheus: [entry] } }));
    upstream.serve(`${repoUrl}/p.tgz`, archive);
    upstream.serve("https://grafana.com/api/dashboards/1860/revisions/37/download", text);
    const chart = () => fetchChart(context, config, ref, quick);
    const dashboard = () => fetchDashboard(context, config, { kind: "id", id: 1860, revision: 37 }, quick);
    const { path } = await chart();
    await dashboard();
    await spoil(path);
    await spoil(join(getCacheFolder(machine.host), "dashboards", `${sha256(text)}.json`));

    expect(await readFile((await chart()).path)).toEqual(archive);
    expect((await dashboard()).text).toBe(text);
    upstream.requests.length = 0;
    await Promise.all([chart(), dashboard()]);
    expect(upstream.requests).toEqual([]);
  });

  function byNames(path: string) {
    return path.endsWith(".tgz") ? "../by-version" : "../by-revision";
  }

  async function cutOff(folder: string) {
    const names = await readdir(folder);
    expect(names).toHaveLength(1);
    for (const name of names) await truncate(join(folder, name), 12);
  }
});

test("processes that fill the same cold entry at once run the same file, which none takes from under another", async () => {
  const bytes = publishK3s(machine.upstream, k3s);
  const late = slow(Buffer.from(bytes), 5, 100);
  machine.upstream.serve(k3sUrl(k3s), bytes, late, late);
  const source = (path: string) => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href);
  const recorder = JSON.stringify(new URL("../support/recording-logger.ts", import.meta.url).href);
  // Each installs it, and then runs it for as long as another may still be at it.
  const script = `
    const { createHost } = await import(${source("host/create.ts")});
    const { createRecordingLogger } = await import(${recorder});
    const { installTool } = await import(${source("sources/tools/install.ts")});
    const { execFileSync } = await import("node:child_process");
    const { statSync } = await import("node:fs");
    const context = { host: await createHost(), log: createRecordingLogger(), signal: new AbortController().signal };
    process.stdout.write("ready\\n");
    await new Promise((go) => process.stdin.once("data", go));
    const { path, origin } = await installTool(context, ${JSON.stringify(machine.config)}, "k3s");
    const { ino } = statSync(path);
    for (let n = 0; n < 60; n++) execFileSync(path, { stdio: "ignore" });
    process.stdout.write(\`\${origin} \${ino}\`);
    process.exit(0);`;
  const env = { PATH: process.env.PATH, HOME: machine.home };
  const processes = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ["--input-type=module", "--eval", script], { env, stdio: "pipe" }),
  );
  await Promise.all(processes.map(({ stdout }) => new Promise((ready) => stdout.once("data", ready))));
  const ends = processes.map(
    (child) =>
      new Promise<string>((done) => {
        let said = "";
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
        child.once("close", (code) => done(`${code} ${said}`));
      }),
  );
  for (const { stdin } of processes) stdin.end("go");
  const said = await Promise.all(ends);
  expect(said.join("\n")).toMatch(/^0 https:\S+ \d+$/m);
  const files = said.map((text) => /^0 \S+ (\d+)$/.exec(text)?.[1] ?? text);
  expect(new Set(files).size, said.join("\n")).toBe(1);
});
