import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeLock } from "../../src/app/lock.ts";
import { openSession } from "../app/support/session.ts";
import { createWorld } from "../app/support/world.ts";
import { serve } from "../support/local-server.ts";

test("a lock has no credentials of a dashboard's URL, and what it locks is found and fetched with them", async () => {
  await using world = await createWorld("idle");
  await using server = await serve(({ path }) =>
    path === "/d.json?token=s3cret-token"
      ? { body: { title: "d", panels: [{ id: 1, type: "text", title: "t" }] } }
      : { status: 403, body: "no" },
  );
  const file = join(world.folder, "monstack.yaml");
  const config = (await readFile(file, "utf8"))
    .replace(/^mirrors: .*\n/m, "")
    .replace("grafana: {enabled: false}", "grafana: {enabled: false}\n  g: {chart: ./grafana}");
  await mkdir(join(world.folder, "grafana"));
  await writeFile(
    join(world.folder, "grafana/Chart.yaml"),
    "apiVersion: v2\nname: grafana\nversion: 0.1.0\n",
  );
  await writeFile(file, `${config}dashboards: ["${server.url}/d.json?token=s3cret-token"]\n`);
  const lock = async () => (await writeLock((await openSession(world)).session, { kind: "nothing" })).isSame;
  expect(await lock()).toBe(false);
  const text = await world.read("monstack.lock");
  expect(text).toContain(`from: ${server.url}/d.json?token=***`);
  expect(text).not.toContain("s3cret");
  expect(await lock()).toBe(true);
});
