import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { InstallError, UserError } from "../../../src/lib/errors.ts";
import { fetchChart } from "../../../src/sources/charts/fetch.ts";
import { chartTgz, tarGz } from "../archives.ts";
import { createMachine, type Machine, quick } from "../machine.ts";
import { htmlPage, sha256, status, truncated } from "../upstream.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const repoUrl = "https://prometheus-community.github.io/helm-charts";
const archive = chartTgz("prometheus", "29.27.0", "v3.14.0");
const archiveUrl = "https://github.com/prometheus-community/helm-charts/releases/download/p/prometheus.tgz";

function fetchPrometheus(asked = "29.27.0", url = repoUrl, name = "prometheus") {
  const version = asked === "newest" ? undefined : asked;
  const ref = { kind: "repo", repo: "community", repoUrl: url, name, version } as const;
  return fetchChart(machine.context, machine.config, ref, quick);
}

function entry(version: string, more: Record<string, unknown> = {}) {
  return { name: "prometheus", version, digest: sha256(archive), urls: [archiveUrl], ...more };
}

function publish(entries: Record<string, unknown>[], bytes: Uint8Array = archive) {
  machine.upstream.serve(
    `${repoUrl}/index.yaml`,
    stringify({ apiVersion: "v1", entries: { prometheus: entries } }),
  );
  machine.upstream.serve(archiveUrl, bytes);
}

function charts() {
  return readdir(join(machine.home, ".cache/monstack/charts")).catch(() => []);
}

function logged() {
  return machine.log.lines.map(({ message }) => message).join("\n");
}

describe("a repository's chart", () => {
  test("comes through the mirrors, verified, with what its Chart.yaml says", async () => {
    publish([entry("29.27.0")]);
    const chart = await fetchPrometheus();
    expect(chart).toMatchObject({
      name: "prometheus",
      version: "29.27.0",
      appVersion: "v3.14.0",
      sha256: sha256(archive),
      origin: archiveUrl,
    });
    expect(await readFile(chart.path)).toEqual(archive);
  });

  test("with an exact version in the cache asks nobody", async () => {
    publish([entry("29.27.0")]);
    const first = await fetchPrometheus();
    machine.upstream.requests.length = 0;
    expect(await fetchPrometheus()).toEqual(first);
    expect(machine.upstream.requests).toEqual([]);
  });

  test("that is poisoned in the cache is fetched again", async () => {
    publish([entry("29.27.0")]);
    const { path } = await fetchPrometheus();
    await writeFile(path, chartTgz("prometheus", "29.27.0", "evil"));
    expect((await fetchPrometheus()).appVersion).toBe("v3.14.0");
    expect(await readFile(path)).toEqual(archive);
    expect(logged()).toContain("was changed since it was verified");
  });

  test("without a version is the newest release, and only the index is asked for again", async () => {
    publish([entry("30.0.0-rc.1"), entry("9.30.0"), entry("29.27.0"), entry("29.3.0")]);
    expect((await fetchPrometheus("newest")).version).toBe("29.27.0");
    machine.upstream.requests.length = 0;
    await fetchPrometheus("newest");
    expect(machine.upstream.requests).toEqual([`GET ${repoUrl}/index.yaml`]);
    expect(logged()).toContain("the newest release is 29.27.0");
  });

  test("may lie at a URL relative to the repository", async () => {
    publish([entry("29.27.0", { urls: ["charts/prometheus-29.27.0.tgz"] })]);
    machine.upstream.serve(`${repoUrl}/charts/prometheus-29.27.0.tgz`, archive);
    expect((await fetchPrometheus("29.27.0", `${repoUrl}/`)).origin).toBe(
      `${repoUrl}/charts/prometheus-29.27.0.tgz`,
    );
  });

  test("is tried again on a failure that may pass", async () => {
    publish([entry("29.27.0")]);
    machine.upstream.serve(archiveUrl, status(503), truncated(archive), archive);
    expect((await fetchPrometheus()).version).toBe("29.27.0");
  });

  test.each([
    [
      "has other bytes",
      () => publish([entry("29.27.0")], chartTgz("prometheus", "29.27.0", "x")),
      /wrong checksum/,
    ],
    [
      "has no checksum where others have",
      () => publish([entry("29.27.0", { digest: undefined }), entry("29.26.0")]),
      /no checksum of prometheus 29.27.0/,
    ],
    [
      "has a checksum that is none",
      () => publish([entry("29.27.0", { digest: "abc" })]),
      /is not a sha256 digest: abc/,
    ],
    [
      "is another version inside",
      () => publish([entry("29.28.0")]),
      /calls it prometheus 29.28.0, its Chart.yaml prometheus 29.27.0/,
    ],
    [
      "is another chart inside",
      () => {
        const other = chartTgz("grafana", "29.27.0");
        publish([entry("29.27.0", { digest: sha256(other) })], other);
      },
      /its Chart.yaml grafana 29.27.0/,
    ],
    [
      "is no chart",
      () => {
        const other = tarGz({ name: "x/README.md", content: "" });
        publish([entry("29.27.0", { digest: sha256(other) })], other);
      },
      /there is no .*Chart.yaml in it/,
    ],
  ] as const)("that %s is an error", async (_name, prepare, message) => {
    prepare();
    const version = /29.28.0/.test(String(message)) ? "29.28.0" : "29.27.0";
    const error = await fetchPrometheus(version).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InstallError);
    expect((error as Error).message).toMatch(message);
  });

  test("with wrong bytes leaves nothing in the cache", async () => {
    publish([entry("29.27.0")], Buffer.from("evil"));
    await expect(fetchPrometheus()).rejects.toThrow(/wrong checksum/);
    expect(await charts()).toEqual([]);
  });

  test("of a repository without any checksums is taken with a warning", async () => {
    publish([entry("29.27.0", { digest: undefined })]);
    const { sha256: sum } = await fetchPrometheus();
    expect(sum).toBe(sha256(archive));
    expect(machine.log.lines).toContainEqual({
      level: "warn",
      message: expect.stringMatching(/gives no checksums for prometheus: it could not be verified/),
    });
  });

  test("that doesn't exist is told with what there is", async () => {
    publish(["29.27.0", "29.26.1", "29.26.0", "28.0.0", "25.3.1"].map((version) => entry(version)));
    await expect(fetchPrometheus("29.26.9")).rejects.toThrow(
      /chart community\/prometheus has no version 29.26.9; the nearest are 29.26.1, 29.26.0, 29.27.0; the newest is 29.27.0/,
    );
    await expect(fetchPrometheus("^29")).rejects.toThrow(/the newest are 29.27.0, 29.26.1, 29.26.0/);
    await expect(fetchPrometheus("1.0.0", repoUrl, "grafana")).rejects.toThrow(
      /chart grafana not found in the repository community/,
    );
  });

  test("whose repository isn't one is told as that", async () => {
    await expect(fetchPrometheus()).rejects.toThrow(/repos.community: no chart repository found at/);
    machine.upstream.serve(`${repoUrl}/index.yaml`, htmlPage);
    await expect(fetchPrometheus()).rejects.toThrow(/it is not a chart repository's index/);
  });

  test("of Grafana that moved says where to", async () => {
    const old = "https://grafana.github.io/helm-charts";
    const index = { entries: { grafana: [entry("10.5.15", { name: "grafana" })] } };
    machine.upstream.serve(`${old}/index.yaml`, stringify(index));
    const error = await fetchPrometheus("12.11.1", old, "grafana").catch((thrown: unknown) => thrown);
    expect((error as InstallError).fix).toContain("https://grafana-community.github.io/helm-charts");
    const older = await fetchPrometheus("9.9.9", old, "grafana").catch((thrown: unknown) => thrown);
    expect((older as InstallError).fix).not.toContain("grafana-community");
  });
});

describe("a local chart", () => {
  const local = (path: string) => fetchChart(machine.context, machine.config, { kind: "path", path });

  test("is a folder or an archive", async () => {
    const folder = join(machine.home, "my-chart");
    await mkdir(folder);
    await writeFile(join(folder, "Chart.yaml"), "name: mine\nversion: 1.10.0\nappVersion: 1.10\n");
    const expected = { name: "mine", version: "1.10.0", appVersion: "1.10", sha256: undefined };
    expect(await local(folder)).toEqual({ ...expected, path: folder, origin: folder });

    const file = join(machine.home, "prometheus-29.27.0.tgz");
    await writeFile(file, archive);
    expect(await local(file)).toMatchObject({
      name: "prometheus",
      appVersion: "v3.14.0",
      sha256: sha256(archive),
    });
  });

  test("that is none is the user's mistake", async () => {
    await expect(local(join(machine.home, "nothing"))).rejects.toThrow(/no such folder or file/);
    await expect(local(machine.home)).rejects.toThrow(/it contains no Chart.yaml/);
    await writeFile(join(machine.home, "broken.tgz"), "no archive");
    await expect(local(join(machine.home, "broken.tgz"))).rejects.toThrow(UserError);
    await writeFile(join(machine.home, "Chart.yaml"), "name: [\n");
    await expect(local(machine.home)).rejects.toThrow(UserError);
  });
});
