import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { defaultVersions } from "../../../src/config/defaults.ts";
import { InstallError, Interrupted, UserError } from "../../../src/lib/errors.ts";
import type { ToolName } from "../../../src/lockfile/tools.ts";
import { installTool } from "../../../src/sources/tools/install.ts";
import { parseVersion, resolveVersion } from "../../../src/sources/tools/versions.ts";
import { createWeb, openSupply } from "../../../src/sources/web/web.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import { k3sUrl, publishK3s } from "../tool-releases.ts";
import { dead, htmlPage, stalled, status } from "../upstream.ts";

describe("what may be asked for", () => {
  test.each([
    ["k3s", "v1.36.3+k3s1", "v1.36.3+k3s1"],
    ["k3s", "1.36.3+k3s1", "v1.36.3+k3s1"],
    ["k3s", "v1.37.0-rc1+k3s1", "v1.37.0-rc1+k3s1"],
    ["helm", "4.1.4", "v4.1.4"],
    ["kubectl", "v1.36.3", "v1.36.3"],
  ] as const)("%s %s is exact", (tool, asked, version) => {
    expect(parseVersion(tool, asked)).toEqual({ kind: "exact", version });
  });

  test.each([
    ["k3s", "v1.36.3", /k3s' releases are named like v1.36.3\+k3s1/],
    ["k3s", "1.36.3", /k3s' releases are named like v1.36.3\+k3s1/],
    ["k3s", "newest", /is not a version of k3s/],
    ["k3s", "v1.36.3+k3s1/../../x", /is not a version of k3s/],
    ["helm", "v4.1", /newest release of a major only/],
    ["helm", "v2", /is not a version of helm/],
    ["kubectl", "v1", /is not a version of kubectl/],
    ["kubectl", "", /is not a version of kubectl/],
  ] as const)("%s %j is the user's mistake", (tool, asked, message) => {
    const parse = () => parseVersion(tool, asked);
    expect(parse).toThrow(UserError);
    expect(parse).toThrow(message);
  });
});

describe("a channel", () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = await createMachine();
  });
  afterEach(async () => {
    await machine[Symbol.asyncDispose]();
  });

  function resolve(tool: ToolName, asked: string) {
    return resolveVersion(createWeb(machine.context, machine.config, quick), tool, asked);
  }

  const channel = (name: string) => `https://update.k3s.io/v1-release/channels/${name}`;
  const redirect = (tag: string) =>
    status(302, { location: `https://github.com/k3s-io/k3s/releases/tag/${tag}` });

  test.each([
    ["stable", "stable", "v1.36.3+k3s1"],
    ["latest", "latest", "v1.37.0%2Bk3s1"],
    ["v1.35", "v1.35", "v1.35.9%2Bk3s1"],
    ["1.35", "v1.35", "v1.35.9+k3s1"],
  ])("of k3s: %s", async (asked, name, tag) => {
    machine.upstream.serve(channel(name), redirect(tag));
    expect(await resolve("k3s", asked)).toEqual({
      version: tag.replace("%2B", "+"),
      from: channel(name),
    });
  });

  test.each([
    ["helm", "stable", "https://get.helm.sh/helm4-latest-version", "v4.2.3"],
    ["helm", "v3", "https://get.helm.sh/helm3-latest-version", "v3.22.0"],
    ["kubectl", "stable", "https://dl.k8s.io/release/stable.txt", "v1.36.3"],
    ["kubectl", "v1.35", "https://dl.k8s.io/release/stable-1.35.txt", "v1.35.7"],
  ] as const)("of %s: %s", async (tool, asked, url, version) => {
    machine.upstream.serve(url, `${version}\n`);
    expect(await resolve(tool, asked)).toEqual({ version, from: url });
  });

  test("is shown with what it stands for, and where that was said", async () => {
    machine.upstream.serve(channel("stable"), redirect("v1.36.3%2Bk3s1"));
    publishK3s(machine.upstream, "v1.36.3+k3s1");
    const config = { ...machine.config, k3s: { ...machine.config.k3s, version: "stable" } };
    const tool = await installTool(machine.context, config, "k3s", quick);
    expect(tool).toMatchObject({ asked: "stable", version: "v1.36.3+k3s1", origin: k3sUrl("v1.36.3+k3s1") });
    expect(machine.log.lines[0]?.message).toBe(`k3s stable is v1.36.3+k3s1, says ${channel("stable")}`);
  });

  test.each([
    ["404, for a minor that isn't the default's", "v1.35", status(404), /answers 404/],
    ["another minor than asked", "v1.36", redirect("v1.34.9%2Bk3s1"), /answers "v1.34.9\+k3s1"/],
    [
      "an outage, for a minor that isn't the default's",
      "v1.35",
      status(503),
      /answers 503 \(tried 4 times\)/,
    ],
  ] as const)(
    "that answers with %s is an error, never another version",
    async (_name, asked, answer, message) => {
      machine.upstream.serve(channel(asked), answer);
      const error = await resolve("k3s", asked).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InstallError);
      expect((error as Error).message).toMatch(new RegExp(`^k3s.version: "${asked}" could not be resolved`));
      expect((error as Error).message).toMatch(message);
      expect(warnings()).toEqual([]);
    },
  );

  const warnings = () => machine.log.lines.filter(({ level }) => level === "warn");

  describe("whose host is out of order leaves monstack's default, with a warning that says why:", () => {
    test.each([
      ["503, tried again", status(503), "the host answers 503 (tried 4 times)", 4],
      ["429, tried again", status(429), "the host answers 429 (tried 4 times)", 4],
      ["no connection", dead, "(tried 4 times)", 4],
      ["403, tried again", status(403), "the host answers 403 (tried 4 times)", 4],
      ["401", status(401), "the host answers 401", 1],
      // For hours: https://github.com/k3s-io/k3s/issues/11421
      ["404", status(404), "the host answers 404", 1],
      ["410", status(410), "the host answers 410", 1],
      ["JSON without anything", "{}", 'answers "no redirect"', 1],
      ["nothing", "", 'answers "no redirect"', 1],
      ["a login page", htmlPage, 'answers "no redirect"', 1],
      [
        "a redirect to something else",
        status(302, { location: "https://login.example/?x" }),
        'answers "?x"',
        1,
      ],
    ] as const)("%s", async (_name, answer, why, asked) => {
      machine.upstream.serve(channel("stable"), answer);
      expect(await resolve("k3s", "stable")).toEqual({
        version: defaultVersions.k3s,
        from: "monstack's default",
      });
      expect(machine.upstream.requests).toHaveLength(asked);
      expect(warnings()).toEqual([
        { level: "warn", message: expect.stringContaining(why), about: { title: "monstack: versions" } },
      ]);
      const said = `k3s.version: "stable" could not be resolved, so monstack's default ${defaultVersions.k3s} is taken`;
      expect(warnings()[0]?.message).toContain(said);
      expect(warnings()[0]?.message).toContain(channel("stable"));
    });

    test.each([
      ["k3s", "latest", channel("latest")],
      ["k3s", "v1.36", channel("v1.36")],
      ["helm", "stable", "https://get.helm.sh/helm4-latest-version"],
      ["helm", "v4", "https://get.helm.sh/helm4-latest-version"],
      ["kubectl", "1.36", "https://dl.k8s.io/release/stable-1.36.txt"],
    ] as const)("%s %s", async (tool, asked, url) => {
      machine.upstream.serve(url, status(403));
      expect((await resolve(tool, asked)).version).toBe(defaultVersions[tool]);
    });

    test.each([
      ["404", status(404)],
      ["410", status(410)],
      ["a login page", htmlPage],
      ["JSON without anything", "{}"],
      ["nothing", ""],
    ] as const)("a text that is %s", async (_name, answer) => {
      machine.upstream.serve("https://dl.k8s.io/release/stable.txt", answer);
      expect((await resolve("kubectl", "stable")).version).toBe(defaultVersions.kubectl);
    });

    test("helm v3 has none", async () => {
      machine.upstream.serve("https://get.helm.sh/helm3-latest-version", status(403));
      await expect(resolve("helm", "v3")).rejects.toThrow(/answers 403/);
    });

    test("an HTML page for a version", async () => {
      machine.upstream.serve("https://dl.k8s.io/release/stable.txt", htmlPage);
      expect((await resolve("kubectl", "stable")).version).toBe(defaultVersions.kubectl);
      expect(warnings()[0]?.message).toContain('answers "<!DOCTYPE');
    });

    test("the results tell what was asked and what came", async () => {
      machine.upstream.serve(channel("stable"), status(403));
      publishK3s(machine.upstream, defaultVersions.k3s);
      const config = { ...machine.config, k3s: { ...machine.config.k3s, version: "stable" } };
      expect(await installTool(machine.context, config, "k3s", quick)).toMatchObject({
        asked: "stable",
        version: defaultVersions.k3s,
        origin: k3sUrl(defaultVersions.k3s),
      });
    });
  });

  test("is not asked when requests are forbidden, and no default stands in", async () => {
    const supply = { ...openSupply, offline: "--bundle x.tar" };
    const web = createWeb(machine.context, machine.config, { ...quick, supply });
    await expect(resolveVersion(web, "k3s", "stable")).rejects.toThrow(/--bundle x.tar allows no request/);
    expect(warnings()).toEqual([]);
  });

  test("is an interruption when it is interrupted, not an outage", async () => {
    machine.upstream.serve("https://dl.k8s.io/release/stable.txt", stalled("v1.36.3"));
    const web = createWeb({ ...machine.context, signal: AbortSignal.timeout(100) }, machine.config, {
      retryPolicy: { ...quick.retryPolicy, stallMs: 15_000 },
    });
    await expect(resolveVersion(web, "kubectl", "stable")).rejects.toThrow(Interrupted);
    expect(warnings()).toEqual([]);
  });
});
