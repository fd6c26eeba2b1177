import { chmod, chown, mkdir, readdir, rename, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listCacheEntries } from "../../src/cache/entries.ts";
import type { Host } from "../../src/host/host.ts";
import { joinBelow } from "../../src/lib/path.ts";
import { getCacheFolder, getToolCacheFolder, withPrivateCache } from "../../src/sources/cache-folders.ts";
import { fetchDashboard } from "../../src/sources/published-dashboard.ts";
import { installTool } from "../../src/sources/tools/install.ts";
import { createMachine, type Machine, quick } from "./machine.ts";
import { publishHelm, publishK3s } from "./tool-releases.ts";

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const revision = { kind: "id", id: 1860, revision: 37 } as const;

async function fill(): Promise<string> {
  publishHelm(machine.upstream, "v4.1.4");
  machine.upstream.serve("https://grafana.com/api/dashboards/1860/revisions/37/download", '{"title": "x"}');
  await fetchDashboard(machine.context, machine.config, revision, quick);
  return (await installTool(machine.context, machine.config, "helm", quick)).path;
}

describe("a cache that others can write is not used", () => {
  test.each([
    [".cache"],
    [".cache/monstack"],
    [".cache/monstack/tools"],
    [".cache/monstack/tools/monstack-helm"],
    [".cache/monstack/tools/monstack-helm/4.1.4"],
    [".cache/monstack/tools-by-version"],
  ])("for tools: %s", async (open) => {
    await fill();
    await chmod(join(machine.home, open), 0o777);
    await expect(installTool(machine.context, machine.config, "helm", quick)).rejects.toMatchObject({
      name: "UserError",
      message: expect.stringMatching(
        new RegExp(`^the cache folder .* is not used: .*${open} can be written by every user`),
      ),
      fix: expect.stringContaining(`chmod go-w ${join(machine.home, open)}`),
    });
  });

  test.each([[".cache/monstack/dashboards"], [".cache/monstack/dashboards/by-revision"]])(
    "for dashboards: %s",
    async (open) => {
      await fill();
      await chmod(join(machine.home, open), 0o777);
      await expect(fetchDashboard(machine.context, machine.config, revision, quick)).rejects.toThrow(
        /can be written by every user/,
      );
    },
  );

  test("for a list of it, and so for what prune removes", async () => {
    await fill();
    await chmod(join(machine.home, ".cache/monstack/images"), 0o777).catch(() => undefined);
    await mkdir(join(machine.home, ".cache/monstack/images"), { mode: 0o777, recursive: true });
    await chmod(join(machine.home, ".cache/monstack/images"), 0o777);
    await expect(listCacheEntries(machine.context)).rejects.toThrow(/images can be written by every user/);
  });

  test("a program that others can write is fetched again into one that they can't", async () => {
    const path = await fill();
    await chmod(path, 0o777);
    expect((await installTool(machine.context, machine.config, "helm", quick)).origin).not.toBe("cache");
    expect((await machine.host.exec(["stat", "-c", "%a", path])).stdout.trim()).toBe("755");
  });

  test.runIf(isRoot)("of another owner", async () => {
    await fill();
    await chown(join(machine.home, ".cache/monstack"), nobody, nobody);
    await expect(installTool(machine.context, machine.config, "helm", quick)).rejects.toThrow(
      /monstack belongs to another user \(uid 65534\)/,
    );
  });

  test.runIf(isRoot)("by a link that another user can turn elsewhere", async () => {
    await fill();
    const cache = join(machine.home, ".cache");
    const open = join(machine.home, "open");
    await mkdir(open);
    await chown(open, nobody, nobody);
    await rename(cache, join(machine.home, "real"));
    await symlink("../real", join(open, "link"));
    await symlink("open/link", cache);
    await expect(installTool(machine.context, machine.config, "helm", quick)).rejects.toThrow(
      /open belongs to/,
    );
  });
});

describe("where the cache is", () => {
  const on = (env: Host["env"]): Host => ({ ...machine.host, env, rights: "root" });

  test("a runner's tool cache that everybody can write is left alone", async () => {
    const tools = join(machine.home, "hostedtoolcache");
    await mkdir(tools);
    await chmod(tools, 0o777);
    const host = await withPrivateCache(on({ HOME: machine.home, RUNNER_TOOL_CACHE: tools }), machine.log);
    expect(getToolCacheFolder(host)).toBe(join(machine.home, ".cache/monstack/tools"));
    publishK3s(machine.upstream, "v1.36.3+k3s1");
    await installTool({ ...machine.context, host }, machine.config, "k3s", quick);
    expect(await readdir(tools)).toEqual([]);
  });

  test("a runner's tool cache of this user's own is used", async () => {
    const tools = join(machine.home, "_tool");
    await mkdir(tools);
    const host = await withPrivateCache(on({ HOME: machine.home, RUNNER_TOOL_CACHE: tools }), machine.log);
    expect(getToolCacheFolder(host)).toBe(tools);
  });

  test.runIf(isRoot)("root in a home of another user has a folder of its own", async () => {
    await chown(machine.home, nobody, nobody);
    const host = await withPrivateCache(on({ HOME: machine.home }), machine.log);
    expect(getCacheFolder(host)).toBe("/var/cache/monstack");
    expect(machine.log.lines.at(-1)?.message).toBe(
      `downloads are kept in /var/cache/monstack: ${machine.home} belongs to another user (uid 65534)`,
    );
  });

  test("a job in a home that others can write has a folder of its own in the temporary one", async () => {
    await chmod(machine.home, 0o777);
    const env = { HOME: machine.home, GITHUB_ACTIONS: "true" };
    const host = await withPrivateCache({ ...machine.host, env, rights: "sudo" }, machine.log);
    expect(getCacheFolder(host)).toBe(join(tmpdir(), `monstack-cache-${process.geteuid?.()}`, "monstack"));
  });

  test("a relative path in the environment is not one in the folder that monstack is called in", () => {
    const host = on({ HOME: "/home/ann", XDG_CACHE_HOME: "cache", RUNNER_TOOL_CACHE: "./tools" });
    expect(getToolCacheFolder(host)).toBe("/home/ann/.cache/monstack/tools");
  });

  test("a folder that the user names is never replaced by another one", async () => {
    const named = join(machine.home, "named");
    await mkdir(named);
    await chmod(named, 0o777);
    const host = await withPrivateCache(on({ HOME: machine.home, XDG_CACHE_HOME: named }), machine.log);
    publishK3s(machine.upstream, "v1.36.3+k3s1");
    await expect(
      installTool({ ...machine.context, host }, machine.config, "k3s", quick),
    ).rejects.toMatchObject({
      message: expect.stringContaining(`${named} can be written by every user (mode 0777)`),
      fix: expect.stringContaining("set XDG_CACHE_HOME to a folder that only this user can write"),
    });
    expect(await readdir(named)).toEqual([]);
  });
});

describe("a name in the cache", () => {
  test.each([
    "",
    ".",
    "..",
    "a/b",
    "../x",
    "/etc",
    "a\\..\\b",
    "a\u0000b",
    "a\nb",
    "a".repeat(256),
    "é".repeat(128),
  ])("that is more or less than a name is refused: %j", (name) => {
    expect(() => joinBelow("/cache", "tools", name)).toThrow(/can't be a name below \/cache/);
  });

  test.each(["...", "v1.36.3+k3s1", "..a", "a..", "ä", "a b"])("is joined: %j", (name) => {
    expect(joinBelow("/cache", "tools", name)).toBe(`/cache/tools/${name}`);
  });
});

test("a file where the cache needs a folder is an error that says where", async () => {
  await mkdir(join(machine.home, ".cache/monstack/tools"), { recursive: true });
  await writeFile(join(machine.home, ".cache/monstack/tools/monstack-helm"), "not a folder");
  publishHelm(machine.upstream, "v4.1.4");
  await expect(installTool(machine.context, machine.config, "helm", quick)).rejects.toThrow(
    /helm v4.1.4 could not be put into/,
  );
});
