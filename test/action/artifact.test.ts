import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { uploadBackup } from "../../src/action/run-post.ts";
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
