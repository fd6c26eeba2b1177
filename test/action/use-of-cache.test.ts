import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { decideCacheUse } from "../../src/action/github-cache.ts";

const service = { ACTIONS_CACHE_URL: "http://cache/" };
const auto = { cache: "auto", bundle: undefined } as const;
const onBranch = { GITHUB_EVENT_NAME: "push", GITHUB_REF_TYPE: "branch", ...service };

function use(
  env: Record<string, string>,
  config: Parameters<typeof decideCacheUse>[0] = auto,
  lock?: string,
) {
  return decideCacheUse(config, { env, arch: "arm64" }, lock);
}

it("is on with a lock, under a key of its text", () => {
  const sum = "9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9d09af107ee8f0";
  expect(use(onBranch, auto, "aaa")).toEqual({ kind: "on", key: `monstack-linux-arm64-${sum}` });
});

it.each<[string, Record<string, string>]>([
  ["a release", { ...onBranch, GITHUB_EVENT_NAME: "release" }],
  ["the push of a tag", { ...onBranch, GITHUB_REF_TYPE: "tag", GITHUB_REF_NAME: "v1" }],
  [
    "a hand that chose a tag",
    { ...onBranch, GITHUB_EVENT_NAME: "workflow_dispatch", GITHUB_REF_TYPE: "tag" },
  ],
])("is off by itself in a workflow that was started by %s, and says so", (_name, env) => {
  expect(use(env, auto, "aaa")).toMatchObject({
    kind: "off",
    why: expect.stringContaining("no cache is used"),
  });
  expect(use(env, { ...auto, cache: "on" }, "aaa").kind).toBe("on");
});

it("is off without a lock, without a service, with a bundle, and when it is switched off", () => {
  expect(use(onBranch)).toMatchObject({ kind: "off", why: expect.stringContaining("`monstack lock`") });
  const { ACTIONS_CACHE_URL: _, ...without } = onBranch;
  expect(use(without, auto, "aaa")).toMatchObject({ why: expect.stringContaining("no cache service") });
  expect(use({ ...without, ACTIONS_CACHE_SERVICE_V2: "1" }, auto, "aaa").kind).toBe("off");
  const v2 = { ...without, ACTIONS_CACHE_SERVICE_V2: "1", ACTIONS_RESULTS_URL: "http://results/" };
  expect(use(v2, auto, "aaa").kind).toBe("on");
  expect(use(onBranch, { ...auto, cache: "off" }, "aaa")).toEqual({ kind: "off", why: undefined });
  expect(use(onBranch, { ...auto, bundle: "/b.tar" }, "aaa")).toEqual({ kind: "off", why: undefined });
});

it("our own releases use no cache: neither GitHub's action for it nor those of the set-up actions", () => {
  const folder = join(import.meta.dirname, "../../.github/workflows");
  const releases = readdirSync(folder).filter((name) => name.startsWith("release"));
  expect(releases).not.toEqual([]);
  for (const name of releases) {
    const { jobs } = parse(readFileSync(join(folder, name), "utf8")) as {
      jobs: Record<string, { steps: { uses?: string; with?: Record<string, unknown> }[] }>;
    };
    for (const { uses = "", with: given = {} } of Object.values(jobs).flatMap(({ steps }) => steps)) {
      expect(uses, name).not.toMatch(/(^|\/)cache(\/|@)/);
      // Of these, setup-go and setup-node keep caches without being asked.
      if (/^actions\/setup-(go|node)@/.test(uses))
        expect([given["cache"], given["package-manager-cache"]], uses).toContain(false);
      else expect(given, uses).not.toHaveProperty("cache");
    }
  }
});
