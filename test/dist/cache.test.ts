import { createHash } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createWorld } from "../app/support/world.ts";
import { startCacheService } from "../support/cache-service-standin.ts";
import { createRunner } from "./support/bundle.ts";

// All else of this world's stack is on the runner by its path.
it("the post step keeps what the lock names, and the next job's main step has it back", async () => {
  await using world = await createWorld();
  await using service = await startCacheService();
  const runner = await createRunner(world.folder);
  const text = '{"title": "Nodes"}';
  const sha256 = createHash("sha256").update(text).digest("hex");
  const url = "https://grafana.com/api/dashboards/1860/revisions/37/download";
  const dashboards = [{ from: "1860", revision: 37, url, sha256 }];
  const nothing = {
    tools: {},
    charts: [],
    images: [],
    unlocked: [{ image: "docker.io/library/x:latest", why: "it is nowhere" }],
  };
  const lock = { lockVersion: 1, monstack: "0.1.0", profile: "as-is", ...nothing, dashboards };
  await writeFile(join(world.folder, "monstack.lock"), JSON.stringify(lock));
  const cache = join(runner.env.HOME, ".cache/monstack/dashboards");
  await mkdir(cache, { recursive: true });
  await writeFile(join(cache, `${sha256}.json`), text);

  const main = await runner.start("main.js", service.env).finished;
  expect([main.exitCode, main.stdout.match(/^::(error|warning).*/gm)]).toEqual([0, null]);
  expect(await runner.outputs()).toMatchObject({ "cache-hit": "false" });
  expect(service.keys()).toEqual([]);
  const state = Object.entries(await runner.state()).map(([name, value]) => [`STATE_${name}`, value]);
  const post = await runner.start("post.js", { ...Object.fromEntries(state), ...service.env }).finished;
  expect([post.exitCode, post.stdout.match(/^::(error|warning).*/gm)]).toEqual([0, null]);
  // The results of a verified run are kept too, for the next one to compare with.
  const kept = await runner.state();
  expect(service.keys()).toEqual([kept["cache-key"], kept["run-key"]]);

  await rm(join(runner.env.HOME, ".cache"), { recursive: true });
  const again = await runner.start("main.js", { ...service.env, INPUT_MODE: "run" }).finished;
  expect(again.exitCode, again.stdout).toBe(0);
  expect(again.stdout).toContain("cache: 1 of 1 downloads restored");
  expect(again.stdout).toMatch(
    /(Since|Nothing changed in what could be compared since) the run of \S+ \(GitHub's cache\)/,
  );
  expect(await runner.outputs()).toMatchObject({ "cache-hit": "true" });
  expect(await readdir(cache)).toContain(`${sha256}.json`);
}, 90_000);
