import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inFolder } from "../config/in-folder.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/dashboards.md"), "utf8");
const [, example = ""] = /```yaml\n(.*?)```/s.exec(page) ?? [];
const one = JSON.stringify({ title: "One", panels: [] });

test("the example on dashboards has no mistake, and finds each of them where the page says", async () => {
  await using folder = await inFolder({
    "monstack.yaml": example,
    "dashboards/shop.json": one,
    "dashboards/team/own.json": one,
    "dashboards/team/nodes/a.json": one,
    "dashboards/team/nodes/old/b.json": one,
    "dashboards/team-b/c.json": one,
  });
  const { config, warnings } = await folder.load({ listFolder: (path) => readdir(path) });
  expect(warnings).toEqual([]);
  const found = config.dashboards.map(({ source, folder }) => [source.kind, folder]);
  expect(found).toEqual([
    ["id", undefined],
    ["id", undefined],
    ["file", undefined],
    ["file", undefined],
    ["file", "nodes"],
    ["file", "nodes - old"],
    ["url", undefined],
    ["id", "Prometheus"],
    ["file", "Team B"],
    ["url", undefined],
  ]);
});
