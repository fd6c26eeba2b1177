import { describe, expect, test } from "vitest";
import { inFolder } from "./in-folder.ts";

describe("dashboards", () => {
  test("by id, revision, file, folder and URL, in the file and in a flag", async () => {
    const yaml = `dashboards:
  - 1860
  - 315@3
  - { id: 6417, revision: 1, folder: Cluster }
  - ./mine.json
  - { dir: boards, folder: Team, inputs: { DS_X: prometheus } }
  - { url: "https://example.com/d.json", sha256: "${"a".repeat(64)}" }
`;
    await using folder = await inFolder({ "monstack.yaml": yaml, "mine.json": "{}" });
    const { config } = await folder.load();
    expect(config.dashboards.map(({ source }) => source)).toEqual([
      { kind: "id", id: 1860, revision: undefined },
      { kind: "id", id: 315, revision: 3 },
      { kind: "id", id: 6417, revision: 1 },
      { kind: "file", path: `${folder.cwd}/mine.json` },
      { kind: "dir", path: `${folder.cwd}/boards` },
      { kind: "url", url: "https://example.com/d.json", sha256: "a".repeat(64) },
    ]);
    expect(config.dashboards[4]).toMatchObject({ folder: "Team", inputs: { DS_X: "prometheus" } });
    const flags = { dashboards: "1860@37,https://example.com/d.json\nmine.json" };
    const given = (await folder.load({ flags })).config.dashboards.map(({ source }) => source.kind);
    expect(given).toEqual(["id", "url", "file"]);
  });

  test.each([
    [
      "dashboards: [{ id: x }]",
      'monstack.yaml:1:20: dashboards[0].id: "x" is not an id of grafana.com; right would be e.g. 1860',
    ],
    [
      "dashboards: [{ file: a.json, revision: 2 }]",
      "monstack.yaml:1:40: dashboards[0].revision: only one by id has a revision",
    ],
    [
      "dashboards: [{ id: 1, url: https://x }]",
      "monstack.yaml:1:28: dashboards[0].url: a dashboard has either id or url",
    ],
    [
      "dashboards: [{ folder: a }]",
      "monstack.yaml:1:14: dashboards[0]: it has neither id, file, dir nor url; right would be an id of grafana.com like 1860 or 1860@37, a .json file, a folder or a URL",
    ],
    [
      "dashboards: [{ id: 1, foldr: a }]",
      "monstack.yaml:1:23: dashboards[0].foldr: unknown key; did you mean folder?",
    ],
    ["dashboards: [gone.json]", "monstack.yaml:1:14: dashboards[0]: there is no dashboard gone.json"],
    [
      "dashboards: [{ url: https://x, sha256: abc }]",
      'monstack.yaml:1:40: dashboards[0].sha256: "abc" is no sha256; right would be 64 hex digits, in quotes',
    ],
  ])("%s", async (yaml, message) => {
    await using folder = await inFolder({ "monstack.yaml": yaml });
    expect(await folder.mistake()).toBe(`UserError: ${message}`);
  });
});
