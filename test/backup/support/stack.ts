import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Target } from "../../../src/backup/target.ts";
import { createHost } from "../../../src/host/create.ts";
import { kubeConfigFor } from "../../support/fake-kube-api.ts";
import { type LocalServer, type Received, type Reply, serve } from "../../support/local-server.ts";
import { createRecordingLogger, type RecordingLogger } from "../../support/recording-logger.ts";
import { type Pod, startPod } from "./pod.ts";

type Json = Record<string, unknown>;

/** A stack with a data folder of its own: Prometheus' answers depend on which blocks are in it. */
export interface TestStack extends AsyncDisposable {
  readonly target: Target;
  readonly log: RecordingLogger;
  readonly folder: string;
  readonly dataDir: string;
  readonly pod: Pod;
  readonly prometheus: LocalServer;
  readonly alertmanager: LocalServer;
  readonly knows: Knows;
  /** Files of the data folder with their contents, but for snapshots. */
  blocks(): Promise<Record<string, string>>;
  /** Every request and command that could have changed something. */
  changes(): string[];
}

/** What is in it, and how it stands. */
export interface Knows {
  adminApi: boolean;
  retention: string;
  folders: { uid: string; title: string; parentUid?: string }[];
  datasources: Json[];
  dashboards: { folderUid: string; provisioned: boolean; dashboard: Json }[];
  silences: Json[];
  /** Titles of dashboards that Grafana refuses. */
  refused: string[];
}

export const ulid = "01HV0000000000000000000001";
export const from = Date.parse("2026-11-20T10:00:00Z");
export const to = Date.parse("2026-11-20T12:00:00Z");

/** Writes a block as Prometheus has it; what is in it is noise. */
export async function writeBlock(dataDir: string, id = ulid, bytes = 300_000): Promise<void> {
  const folder = join(dataDir, id);
  await mkdir(join(folder, "chunks"), { recursive: true });
  await writeFile(join(folder, "chunks/000001"), randomBytes(bytes));
  await writeFile(join(folder, "index"), randomBytes(1_000));
  await writeFile(join(folder, "tombstones"), "");
  const stats = { numSamples: 4_000, numSeries: 70, numChunks: 90 };
  const meta = { ulid: id, minTime: from, maxTime: to + 1, stats, version: 1 };
  await writeFile(join(folder, "meta.json"), JSON.stringify(meta));
}

export async function startStack(protocol: "v4" | "v5" = "v5"): Promise<TestStack> {
  const folder = await mkdtemp(join(tmpdir(), "monstack-backup-"));
  const dataDir = join(folder, "data");
  await mkdir(dataDir);
  const knows: Knows = {
    ...{ adminApi: true, retention: "15d", folders: [], datasources: [], dashboards: [] },
    ...{ silences: [], refused: [] },
  };
  const pod = await startPod(protocol);
  const prometheus = await serve((request) => asPrometheus(knows, dataDir, request));
  const grafana = await serve((request) => asGrafana(knows, request));
  const alertmanager = await serve((request) => asAlertmanager(knows, request));
  const log = createRecordingLogger();
  const at = ({ url }: LocalServer, name: string) => ({
    url,
    service: { namespace: "monitoring", name, port: 80 },
  });
  const servers = [prometheus, grafana, alertmanager];
  return {
    ...{ folder, dataDir, knows, pod, prometheus, alertmanager, log },
    target: {
      context: { host: await createHost(), log, signal: new AbortController().signal },
      kube: kubeConfigFor(pod.url),
      prometheus: at(prometheus, "prometheus"),
      alertmanager: at(alertmanager, "alertmanager"),
      grafana: { ...at(grafana, "grafana"), user: "admin", password: "pass-of-the-run" },
    },
    blocks: () => filesBelow(dataDir),
    changes: () => [
      ...servers.flatMap(({ received }) =>
        received.filter(({ method }) => method !== "GET").map(({ path }) => path),
      ),
      ...pod.commands.map((words) => words.join(" ")),
    ],
    [Symbol.asyncDispose]: async () => {
      for (const one of [...servers, pod]) await one[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function filesBelow(top: string): Promise<Record<string, string>> {
  const entries = await readdir(top, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = files.map(async (file) => [
    file.slice(top.length + 1),
    (await readFile(file)).toString("base64"),
  ]);
  return Object.fromEntries(await Promise.all(contents));
}

async function asPrometheus(knows: Knows, dataDir: string, { method, path }: Received): Promise<Reply> {
  const { pathname, searchParams } = new URL(path, "http://x");
  const success = (data: unknown): Reply => ({ body: { status: "success", data } });
  if (pathname === "/-/ready") return { body: "Prometheus Server is Ready.", contentType: "text/plain" };
  if (pathname === "/api/v1/status/flags") return success({ "storage.tsdb.path": dataDir });
  if (pathname === "/api/v1/status/buildinfo") return success({ version: "3.5.3" });
  if (pathname === "/api/v1/status/runtimeinfo") return success({ storageRetention: knows.retention });
  if (pathname === "/api/v1/admin/tsdb/snapshot" && method === "POST") {
    if (!knows.adminApi)
      return {
        status: 503,
        body: { status: "error", errorType: "unavailable", error: "admin APIs disabled" },
      };
    const name = "20261120T120000Z-0123456789abcdef";
    for (const block of await readdir(dataDir)) {
      if (!existsSync(join(dataDir, block, "meta.json"))) continue;
      const copy = join(dataDir, "snapshots", name, block);
      await mkdir(dirname(copy), { recursive: true });
      await cp(join(dataDir, block), copy, { recursive: true });
    }
    return success({ name });
  }
  if (searchParams.get("query") === "vector(time())")
    return success({
      resultType: "vector",
      result: [{ metric: {}, value: [to / 1_000, String(to / 1_000)] }],
    });
  if (pathname === "/api/v1/query") {
    const time = Number(searchParams.get("time")) * 1_000;
    const has = existsSync(join(dataDir, ulid, "meta.json")) && time >= from && time <= to;
    const result = has ? [{ metric: {}, value: [time / 1_000, "7"] }] : [];
    return success({ resultType: "vector", result });
  }
  return { status: 404, body: "404 page not found\n", contentType: "text/plain" };
}

function asGrafana(knows: Knows, { method, path, body }: Received): Reply {
  const { pathname, searchParams } = new URL(path, "http://x");
  const uid = decodeURIComponent(pathname.split("/").at(-1) ?? "");
  const sent = method === "POST" ? (JSON.parse(body) as Json) : {};
  if (pathname === "/api/health") return { body: { database: "ok", version: "12.4.0" } };
  if (pathname === "/api/folders") {
    if (method === "POST") knows.folders.push(sent as Knows["folders"][number]);
    const parent = searchParams.get("parentUid") ?? undefined;
    return { body: method === "POST" ? sent : knows.folders.filter(({ parentUid }) => parentUid === parent) };
  }
  if (pathname === "/api/datasources") {
    if (method === "POST") knows.datasources.push(sent);
    return { body: method === "POST" ? sent : knows.datasources };
  }
  if (pathname.startsWith("/api/datasources/uid/"))
    return oneOf(knows.datasources.find((one) => one["uid"] === uid));
  if (pathname === "/api/search") return { body: knows.dashboards.map(({ dashboard }) => dashboard) };
  if (pathname.startsWith("/api/dashboards/uid/")) {
    const found = knows.dashboards.find(({ dashboard }) => dashboard["uid"] === uid);
    return oneOf(
      found && {
        meta: { folderUid: found.folderUid, provisioned: found.provisioned },
        dashboard: found.dashboard,
      },
    );
  }
  const dashboard = sent["dashboard"] as Json;
  if (knows.refused.includes(String(dashboard["title"])))
    return { status: 400, body: { message: "no such folder" } };
  const others = knows.dashboards.filter((one) => one.dashboard["uid"] !== dashboard["uid"]);
  knows.dashboards = [...others, { folderUid: String(sent["folderUid"]), provisioned: false, dashboard }];
  return { body: { status: "success" } };
}

function oneOf(found: unknown): Reply {
  return found === undefined ? { status: 404, body: { message: "Not found" } } : { body: found };
}

function asAlertmanager(knows: Knows, { method, path, body }: Received): Reply {
  if (path === "/-/ready") return { body: "OK", contentType: "text/plain" };
  if (path === "/api/v2/status")
    return {
      body: { cluster: { status: "ready" }, versionInfo: { version: "0.33.1" }, config: { original: "" } },
    };
  if (method !== "POST") return { body: knows.silences };
  knows.silences.push({ ...(JSON.parse(body) as Json), status: { state: "active" } });
  return { body: { silenceID: "1" } };
}
