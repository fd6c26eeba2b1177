import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { uploadBackup, uploadPage } from "../../src/action/artifacts.ts";
import { createHost } from "../../src/host/create.ts";
import { serve } from "../support/local-server.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

afterEach(() => vi.unstubAllEnvs());

/** The client takes what the runner offers from the environment itself. */
async function upload(path: string, env: Record<string, string>): Promise<string[]> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const log = createRecordingLogger();
  const context = { host: await createHost(env), log, signal: new AbortController().signal };
  await uploadBackup(context, { path, bytes: 1, series: 1, from: "", to: "" });
  return log.lines.map(({ level, message }) => `${level} ${message}`);
}

/** As a runner hands it out: the client reads from it which run and which job it is. */
function runtimeToken(): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return [part({ alg: "none" }), part({ scp: "Actions.Results:run-1:job-1" }), "x"].join(".");
}

it("says where the file is on a runner that keeps no artifacts", async () => {
  const said = await upload("/report/backup.tar.gz", {});
  expect(said).toEqual(["info this runner keeps no artifacts: the backup is /report/backup.tar.gz"]);
});

it("uploads it to the artifact service, under a name of its own", async () => {
  const folder = await mkdtemp(join(tmpdir(), "monstack-artifact-"));
  const file = join(folder, "backup.tar.gz");
  await writeFile(file, "the samples");
  await using service = await serve(({ path }) => {
    if (path.endsWith("/CreateArtifact"))
      return { body: { ok: true, signed_upload_url: `${service.url}/blob/a?sig=x` } };
    if (path.endsWith("/FinalizeArtifact")) return { body: { ok: true, artifact_id: "42" } };
    return { status: 201, body: "", contentType: null };
  });
  const said = await upload(file, {
    ACTIONS_RUNTIME_TOKEN: runtimeToken(),
    ACTIONS_RESULTS_URL: service.url,
    GITHUB_JOB: "stack",
  });
  await rm(folder, { recursive: true });
  expect(said).toEqual([
    expect.stringMatching(/^info the backup is kept as the artifact monstack-backup-stack-[0-9a-f]{6}$/),
  ]);
  const created = service.received.find(({ path }) => path.endsWith("/CreateArtifact"));
  expect(JSON.parse(created?.body ?? "{}")).toMatchObject({ workflow_run_backend_id: "run-1" });
  const sent = service.received.filter(({ path }) => path.startsWith("/blob/a")).map(({ body }) => body);
  expect(sent.join("")).toContain("backup.tar.gz");
});

it("warns, and no more, when the token is none", async () => {
  const env = { ACTIONS_RUNTIME_TOKEN: "not-a-token", ACTIONS_RESULTS_URL: "http://127.0.0.1:1" };
  expect(await upload("/report/backup.tar.gz", env)).toEqual([
    expect.stringMatching(
      /^warn the backup could not be kept as an artifact, and is only in \/report\/backup\.tar\.gz: /,
    ),
  ]);
});

/** A service that keeps what is uploaded; it refuses what has another type than those given. */
async function serveArtifacts(accepted: readonly string[]) {
  const created: { name: string; mime_type?: string }[] = [];
  const server = await serve(({ path, body }) => {
    if (path.endsWith("/CreateArtifact")) {
      const asked = JSON.parse(body);
      if (!accepted.includes(asked.mime_type)) return { status: 400, body: { msg: "no such type" } };
      created.push(asked);
      return { body: { ok: true, signed_upload_url: `${server.url}/blob/a?sig=x` } };
    }
    if (path.endsWith("/FinalizeArtifact")) return { body: { ok: true, artifact_id: "42" } };
    return { status: 201, body: "", contentType: null };
  });
  return { server, created };
}

async function uploadReport(url: string, path: string) {
  const env = {
    ACTIONS_RUNTIME_TOKEN: runtimeToken(),
    ACTIONS_RESULTS_URL: url,
    GITHUB_JOB: "stack",
    GITHUB_REPOSITORY: "o/r",
    GITHUB_RUN_ID: "7",
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const log = createRecordingLogger();
  const context = { host: await createHost(env), log, signal: new AbortController().signal };
  return { address: await uploadPage(context, path), log };
}

it("uploads the report as a page that a browser opens, under a name of its own, and returns its address", async () => {
  const folder = await mkdtemp(join(tmpdir(), "monstack-artifact-"));
  const file = join(folder, "report.html");
  await writeFile(file, "<!doctype html><title>x</title>");
  const { server, created } = await serveArtifacts(["text/html"]);
  await using service = server;
  const { address } = await uploadReport(service.url, file);
  expect(address).toBe("https://github.com/o/r/actions/runs/7/artifacts/42");
  expect(created).toMatchObject([
    { name: expect.stringMatching(/^monstack-report-stack-[0-9a-f]{6}\.html$/) },
  ]);
  const sent = service.received.filter(({ path }) => path.startsWith("/blob/a")).map(({ body }) => body);
  expect(sent.join("")).toContain("<!doctype html><title>x</title>");
  await rm(folder, { recursive: true });
});

it("uploads the report as a zip where a plain file is refused", async () => {
  const folder = await mkdtemp(join(tmpdir(), "monstack-artifact-"));
  const file = join(folder, "report.html");
  await writeFile(file, "<!doctype html>");
  const { server, created } = await serveArtifacts(["application/zip"]);
  await using service = server;
  const { address, log } = await uploadReport(service.url, file);
  expect(address).toBe("https://github.com/o/r/actions/runs/7/artifacts/42");
  expect(created).toMatchObject([{ name: expect.stringMatching(/^monstack-report-stack-[0-9a-f]{6}$/) }]);
  expect(log.lines.map(({ level }) => level)).toEqual(["debug", "info"]);
  await rm(folder, { recursive: true });
});

it("uploads no report that is not there, and no link in its place", async () => {
  const folder = await mkdtemp(join(tmpdir(), "monstack-artifact-"));
  const file = join(folder, "report.html");
  expect((await uploadReport("http://127.0.0.1:1", file)).address).toBeUndefined();
  await writeFile(join(folder, "secret"), "x");
  await symlink(join(folder, "secret"), file);
  const { address, log } = await uploadReport("http://127.0.0.1:1", file);
  expect([address, log.lines]).toEqual([undefined, []]);
  await rm(folder, { recursive: true });
});
