import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { refuseChartLinks } from "../../src/app/charts/render.ts";
import { findSupply } from "../../src/app/downloads/supply.ts";
import { writeLock } from "../../src/app/lock.ts";
import { openSession } from "../../src/app/session/open.ts";
import { createHost } from "../../src/host/create.ts";
import { upstreamProgram } from "../support/judge.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const canaries = {
  ACTIONS_RUNTIME_TOKEN: "canary-runtime",
  GITHUB_TOKEN: "canary-github",
  OWN: "canary-own",
};

/** A checkout with these files and links, a home, and a folder that lies outside of it. */
async function checkout(files: Record<string, string>, links: Record<string, string> = {}) {
  const root = await realpath(await mkdtemp(join(tmpdir(), "monstack-trust-")));
  const [cwd, home, outside] = [join(root, "work"), join(root, "home"), join(root, "outside")];
  for (const folder of [cwd, home, outside]) await mkdir(folder);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), text);
  }
  for (const [name, target] of Object.entries(links)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await symlink(target, join(cwd, name));
  }
  const log = createRecordingLogger();
  const open = async (trust: "full" | "restricted", flags: Record<string, string> = {}, named?: string[]) => {
    const host = await createHost({ PATH: process.env["PATH"], HOME: home, ...canaries });
    const context = { host, log, signal: new AbortController().signal };
    const all = { trust, ...flags };
    return await openSession(context, {
      cwd,
      flags: all,
      forwardScript: "/nowhere",
      upstreamProgram,
      ...(named && { named }),
    });
  };
  return { cwd, home, outside, log, open, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}

describe("the log says once how far files are trusted", () => {
  it("and why", async () => {
    await using here = await checkout({});
    await here.open("restricted");
    expect(here.log.lines.filter(({ message }) => message.startsWith("trust: "))).toEqual([
      { level: "info", message: "trust: restricted (set by --trust)" },
    ]);
  });
});

describe("nothing is written through a link that leads out of the workspace", () => {
  it.each(["full", "restricted"] as const)("the report, with trust %s", async (trust) => {
    await using here = await checkout({}, { "monstack-report": "../outside" });
    await expect(here.open(trust)).rejects.toThrow(
      `${here.cwd}/monstack-report is not touched: it lies outside the workspace (${here.cwd})`,
    );
    await using deeper = await checkout({ "monstack.yaml": "report-dir: a/b" }, { a: "../outside" });
    await expect(deeper.open(trust)).rejects.toThrow(trust === "full" ? "a/b is not touched" : "report-dir");
  });

  it("the report where a flag names it: only in a checkout of the user's own", async () => {
    await using here = await checkout({}, { report: "../outside" });
    const flags = { "report-dir": "report" };
    expect((await here.open("full", flags)).loaded.config.reportDir).toBe(join(here.cwd, "report"));
    await expect(here.open("restricted", flags)).rejects.toThrow("report is not touched");
  });

  it.each([
    ["the lock", "monstack.lock", {}],
    ["the baseline", "base/line.json", { base: "../outside" }],
    ["a corrected file", "values/v.fixed.yaml", { values: "../outside" }],
    ["a file in the report", "monstack-report/sub/x.json", { "monstack-report/sub": "../../outside" }],
    ["a folder", "link/folder/deep.txt", { link: "../outside/none" }],
    ["git's own", ".git/hooks/pre-commit", {}],
  ])("%s", async (_, path, links) => {
    const all = path === "monstack.lock" ? { "monstack.lock": "../outside/lock" } : links;
    await using here = await checkout({}, all);
    for (const trust of ["full", "restricted"] as const) {
      const { files } = (await here.open(trust)).context.host;
      const file = join(here.cwd, path);
      await expect(files.write(file, "x")).rejects.toThrow("is not touched");
      await expect(files.mkdir(join(file, "deeper"))).rejects.toThrow("is not touched");
      await expect(files.appendDurably(file, "x")).rejects.toThrow("is not touched");
      await expect(files.append(file, pieces("x"))).rejects.toThrow("is not touched");
      await expect(files.rename(join(here.cwd, "a"), file)).rejects.toThrow("is not touched");
      await expect(files.remove(file)).rejects.toThrow("is not touched");
    }
    expect(await readdirOf(here.outside)).toEqual([]);
  });

  it("but what a person names by a flag, and folders of the user's own", async () => {
    await using here = await checkout({}, { out: "../outside" });
    const named = [join(here.cwd, "out/backup.tar.gz")];
    const { files } = (await here.open("full", {}, named)).context.host;
    await files.write(named[0] ?? "", "x");
    expect(await readFile(join(here.outside, "backup.tar.gz"), "utf8")).toBe("x");
    const strict = (await here.open("restricted", {}, named)).context.host;
    await expect(strict.files.write(named[0] ?? "", "x")).rejects.toThrow("is not touched");
    await files.write(join(here.home, "elsewhere"), "x");
    await files.write(join(here.cwd, "new/deep/file"), "x");
    expect((await lstat(join(here.cwd, "new/deep/file"))).isFile()).toBe(true);
  });
});

async function* pieces(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

async function readdirOf(folder: string): Promise<string[]> {
  const { readdir } = await import("node:fs/promises");
  return await readdir(folder);
}

describe("nothing is read through a link that leads out of a stranger's workspace", () => {
  it.each([
    ["monstack.yaml", { "monstack.yaml": "/proc/self/environ" }, {}],
    ["monstack.yaml that an input names", { "other.yaml": "/proc/self/environ" }, { config: "other.yaml" }],
    ["a file that an input names", { "am.yaml": "/proc/self/environ" }, { "alertmanager-config": "am.yaml" }],
    ["a folder that an input names", { rules: "/proc/self" }, { rules: "rules" }],
    ["a file in such a folder", { "rules/a.yaml": "/proc/self/environ" }, { rules: "rules" }],
    ["an app directory", { "app/sbkube.yaml": "/proc/self/environ" }, { "app-dir": "app" }],
    [
      "what an app directory has by custom",
      { "app/alertmanager-config.yaml": "/proc/self/environ" },
      { "app-dir": "app" },
    ],
  ])("%s", async (_, links, inputs) => {
    await using here = await checkout({ "app/config.yaml": "apps: {}", "app/sources.yaml": "{}" }, links);
    const { config: file, ...settings } = inputs as Record<string, string>;
    const host = await createHost({ PATH: process.env["PATH"], HOME: here.home, ...canaries });
    const context = { host, log: here.log, signal: new AbortController().signal };
    const flags = { trust: "restricted", ...settings };
    const outcome = await openSession(context, {
      cwd: here.cwd,
      file,
      flags,
      forwardScript: "/",
      upstreamProgram,
    }).then(
      ({ loaded }) => JSON.stringify(loaded),
      (error: Error) => error.message,
    );
    expect(outcome).not.toContain("canary");
    if (!("app/alertmanager-config.yaml" in links))
      expect(outcome).toMatch(/is not touched: it lies outside the workspace/);
  });

  it("while a run goes on", async () => {
    await using here = await checkout({ "values.yaml": "a: 1" }, { link: "/proc/self", loop: "." });
    const { files } = (await here.open("restricted")).context.host;
    for (const path of ["link/environ", "loop/loop/link/environ", ".git/config"].map((one) =>
      join(here.cwd, one),
    )) {
      await expect(files.read(path)).rejects.toThrow("is not touched");
      await expect(files.list(path)).rejects.toThrow("is not touched");
      await expect(files.exists(path)).rejects.toThrow("is not touched");
      expect(() => files.stream(path)).toThrow("is not touched");
    }
    expect(await files.read(join(here.cwd, "loop/values.yaml"))).toBe("a: 1");
    expect(await files.read(join(here.cwd, "none.yaml"))).toBeUndefined();
  });
});

describe("a stranger's chart", () => {
  it.each([
    ["a link in it", { "chart/files/x": "/proc/self/environ" }],
    ["a link to a folder", { "chart/files": "/proc/self" }],
    [
      "a link to a folder of the workspace with such a link in it",
      { "chart/files": "../shared", "shared/x": "/proc/self/environ" },
    ],
    ["a link to git's own", { "chart/files/x": "../../.git/config" }],
    ["a link in a chart within it", { "chart/charts/inner/files/x": "/etc/passwd" }],
  ])("is refused for %s", async (_, links) => {
    await using here = await checkout(
      { "chart/Chart.yaml": "name: x\nversion: 1.0.0", ".git/config": "" },
      links,
    );
    const { context, loaded } = await here.open("restricted");
    await expect(refuseChartLinks(context.host, join(here.cwd, "chart"), loaded)).rejects.toThrow(
      /^(the chart chart: .* can't be read: |.* is not touched: )(it lies outside the workspace|\.git can hold secrets)/,
    );
    const full = await here.open("full");
    await refuseChartLinks(full.context.host, join(here.cwd, "chart"), full.loaded);
  });

  it("ends when a link leads back into it", async () => {
    await using here = await checkout({ "chart/Chart.yaml": "" }, { "chart/files": ".", "chart/more": "." });
    const { context, loaded } = await here.open("restricted");
    await expect(refuseChartLinks(context.host, join(here.cwd, "chart"), loaded)).rejects.toThrow(
      "the chart chart can't be looked through: ELOOP",
    );
  });

  it("is taken with links within the workspace", async () => {
    await using here = await checkout(
      { "chart/Chart.yaml": "", "shared/x": "" },
      { "chart/files/x": "../../shared/x" },
    );
    const { context, loaded } = await here.open("restricted");
    await refuseChartLinks(context.host, join(here.cwd, "chart"), loaded);
  });
});

const sum = "0".repeat(64);
function lock(url: string, version = "v4.2.3"): string {
  return JSON.stringify({
    lockVersion: 1,
    monstack: "0.1.0",
    profile: "ci",
    tools: {
      helm: {
        asked: "default",
        version,
        amd64: { url: url.replaceAll("ARCH", "amd64"), sha256: sum },
        arm64: { url: url.replaceAll("ARCH", "arm64"), sha256: sum },
      },
    },
    charts: [],
    dashboards: [],
    images: [],
  });
}

describe("a stranger's lock", () => {
  const publishers = "https://get.helm.sh/helm-v4.2.3-linux-ARCH.tar.gz";

  it.each([
    [
      "another host",
      lock("https://evil.example/helm-v4.2.3-linux-ARCH.tar.gz"),
      "expected https://get.helm.sh/helm-v4.2.3-linux-amd64.tar.gz",
    ],
    ["plain http", lock(publishers.replace("https", "http")), "it is not where helm is published"],
    [
      "another architecture's alone",
      lock(publishers).replace("https://get.helm.sh/helm-v4.2.3-linux-arm64", "https://evil.example/x"),
      "arm64.url",
    ],
  ])("names no program of %s", async (_, text, problem) => {
    await using here = await checkout({ "monstack.lock": text });
    const { context, loaded } = await here.open("restricted");
    await expect(findSupply(context, loaded, loaded.config)).rejects.toThrow(problem);
    await expect(writeLock(await here.open("restricted"), { all: true } as never)).rejects.toThrow(problem);
    const full = await here.open("full");
    expect((await findSupply(full.context, full.loaded, full.loaded.config)).lock).toBeDefined();
  });

  it("names no version that leads elsewhere, whoever is trusted", async () => {
    const text = lock("https://get.helm.sh/helm-v4/../../evil-linux-ARCH.tar.gz", "v4/../../evil");
    await using here = await checkout({ "monstack.lock": text });
    for (const trust of ["restricted", "full"] as const) {
      const { context, loaded } = await here.open(trust);
      await expect(findSupply(context, loaded, loaded.config)).rejects.toThrow("tools.helm.version");
    }
  });

  it("may name what is published", async () => {
    await using here = await checkout({ "monstack.lock": lock(publishers) });
    const { context, loaded } = await here.open("restricted");
    expect((await findSupply(context, loaded, loaded.config)).lock).toBeDefined();
    expect(existsSync(join(here.cwd, "monstack-report"))).toBe(false);
  });
});
