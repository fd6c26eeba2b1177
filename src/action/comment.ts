import type { Context, Host } from "../host/host.ts";
import { readBody } from "../host/read-body.ts";
import { describeError } from "../lib/errors.ts";
import { getValueAt, isMapping } from "../lib/object.ts";
import { tryParseJson } from "../lib/text.ts";
import { createMarker, renderComment } from "../report/comment.ts";
import type { Results } from "../report/results-schema.ts";

const requestTimeoutMs = 20_000;
const commentsPerPage = 100;
/** A pull request with more comments gets a new one. */
const maxPages = 20;
/** GitHub's limit for a comment's text, in characters. */
const maxCharacters = 65_536;

/** What a comment is written with. */
export interface CommentInput {
  readonly results: Results;
  /** The token of the job, with the right to write to pull requests. */
  readonly token: string;
  readonly reportUrl: string | undefined;
}

/**
 * Writes the results as a comment on the pull request of the workflow's run, or updates the one that an earlier run of
 * the same job wrote. A failure is only a warning.
 */
export async function commentOnPullRequest({ host, log }: Context, input: CommentInput): Promise<void> {
  const {
    GITHUB_REPOSITORY: repository = "",
    GITHUB_WORKFLOW: workflow = "",
    GITHUB_JOB: job = "",
  } = host.env;
  try {
    const event = await readEvent(host);
    const number = findPullRequest(event);
    if (number === undefined) return log.info("no comment: this run is not for a pull request");
    if (input.token === "") throw new Error("the input token is empty");
    log.mask(input.token);
    const marker = createMarker(workflow, job);
    const body = renderComment(input.results, marker, {
      reportUrl: input.reportUrl,
      runUrl: findRunUrl(host),
      commit: findCommit(event) ?? host.env["GITHUB_SHA"],
    });
    const api = createApi(host, input.token);
    const url = await writeComment(api, `/repos/${repository}`, {
      number,
      marker,
      body: body.slice(0, maxCharacters),
    });
    log.info(`comment on pull request ${number}: ${url}`);
  } catch (error) {
    log.warn(`the comment on the pull request could not be written: ${describeError(error)}`, {
      title: "monstack: comment",
    });
  }
}

interface Comment {
  readonly number: number;
  readonly marker: string;
  readonly body: string;
}

/**
 * Updates the newest comment with the marker that this token may change, else creates one. Anybody can write a comment
 * with the marker, so one that may not be changed is passed over.
 * @returns the comment's address
 */
async function writeComment(
  api: Api,
  repository: string,
  { number, marker, body }: Comment,
): Promise<string> {
  const comments = `${repository}/issues/${number}/comments`;
  for (const id of (await listMarked(api, comments, marker)).reverse()) {
    const updated = await api("PATCH", `${repository}/issues/comments/${id}`, { body });
    if (updated.status === 200) return readUrl(updated);
    if (updated.status !== 403 && updated.status !== 404) throw describeRefusal(updated);
  }
  const created = await api("POST", comments, { body });
  if (created.status !== 201) throw describeRefusal(created);
  return readUrl(created);
}

/** Returns the ids of the comments that begin with the marker, the oldest first. */
async function listMarked(api: Api, comments: string, marker: string): Promise<number[]> {
  const ids: number[] = [];
  for (let page = 1; page <= maxPages; page++) {
    const response = await api("GET", `${comments}?per_page=${commentsPerPage}&page=${page}`);
    if (response.status !== 200) throw describeRefusal(response);
    const list = Array.isArray(response.data) ? (response.data as unknown[]) : [];
    for (const item of list) {
      if (!isMapping(item)) continue;
      const { id, body } = item;
      if (typeof id === "number" && typeof body === "string" && body.startsWith(marker)) ids.push(id);
    }
    if (list.length < commentsPerPage) break;
  }
  return ids;
}

interface ApiResponse {
  readonly status: number;
  readonly data: unknown;
}

/** Sends a request to GitHub's REST API and returns the response, whatever its status is. */
type Api = (method: "GET" | "POST" | "PATCH", path: string, body?: object) => Promise<ApiResponse>;

function createApi(host: Host, token: string): Api {
  const base = host.env["GITHUB_API_URL"] || "https://api.github.com";
  return async (method, path, body) => {
    const response = await host.fetchOutside(`${base}${path}`, {
      method,
      // A redirect could lead the token to another host.
      redirect: "error",
      headers: {
        accept: "application/vnd.github+json",
        authorization: `Bearer ${token}`,
        "user-agent": "monstack",
        "x-github-api-version": "2022-11-28",
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    return { status: response.status, data: tryParseJson(await readBody(response.body)) };
  };
}

/** Returns an error with GitHub's message and, for a missing right, the lines of the workflow that give it. */
function describeRefusal({ status, data }: ApiResponse): Error {
  const message = readText(data, ["message"]);
  const said = message === undefined ? "" : `: ${message}`;
  const isRight = status === 401 || status === 403 || status === 404;
  const hint = isRight
    ? ". The job needs `permissions: { contents: read, pull-requests: write }`; a pull request from a fork never gets them"
    : "";
  return new Error(`GitHub answered with ${status}${said}${hint}`);
}

function readUrl({ data }: ApiResponse): string {
  return readText(data, ["html_url"]) ?? "written";
}

/** Returns the event that started the workflow; undefined if the runner does not tell it. */
async function readEvent({ env, files }: Host): Promise<unknown> {
  const path = env["GITHUB_EVENT_PATH"];
  const text = path ? await files.read(path) : undefined;
  return text === undefined ? undefined : tryParseJson(text);
}

/** Returns the number of the pull request that the event is about, also that of a comment on one. */
function findPullRequest(event: unknown): number | undefined {
  if (!isMapping(event)) return undefined;
  const isComment = isMapping(getValueAt(event, ["issue", "pull_request"]));
  const number = getValueAt(event, [isComment ? "issue" : "pull_request", "number"]);
  return typeof number === "number" ? number : undefined;
}

/** Returns the pull request's newest commit. GITHUB_SHA is a merge commit that nobody has seen. */
function findCommit(event: unknown): string | undefined {
  return readText(event, ["pull_request", "head", "sha"]);
}

/** Returns the text at a key path of a JSON value; undefined if there is none. */
function readText(data: unknown, path: readonly string[]): string | undefined {
  const value = isMapping(data) ? getValueAt(data, path) : undefined;
  return typeof value === "string" ? value : undefined;
}

function findRunUrl({ env }: Host): string | undefined {
  const { GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  if (!repository || !run) return undefined;
  return `${env["GITHUB_SERVER_URL"] || "https://github.com"}/${repository}/actions/runs/${run}`;
}
