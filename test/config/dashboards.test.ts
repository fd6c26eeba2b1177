import { describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { inFolder } from "./in-folder.ts";

const one = JSON.stringify({ title: "One", panels: [] });

async function listFolder(path: string): Promise<readonly string[]> {
  return (await createHost({})).files.list(path);
}

describe("dashboards", () => {
  it("are IDs, files, folders and URLs; a folder's sub-folders are Grafana's", async () => {
    await using folder = await inFolder({
      "monstack.yaml": `dashboards:
  - 1860
  - 315@3
  - {id: 3662, revision: 2, folder: Prometheus, inputs: {DS_THEMIS: prometheus}}
  - {file: one.json, folder: General}
  - {dir: ./all, folder: Mine}
  - {url: "https://example.com/d.json", sha256: ${"a".repeat(64)}}
`,
      "one.json": one,
      "all/b.json": one,
      "all/notes.txt": "no dashboard",
      "all/Nodes/a.json": one,
      "all/Nodes/Deep/c.json": one,
    });
    const { config, texts } = await folder.load({ listFolder });
    const plain = { folder: undefined, inputs: {}, isOneOfMany: false };
    const file = (name: string) => ({ kind: "file", path: `${folder.cwd}/${name}` });
    const inDir = { ...plain, isOneOfMany: true, index: 4 };
    expect(config.dashboards).toEqual([
      { ...plain, source: { kind: "id", id: 1860, revision: undefined }, index: 0 },
      { ...plain, source: { kind: "id", id: 315, revision: 3 }, index: 1 },
      {
        ...plain,
        source: { kind: "id", id: 3662, revision: 2 },
        folder: "Prometheus",
        inputs: { DS_THEMIS: "prometheus" },
        index: 2,
      },
      { ...plain, source: file("one.json"), index: 3 },
      { ...inDir, source: file("all/b.json"), folder: "Mine" },
      { ...inDir, source: file("all/Nodes/a.json"), folder: "Nodes" },
      { ...inDir, source: file("all/Nodes/Deep/c.json"), folder: "Nodes - Deep" },
      {
        ...plain,
        source: { kind: "url", url: "https://example.com/d.json", sha256: "a".repeat(64) },
        index: 5,
      },
    ]);
    expect(texts[`${folder.cwd}/all/Nodes/a.json`]).toBe(one);
  });

  it("are a list in a flag", async () => {
    await using folder = await inFolder({ "one.json": one });
    const flags = { dashboards: "1860@37, one.json\nhttps://example.com/d.json" };
    const { config } = await folder.load({ flags });
    expect(config.dashboards.map(({ source }) => source)).toEqual([
      { kind: "id", id: 1860, revision: 37 },
      { kind: "file", path: `${folder.cwd}/one.json` },
      { kind: "url", url: "https://example.com/d.json", sha256: undefined },
    ]);
  });

  it("that are none are named with their places", async () => {
    await using folder = await inFolder({
      "monstack.yaml": `dashboards:
  - {id: 1860, file: x.json}
  - {folder: X}
  - {file: x.json, revision: 2}
  - {id: 0}
  - {url: example.com/d.json}
  - {id: 1, inputs: {DS_X: [a]}}
  - ftp://example.com/x
  - 1860@x
`,
    });
    expect(await folder.mistake()).toBe(`UserError: 8 mistakes in the configuration:
  monstack.yaml:2:5: dashboards[0]: id and file together: expected one of id, file, dir or url
  monstack.yaml:3:5: dashboards[1]: no source: expected one of id, file, dir or url
  monstack.yaml:4:30: dashboards[2].revision: only a dashboard with an id has revisions
  monstack.yaml:5:10: dashboards[3].id: "0" is not an ID of a dashboard; expected for example 1860 or 1860@37
  monstack.yaml:6:11: dashboards[4].url: "example.com/d.json" is not a URL; expected https://...
  monstack.yaml:7:28: dashboards[5].inputs.DS_X: a list is not a text
  monstack.yaml:8:5: dashboards[6]: "ftp://example.com/x" is not a URL; expected https://...
  monstack.yaml:9:5: dashboards[7]: invalid revision "x" for dashboard 1860: expected a whole number from 1, for example 1860@37`);
  });

  it("that are not there, or not in their folder, are named with their places", async () => {
    await using folder = await inFolder({
      "monstack.yaml": "dashboards:\n  - 1860\n  - gone.json\n",
    });
    expect(await folder.mistake()).toBe(
      "UserError: monstack.yaml:3:5: dashboards[1]: there is no dashboard gone.json",
    );
    await using empty = await inFolder({ "monstack.yaml": "dashboards: ./none\n" });
    expect(await empty.mistake({ listFolder })).toBe(
      "UserError: monstack.yaml:1:13: dashboards: there is no dashboard (a file NAME.json) in the folder none",
    );
    expect(await empty.mistake({ listFolder, flags: { dashboards: "nowhere" } })).toBe(
      "UserError: --dashboards: there is no dashboard (a file NAME.json) in the folder nowhere",
    );
  });
});
