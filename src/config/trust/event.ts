import { isMapping } from "../../lib/values.ts";

/** Events whose payload has the pull request with its two repositories. */
const ofPullRequest = ["pull_request", "pull_request_review", "pull_request_review_comment"];

/**
 * Why what is checked out for an event of GitHub's can be a stranger's; undefined when it comes from somebody who may
 * write to the repository.
 * @param payload the event as GitHub describes it; undefined when that can't be read
 */
export function whyForeign(name: string | undefined, payload: unknown): string | undefined {
  if (name === "pull_request_target")
    return "pull_request_target runs with the repository's secrets for everybody's pull requests";
  if (name !== undefined && ofPullRequest.includes(name))
    return whyForeignPull(at(payload, "pull_request"), name);
  if (name === "workflow_run") return whyForeignRun(at(payload, "workflow_run"));
  // The payload doesn't say where the pull request comes from.
  if (
    name === "issue_comment" &&
    (payload === undefined || at(payload, "issue", "pull_request") !== undefined)
  )
    return "a comment on a pull request doesn't say whose code that is";
  return undefined;
}

function whyForeignPull(pull: unknown, event: string): string | undefined {
  return isSameRepository(at(pull, "head", "repo"), at(pull, "base", "repo"))
    ? undefined
    : `${event} from ${nameOf(at(pull, "head", "repo"))}`;
}

/** What began the workflow that ran before. Of a chain of them only the last link is known. */
function whyForeignRun(run: unknown): string | undefined {
  const event = at(run, "event");
  const name = typeof event === "string" && /^\w+$/.test(event) ? event : "an unknown event";
  if (name === "an unknown event") return `workflow_run after ${name}`;
  // Also of a push: a fork's never begins a workflow of this repository, so this costs nobody anything.
  if (!isSameRepository(at(run, "head_repository"), at(run, "repository")))
    return `workflow_run after ${name} from ${nameOf(at(run, "head_repository"))}`;
  const isUnclear = ["pull_request_target", "issue_comment", "workflow_run"].includes(name);
  return isUnclear ? `workflow_run after ${name}` : undefined;
}

/** A fork that was deleted is null. */
function isSameRepository(one: unknown, other: unknown): boolean {
  const id = at(one, "id");
  return typeof id === "number" && id === at(other, "id");
}

function nameOf(repository: unknown): string {
  const name = at(repository, "full_name");
  return typeof name === "string" && /^[\w.-]+\/[\w.-]+$/.test(name)
    ? `the fork ${name}`
    : "a repository that the event does not name";
}

function at(node: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (one, key) => (isMapping(one) && Object.hasOwn(one, key) ? one[key] : undefined),
    node,
  );
}
