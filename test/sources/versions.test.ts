import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { InstallError, UserError } from "../../src/host/errors.ts";
import { createWeb, installTool } from "../../src/sources/tools.ts";
import type { ToolName } from "../../src/sources/types.ts";
import { parseVersion, resolveVersion } from "../../src/sources/versions.ts";
import { createMachine, type Machine, quick } from "./machine.ts";
import { k3sUrl, publishK3s } from "./tool-releases.ts";
import { htmlPage, status } from "./upstream.ts";

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
    ["an unknown minor", status(404), /there is no such channel/],
    ["an outage", status(503), /answers 503 \(tried 4 times\)/],
    ["another minor than asked", redirect("v1.34.9%2Bk3s1"), /answers "v1.34.9\+k3s1"/],
    ["no redirect", htmlPage, /answers "no redirect"/],
  ] as const)("that answers with %s is an error, never another version", async (_name, answer, message) => {
    machine.upstream.serve(channel("v1.36"), answer);
    const error = await resolve("k3s", "v1.36").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InstallError);
    expect((error as Error).message).toMatch(/^k3s.version: "v1.36" could not be resolved/);
    expect((error as Error).message).toMatch(message);
  });

  test("with an HTML page for a version is an error", async () => {
    machine.upstream.serve("https://dl.k8s.io/release/stable.txt", htmlPage);
    await expect(resolve("kubectl", "stable")).rejects.toThrow(/answers "<!DOCTYPE/);
  });
});
