import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { exitCode, type InstallError } from "../../src/lib/errors.ts";
import { fetchChart } from "../../src/sources/charts/fetch.ts";
import { installTool } from "../../src/sources/tools/install.ts";
import { chartTgz, tarGz } from "./archives.ts";
import { createMachine, type Machine, quick } from "./machine.ts";
import { helmUrl, k3sUrl, program, publishHelm, publishK3s } from "./tool-releases.ts";
import { type Answer, endless, htmlPage, packedZeros, sha256, status, truncated } from "./upstream.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const k3s = "v1.36.3+k3s1";
const helm = "v4.1.4";
const repoUrl = "https://charts.example/stable";
const chart = chartTgz("mine", "1.0.0");
const elsewhere = status(302, { location: "http://localhost:9/evil" });

function publishChart(archive: Uint8Array = chart, digest = sha256(archive)): void {
  const entry = { name: "mine", version: "1.0.0", digest, urls: ["mine-1.0.0.tgz"] };
  machine.upstream.serve(
    `${repoUrl}/index.yaml`,
    stringify({ apiVersion: "v1", entries: { mine: [entry] } }),
  );
  machine.upstream.serve(`${repoUrl}/mine-1.0.0.tgz`, archive);
}

/** What is fetched, the URLs of its bytes and of what verifies them, and the honest state of both. */
const things = {
  k3s: {
    url: k3sUrl(k3s),
    sums: k3sUrl(k3s, "sha256sum-amd64.txt"),
    bytes: Buffer.from(program.k3s(k3s)),
    publish: () => void publishK3s(machine.upstream, k3s),
    fetch: () => installTool(machine.context, machine.config, "k3s", quick),
  },
  helm: {
    url: helmUrl(helm),
    sums: `${helmUrl(helm)}.sha256sum`,
    bytes: tarGz({ name: "linux-amd64/helm", content: program.helm(helm) }),
    publish: () => void publishHelm(machine.upstream, helm),
    fetch: () => installTool(machine.context, machine.config, "helm", quick),
  },
  chart: {
    url: `${repoUrl}/mine-1.0.0.tgz`,
    sums: `${repoUrl}/index.yaml`,
    bytes: chart,
    publish: () => publishChart(),
    fetch: () => {
      const ref = { kind: "repo", repo: "own", repoUrl, name: "mine", version: "1.0.0" } as const;
      return fetchChart(machine.context, machine.config, ref, quick);
    },
  },
};

const ways: [string, "url" | "sums", string | Buffer | ((bytes: Buffer) => Answer), RegExp][] = [
  ["other bytes", "url", "other bytes", /wrong checksum of .*the download was discarded$/],
  ["nothing", "url", "", /wrong checksum of .*the download was discarded$/],
  ["half of it, again and again", "url", truncated, /connection (broke|failed).* \(tried 4 times\)$/],
  [
    "an HTML page",
    "url",
    () => htmlPage,
    /wrong checksum of .*, which answers with an HTML page; the download was/,
  ],
  ["a body without end", "url", () => endless, /more than \d+ bytes, which is more than expected$/],
  [
    "a length beyond all bounds",
    "url",
    () => status(200, { "content-length": "9000000000" }),
    /more than \d+ bytes/,
  ],
  [
    "404 for what verifies it",
    "sums",
    () => status(404),
    /no checksum of .*: 404 at|no chart repository found at/,
  ],
  [
    "an HTML page for it",
    "sums",
    () => htmlPage,
    /is an HTML page, not a checksum|not a chart repository's index/,
  ],
  [
    "another host for it",
    "sums",
    () => elsewhere,
    /it redirects to another host, http:\/\/localhost:9\/evil/,
  ],
  ["it without end", "sums", () => endless, /more than \d+ bytes, which is more than expected$/],
  [
    "a gzip bomb for it",
    "sums",
    () => packedZeros(65 * 1024 ** 2),
    /more than \d+ bytes, which is more than expected$/,
  ],
];

describe.each(["k3s", "helm", "chart"] as const)("%s, when the host gives", (name) => {
  test.each(ways)(
    "%s: an error, nothing stays, and the next try works",
    async (_way, part, answer, words) => {
      const thing = things[name];
      thing.publish();
      machine.upstream.serve(thing[part], typeof answer === "function" ? answer(thing.bytes) : answer);
      const error: InstallError = await thing.fetch().then(
        () => expect.fail("it was taken"),
        (thrown) => thrown,
      );
      expect(error.message).toMatch(words);
      expect(error.message).toContain(thing[part]);
      expect([error.exitCode, typeof error.fix]).toEqual([exitCode.notInstalled, "string"]);
      expect(await files()).toEqual([]);
      thing.publish();
      expect((await thing.fetch()).version).toMatch(/^v1.36.3\+k3s1$|^v4.1.4$|^1.0.0$/);
    },
  );
});

test.each(["k3s", "helm"] as const)("a checksum file of another file leaves %s out", async (name) => {
  const thing = things[name];
  thing.publish();
  machine.upstream.serve(thing.sums, `${sha256(thing.bytes)}  other-file\n`);
  await expect(thing.fetch()).rejects.toThrow(/no checksum of .* has only those of other-file/);
  expect(await files()).toEqual([]);
});

describe("helm's archive under its right checksum", () => {
  test.each([
    [
      "is a gzip bomb",
      tarGz({ name: "linux-amd64/zeros", content: "\0".repeat(300_000_000) }),
      /more than \d+ bytes unpacked/,
    ],
    [
      "has only names that lead out",
      tarGz({ name: "../helm", content: "x" }, { name: "/helm", content: "x" }),
      /there is no linux-amd64\/helm/,
    ],
    [
      "has a link for helm",
      tarGz({ name: "linux-amd64/helm", type: "2", linkTo: "/bin/sh" }),
      /there is no linux-amd64\/helm/,
    ],
    [
      "has a hard link for helm",
      tarGz({ name: "linux-amd64/helm", type: "1", linkTo: "/bin/sh" }),
      /there is no linux-amd64\/helm/,
    ],
  ])("that %s is an error, and nothing stays", async (_name, archive, words) => {
    machine.upstream.serve(things.helm.url, archive);
    machine.upstream.serve(things.helm.sums, `${sha256(archive)}  helm-${helm}-linux-amd64.tar.gz\n`);
    const error = await things.helm.fetch().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: expect.stringMatching(words),
      fix: expect.stringContaining("don't use it"),
    });
    expect(await files()).toEqual([]);
    things.helm.publish();
    expect((await things.helm.fetch()).version).toBe(helm);
  });
});

const about = { name: "mine/Chart.yaml", content: "apiVersion: v2\nname: mine\nversion: 1.0.0\n" };

describe("a chart under its right checksum", () => {
  test.each([
    [
      "a name above its folder",
      [{ name: "mine/../../evil", content: "x" }],
      /"mine\/\.\.\/\.\.\/evil" in it leads out/,
    ],
    ["an absolute name", [{ name: "/etc/evil", content: "x" }], /"\/etc\/evil" in it leads out/],
    [
      "such a name in Windows' way",
      [{ name: "mine\\..\\evil", content: "x" }],
      /leads out of the chart's folder/,
    ],
    ["a drive", [{ name: "C:evil", content: "x" }], /leads out of the chart's folder/],
    [
      "a link to elsewhere",
      [{ name: "mine/link", type: "2", linkTo: "/etc/passwd" }],
      /is a link out .* to "\/etc\/passwd"/,
    ],
    [
      "a link above",
      [{ name: "mine/a/link", type: "2", linkTo: "../../other" }],
      /is a link out of the chart's folder/,
    ],
    [
      "a hard link to elsewhere",
      [{ name: "mine/link", type: "1", linkTo: "etc/passwd" }],
      /is a link out of the chart's folder/,
    ],
    ["a device", [{ name: "mine/device", type: "3" }], /is not a file, folder or link \(type "3"\)/],
    [
      "a long name above its folder",
      [{ name: "@LongLink", type: "L", content: "../evil" }, { name: "mine/x" }],
      /leads out/,
    ],
    [
      "a PAX name above its folder",
      [{ name: "pax", type: "x", content: "16 path=../evil\n" }, { name: "mine/x" }],
      /leads out/,
    ],
    [
      "a PAX link above it",
      [
        { name: "pax", type: "x", content: "25 linkpath=../../passwd\n" },
        { name: "mine/x", type: "2", linkTo: "y" },
      ],
      /is a link out/,
    ],
    [
      "a PAX header that hides another",
      [{ name: "pax", type: "x", content: "33 comment=\n16 path=../evil\n" }, { name: "mine/x" }],
      /invalid PAX header/,
    ],
    [
      "two sizes",
      [{ name: "pax", type: "x", content: "12 size=512\n" }, { name: "mine/x" }],
      /that can be read \(size\)/,
    ],
    [
      "a bomb",
      [{ name: "mine/zeros", content: "\0".repeat(101 * 1024 ** 2) }],
      /unpacked it has more than 104857600 bytes/,
    ],
    ["entries without number", Array(10_001).fill({ name: "mine/x" }), /more than 10000 entries/],
    [
      "a subchart that has one of these",
      [{ name: "mine/charts/sub-1.tgz", content: "" }],
      /mine\/charts\/sub-1.tgz: the name/,
    ],
  ] as const)("with %s is refused before helm sees it, and nothing stays", async (what, entries, words) => {
    const inner = tarGz({ name: "sub/../../evil", content: "x" });
    const whole = entries.map((entry) =>
      what.startsWith("a subchart") ? { ...entry, content: inner } : entry,
    );
    publishChart(tarGz(about, ...whole));
    const error = await things.chart.fetch().catch((thrown) => thrown);
    expect(error.message).toMatch(words);
    expect(error.message).toContain(things.chart.url);
    expect(await files()).toEqual([]);
  });

  test("may have folders, links within, git's comment and packed subcharts", async () => {
    const archive = tarGz(
      {
        name: "pax_global_header",
        type: "g",
        content: "52 comment=0123456789012345678901234567890123456789\n",
      },
      { name: "mine/", type: "5" },
      about,
      { name: "mine/files/..data", content: "x" },
      { name: "mine/files/link", type: "2", linkTo: "../Chart.yaml" },
      { name: "mine/charts/sub-1.0.0.tgz", content: chartTgz("sub", "1.0.0") },
    );
    publishChart(archive);
    expect((await things.chart.fetch()).sha256).toBe(sha256(archive));
  });

  test("of the user's own is looked through too", async () => {
    const path = join(machine.home, "mine.tgz");
    await machine.host.files.write(path, tarGz(about, { name: "../evil", content: "x" }));
    const local = fetchChart(machine.context, machine.config, { kind: "path", path });
    await expect(local).rejects.toThrow(/"\.\.\/evil" in it leads out of the chart's folder/);
  });
});

/** Every file in the user's home, which is the only place for what stays. */
async function files(): Promise<string[]> {
  const entries = await readdir(machine.home, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
