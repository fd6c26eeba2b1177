import { utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Session } from "../../src/app/session/session.ts";
import { cacheCommands } from "../../src/cli/commands/cache.ts";
import { installTool } from "../../src/sources/tools/install.ts";
import { createMachine, type Machine, quick } from "../sources/machine.ts";
import { publishHelm, publishK3s } from "../sources/tool-releases.ts";
import { runCommand } from "../support/run-command.ts";

const day = 24 * 3_600_000;

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

async function said(action: "list" | "prune", flags: object = {}): Promise<string> {
  const { context, config, home } = machine;
  const session = { context, loaded: { config: { ...config, stateDir: `${home}/state` } } } as Session;
  let text = "";
  const print = (more: string) => {
    text += more;
  };
  const command = cacheCommands.commands.find(({ name }) => name === action);
  expect(command && (await runCommand(command, session, flags, print))).toBe(0);
  return text
    .replaceAll(home, "HOME")
    .replaceAll(/[0-9a-f]{64}/g, "SHA256")
    .replaceAll(/ {2,}/g, "  ");
}

it("lists and prunes, for people and as JSON", async () => {
  expect(await said("list")).toBe("the cache is empty\n");
  publishK3s(machine.upstream, "v1.36.3+k3s1");
  publishHelm(machine.upstream, "v4.1.4");
  const { path } = await installTool(machine.context, machine.config, "k3s", quick);
  await installTool(machine.context, machine.config, "helm", quick);
  const then = (Date.now() - 31 * day) / 1000;
  await utimes(`${dirname(path)}.complete`, then, then);

  expect(await said("list")).toMatchInlineSnapshot(`
    "kind  name  version  size  last used  where
    tool  helm  v4.1.4 amd64  302 B  just now  HOME/.cache/monstack/tools/monstack-helm/4.1.4/SHA256
    tool  k3s  v1.36.3+k3s1 amd64  180 B  31 d ago  HOME/.cache/monstack/tools/monstack-k3s/1.36.3-k3s1/SHA256
    482 B in total
    "
  `);
  const { entries, bytes, places } = JSON.parse(await said("list", { json: true }));
  expect(entries.map(({ name }: { name: string }) => name)).toEqual(["helm", "k3s"]);
  expect(bytes).toBe(entries[0].bytes + entries[1].bytes);
  expect(places.tools).toBe("HOME/.cache/monstack/tools");
  expect(Date.now() - Date.parse(entries[1].lastUsed)).toBeGreaterThan(30 * day);

  expect(await said("prune")).toMatch(
    /^removed {2}tool k3s v1\.36\.3\+k3s1 amd64 {2}180 B\n180 B freed, 1 removed, 1 kept\n$/,
  );
  const pruned = JSON.parse(await said("prune", { all: true, json: true }));
  expect(pruned).toMatchObject({ schemaVersion: 1, removed: [{ kind: "tool", name: "helm" }], kept: [] });
  expect(await said("list")).toBe("the cache is empty\n");
});
