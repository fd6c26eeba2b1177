import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commentOnPullRequest } from "../../src/action/comment.ts";
import { createHost } from "../../src/host/create.ts";
import { goodResults } from "../report/results.ts";
import { serve } from "../support/local-server.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

interface StoredComment {
  readonly id: number;
  readonly body: string;
  /** True if the token may change it. */
  readonly isOwn: boolean;
}

/** A server with the requests of GitHub's REST API for the comments of pull request 7, and what they left. */
async function serveGitHub(initial: readonly StoredComment[], refuse?: { status: number; message: string }) {
  let comments = [...initial];
  const path = "/api/repos/o/r/issues";
  const server = await serve(({ method, path: requested, body }) => {
    const url = new URL(requested, "http://x");
    if (refuse && method !== "GET") return { status: refuse.status, body: { message: refuse.message } };
    if (method === "GET" && url.pathname === `${path}/7/comments`) {
      const size = Number(url.searchParams.get("per_page"));
      const page = Number(url.searchParams.get("page"));
      return {
        body: comments
          .slice((page - 1) * size, page * size)
          .map(({ id, body: text }) => ({ id, body: text })),
      };
    }
    const text = JSON.parse(body || "{}").body as string;
    if (method === "POST" && url.pathname === `${path}/7/comments`) {
      const id = comments.length + 1;
      comments = [...comments, { id, body: text, isOwn: true }];
      return { status: 201, body: { id, html_url: `https://github.com/o/r/pull/7#issuecomment-${id}` } };
    }
    const id = Number(url.pathname.split("/").at(-1));
    const found = comments.find((comment) => comment.id === id);
    if (method !== "PATCH" || found === undefined) return { status: 404, body: { message: "Not Found" } };
    if (!found.isOwn) return { status: 403, body: { message: "Must have admin rights" } };
    comments = comments.map((comment) => (comment === found ? { ...comment, body: text } : comment));
    return { body: { id, html_url: `https://github.com/o/r/pull/7#issuecomment-${id}` } };
  });
  return { server, comments: () => comments };
}

async function comment(apiUrl: string, event: unknown, results = goodResults()) {
  const folder = await mkdtemp(join(tmpdir(), "monstack-comment-"));
  const eventFile = join(folder, "event.json");
  await writeFile(eventFile, JSON.stringify(event));
  const log = createRecordingLogger();
  const env = {
    GITHUB_API_URL: `${apiUrl}/api`,
    GITHUB_EVENT_PATH: eventFile,
    GITHUB_REPOSITORY: "o/r",
    GITHUB_WORKFLOW: "ci",
    GITHUB_JOB: "stack",
    GITHUB_RUN_ID: "9",
  };
  const context = { host: await createHost(env), log, signal: new AbortController().signal };
  await commentOnPullRequest(context, { results, token: "t0ken-of-the-job", reportUrl: undefined });
  await rm(folder, { recursive: true });
  return log.lines.map(({ level, message }) => `${level} ${message}`);
}

const event = { pull_request: { number: 7, head: { sha: "0123456789abcdef" } } };

describe("the comment on a pull request", () => {
  it("is written once and updated by the next run", async () => {
    const github = await serveGitHub([]);
    await using server = github.server;
    expect(await comment(server.url, event)).toEqual([
      "info comment on pull request 7: https://github.com/o/r/pull/7#issuecomment-1",
    ]);
    await comment(server.url, event, goodResults({ verified: false, checks: [] }));
    expect(github.comments()).toHaveLength(1);
    expect(github.comments()[0]?.body).toMatch(
      /^<!-- monstack ci stack -->\n### ❌ monstack: not verified[\s\S]*commit 0123456789ab/,
    );
    expect(server.received.every(({ authorization }) => authorization === "Bearer t0ken-of-the-job")).toBe(
      true,
    );
  });

  it("is found behind a hundred others, and is never somebody else's", async () => {
    const marker = "<!-- monstack ci stack -->";
    const others = Array.from({ length: 130 }, (_, index) => ({ id: index + 1, body: "hello", isOwn: true }));
    const github = await serveGitHub([
      ...others,
      { id: 131, body: `${marker}\nold`, isOwn: true },
      { id: 132, body: `${marker}\nforged`, isOwn: false },
      { id: 133, body: `see ${marker}`, isOwn: true },
    ]);
    await using server = github.server;
    await comment(server.url, event);
    const bodies = new Map(github.comments().map(({ id, body }) => [id, body]));
    expect(bodies.size).toBe(133);
    expect(bodies.get(131)).toContain("✅ monstack: verified");
    expect([bodies.get(132), bodies.get(133)]).toEqual([`${marker}\nforged`, `see ${marker}`]);
  });

  it("that the token may not write is a warning with the missing permission", async () => {
    const github = await serveGitHub([], { status: 403, message: "Resource not accessible by integration" });
    await using server = github.server;
    expect(await comment(server.url, event)).toEqual([
      "warn the comment on the pull request could not be written: GitHub answered with 403: Resource not accessible by integration. " +
        "The job needs `permissions: { contents: read, pull-requests: write }`; a pull request from a fork never gets them",
    ]);
  });

  it("is not written for another event, and a comment on a pull request is one", async () => {
    const github = await serveGitHub([]);
    await using server = github.server;
    expect(await comment(server.url, { issue: { number: 7 } })).toEqual([
      "info no comment: this run is not for a pull request",
    ]);
    expect(server.received).toEqual([]);
    await comment(server.url, { issue: { number: 7, pull_request: {} } });
    expect(github.comments()).toHaveLength(1);
  });

  it("fails no run when GitHub can't be reached", async () => {
    expect(await comment("http://127.0.0.1:1", event)).toEqual([
      expect.stringMatching(/^warn the comment on the pull request could not be written: /),
    ]);
  });
});
