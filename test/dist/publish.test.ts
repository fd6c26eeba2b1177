import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createWorld } from "../app/support/world.ts";
import { serve } from "../support/local-server.ts";
import { createRunner } from "./support/bundle.ts";

/** GitHub's API and its service for artifacts, on loopback: it keeps what it gets. */
async function serveGitHub() {
  const comments: { readonly id: number; body: string }[] = [];
  const server = await serve(({ method, path, body }) => {
    if (path.endsWith("/CreateArtifact"))
      return { body: { ok: true, signed_upload_url: `${server.url}/blob/a?sig=x` } };
    if (path.endsWith("/FinalizeArtifact")) return { body: { ok: true, artifact_id: "42" } };
    if (path.startsWith("/blob/")) return { status: 201, body: "", contentType: null };
    if (method === "GET") return { body: comments };
    const text = (JSON.parse(body) as { body: string }).body;
    const [first] = comments;
    if (method === "PATCH" && first) first.body = text;
    else comments.push({ id: 1, body: text });
    return { status: method === "PATCH" ? 200 : 201, body: { html_url: "https://github.com/o/r/pull/7#1" } };
  });
  return { server, comments };
}

function runtimeToken(): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return [part({ alg: "none" }), part({ scp: "Actions.Results:run-1:job-1" }), "x"].join(".");
}

it("a red run uploads its page, links it in the summary and in the comment, and the next one updates that", async () => {
  await using world = await createWorld("mute");
  const { server, comments } = await serveGitHub();
  await using github = server;
  const runner = await createRunner(world.folder);
  const event = join(world.folder, "event.json");
  await writeFile(event, JSON.stringify({ pull_request: { number: 7, head: { sha: "0123456789abcdef" } } }));
  const env = {
    ACTIONS_RUNTIME_TOKEN: runtimeToken(),
    ACTIONS_RESULTS_URL: github.url,
    GITHUB_API_URL: github.url,
    GITHUB_EVENT_PATH: event,
    GITHUB_REPOSITORY: "o/r",
    GITHUB_RUN_ID: "9",
    GITHUB_WORKFLOW: "ci",
    GITHUB_JOB: "stack",
    INPUT_COMMENT: "true",
    INPUT_TOKEN: "t0ken-of-the-job",
    INPUT_MODE: "run",
  };
  const { exitCode, stdout } = await runner.start("main.js", env).finished;
  expect(exitCode, stdout).toBe(1);
  const url = "https://github.com/o/r/actions/runs/9/artifacts/42";
  expect((await runner.outputs())["report-url"]).toBe(url);
  expect(await runner.told("STEP_SUMMARY")).toMatch(/^## ❌ monstack: not verified/);
  expect((await runner.told("STEP_SUMMARY")).split("\n")[0]).toContain(`[open the report](${url})`);
  expect(comments).toHaveLength(1);
  expect(comments[0]?.body).toMatch(/^<!-- monstack ci stack -->\n### ❌ monstack: not verified/);
  expect(comments[0]?.body).toContain(`[Open the report](${url})`);
  const page = await readFile(join(world.reportDir, "report.html"), "utf8");
  const sent = github.received.filter(({ path }) => path.startsWith("/blob/a")).map(({ body }) => body);
  expect(sent.join("")).toContain(page.slice(0, 1_000));
  expect(stdout.replaceAll(/^::add-mask::.*$/gm, "")).not.toContain("t0ken-of-the-job");

  expect((await runner.start("main.js", { ...env, "INPUT_UPLOAD-REPORT": "false" }).finished).exitCode).toBe(
    1,
  );
  expect(comments).toHaveLength(1);
  expect(comments[0]?.body).not.toContain("Open the report");
  expect(
    (await readFile(join(world.reportDir, "junit.xml"), "utf8")).match(/<(failure|error) /g),
  ).not.toBeNull();
});

it("refuses an unknown value of upload-report before anything is changed", async () => {
  await using world = await createWorld();
  const runner = await createRunner(world.folder);
  const { exitCode, stdout } = await runner.main({ "upload-report": "sometimes" });
  expect([exitCode, stdout]).toEqual([
    1,
    "::error::input upload-report: `sometimes` is not a value of it; expected one of: on-failure, true, false\n",
  ]);
  expect(await runner.state()).toEqual({});
});
