import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decideTrust } from "../../../src/config/trust/decide.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-event-"));
});
afterAll(() => rm(folder, { recursive: true }));

const repo = { id: 1, full_name: "org/stack" };
const fork = { id: 2, full_name: "ann/stack", fork: true };

/** What is decided for an event of GitHub's. `payload` as a text is written as it is. */
async function decide(
  name: string | undefined,
  payload: unknown,
  more: { env?: Record<string, string>; inputs?: object; flags?: object } = {},
) {
  const path = join(folder, "event.json");
  await writeFile(path, typeof payload === "string" ? payload : JSON.stringify(payload));
  const env = { ...(name && { GITHUB_EVENT_NAME: name }), GITHUB_EVENT_PATH: path, ...more.env };
  return await decideTrust({ ...more, env, readFile: (one) => readFile(one, "utf8") });
}

const pull = (head: unknown, base: unknown = repo) => ({
  pull_request: { head: { repo: head }, base: { repo: base } },
});
const run = (event: string, head: unknown) => ({
  workflow_run: { event, head_repository: head, repository: repo },
});

describe("the files of a stranger's code are restricted", () => {
  it.each([
    ["pull_request", pull(fork), "pull_request from the fork ann/stack"],
    ["pull_request", pull(null), "pull_request from a repository that the event does not name"],
    ["pull_request", pull({ full_name: "org/stack" }), "pull_request from the fork org/stack"],
    ["pull_request", {}, "pull_request from a repository that the event does not name"],
    ["pull_request", "not json", "pull_request from a repository that the event does not name"],
    [
      "pull_request",
      pull({ id: 3, full_name: "x\n::add-path::/tmp" }),
      "pull_request from a repository that the event does not name",
    ],
    ["pull_request_review", pull(fork), "pull_request_review from the fork ann/stack"],
    ["pull_request_review_comment", pull(fork), "pull_request_review_comment from the fork ann/stack"],
    [
      "pull_request_target",
      pull(repo),
      "pull_request_target runs with the repository's secrets for everybody's pull requests",
    ],
    ["workflow_run", run("pull_request", fork), "workflow_run after pull_request from the fork ann/stack"],
    ["workflow_run", run("pull_request_target", repo), "workflow_run after pull_request_target"],
    ["workflow_run", run("push", fork), "workflow_run after push from the fork ann/stack"],
    ["workflow_run", {}, "workflow_run after an unknown event"],
    [
      "issue_comment",
      { issue: { pull_request: {} } },
      "a comment on a pull request doesn't say whose code that is",
    ],
    ["issue_comment", "", "a comment on a pull request doesn't say whose code that is"],
  ])("%s %j", async (name, payload, why) => {
    expect(await decide(name, payload)).toEqual({ level: "restricted", why, variables: [] });
  });

  it("also where the event can't be found", async () => {
    const env = { GITHUB_EVENT_NAME: "pull_request", GITHUB_EVENT_PATH: join(folder, "none.json") };
    const readFile = async () => undefined;
    expect((await decideTrust({ env, readFile })).level).toBe("restricted");
    expect((await decideTrust({ env: { GITHUB_EVENT_NAME: "pull_request" }, readFile })).level).toBe(
      "restricted",
    );
  });
});

describe("the files of the repository's own code are not", () => {
  it.each([
    [undefined, {}],
    ["push", {}],
    ["schedule", {}],
    ["workflow_dispatch", {}],
    ["merge_group", {}],
    ["pull_request", pull(repo)],
    // A repository that is a fork itself, and a pull request within it.
    ["pull_request", pull(fork, fork)],
    ["workflow_run", run("push", repo)],
    ["workflow_run", run("pull_request", repo)],
    ["issue_comment", { issue: {} }],
  ])("%s %j", async (name, payload) => {
    const why = name === undefined ? "by default" : `${name} of the repository's own code`;
    expect(await decide(name, payload)).toEqual({ level: "full", why, variables: [] });
  });
});

describe("who starts monstack chooses", () => {
  it("full trust in a stranger's code, with a warning", async () => {
    expect(await decide("pull_request_target", {}, { inputs: { trust: "full" } })).toMatchObject({
      level: "full",
      why: "set by input trust",
      warning: expect.stringContaining("can run programs here and read this job's secrets"),
    });
  });

  it("restricted everywhere, the flag over the input over the environment", async () => {
    const env = { MONSTACK_TRUST: "full" };
    const inputs = { trust: "full", env: "" };
    const flags = { trust: "restricted", env: "A,B\nC" };
    expect(await decide(undefined, {}, { env, inputs, flags })).toEqual({
      level: "restricted",
      why: "set by --trust",
      variables: ["A", "B", "C"],
    });
    expect(await decide("push", {}, { env: { MONSTACK_TRUST: "restricted" } })).toMatchObject({
      level: "restricted",
      why: "set by MONSTACK_TRUST",
    });
  });

  it("but not with a word that means nothing", async () => {
    await expect(decide("push", {}, { inputs: { trust: "ful" } })).rejects.toThrow(
      'input trust: "ful" is not a degree of trust; did you mean full?',
    );
    await expect(decide("push", {}, { flags: { env: "A-B" } })).rejects.toThrow(
      '--env: "A-B" is not the name of an environment variable, for example SLACK_URL',
    );
  });
});
