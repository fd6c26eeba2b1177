import { isMapping } from "../../lib/object.ts";
import { throwIfAny } from "../../yaml/mistakes.ts";
import type { ConfigSources } from "../load.ts";
import { parseSetting } from "../settings.ts";

/** How far the files of a configuration are trusted. */
export interface Trust {
  /** `full`: files may set everything that a flag may. `restricted`: a stranger may have written them. */
  readonly level: "full" | "restricted";
  /** The reason for the log. */
  readonly why: string;
  /** A warning if the user trusts files that a stranger may have written. */
  readonly warning?: string;
  /** Environment variables that restricted files may name. */
  readonly variables: readonly string[];
}

export const fullTrust: Trust = { level: "full", why: "by default", variables: [] };

/**
 * Returns how far the files are trusted: as set by a flag, an input or the environment, else by the event of GitHub
 * that started the job.
 * @throws UserError for an invalid level of trust or list of variables
 */
export async function decideTrust(
  sources: Pick<ConfigSources, "env" | "inputs" | "flags" | "readFile">,
): Promise<Trust> {
  const trustSetting = findGivenText(sources, "trust", "MONSTACK_TRUST");
  const level = trustSetting && parseGivenSetting("trust", trustSetting);
  const envSetting = findGivenText(sources, "env", undefined);
  const variables = (envSetting && parseGivenSetting("env", envSetting)) ?? [];
  const event = sources.env["GITHUB_EVENT_NAME"];
  const foreignReason = explainForeignEvent(event, await readEvent(sources));
  if (level === undefined || trustSetting === undefined) {
    if (foreignReason !== undefined) return { level: "restricted", why: foreignReason, variables };
    if (event === undefined) return fullTrust;
    return { level: "full", why: `${event} of the repository's own code`, variables };
  }
  const why = `set by ${trustSetting.label}`;
  if (level === "restricted" || foreignReason === undefined) return { level, why, variables };
  const warning = `trust is full, ${why}, although ${foreignReason}: whoever wrote the configuration can run programs here and read this job's secrets`;
  return { level, why, warning, variables };
}

interface Given {
  readonly text: string;
  readonly label: string;
}

/** Returns the setting from the strongest place that has it. Files are not considered. */
function findGivenText(
  { env, inputs, flags }: Pick<ConfigSources, "env" | "inputs" | "flags">,
  name: "trust" | "env",
  variable: string | undefined,
): Given | undefined {
  const places = [
    { text: flags?.[name], label: `--${name}` },
    { text: inputs?.[name], label: `input ${name}` },
    { text: variable && env[variable], label: variable ?? "" },
  ];
  return places.find((place): place is Given => place.text !== undefined && place.text.trim() !== "");
}

/**
 * Returns the parsed value of a setting.
 * @throws UserError if it is invalid
 */
function parseGivenSetting<N extends "trust" | "env">(name: N, { text, label }: Given) {
  const parsed = parseSetting(name, text.trim(), { folder: "/", home: undefined });
  if ("value" in parsed) return parsed.value;
  throwIfAny(parsed.problems.map(({ message }) => ({ where: label, path: "", problem: message })));
  return undefined;
}

/**
 * Returns the payload of GitHub's event; undefined if there is none or it can't be read. Then the code's author is
 * unknown.
 */
async function readEvent({ env, readFile }: Pick<ConfigSources, "env" | "readFile">): Promise<unknown> {
  const path = env["GITHUB_EVENT_PATH"];
  if (!path) return undefined;
  try {
    return JSON.parse((await readFile(path)) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

/** Events whose payload contains a pull request with its two repositories. */
const pullRequestEvents = ["pull_request", "pull_request_review", "pull_request_review_comment"];

/**
 * Returns why a stranger may have written the code of an event; undefined if only people with write access to the
 * repository can have. A workflow_run event is traced to the run before it.
 * @param payload GitHub's description of the event; undefined if it can't be read
 */
function explainForeignEvent(name: string | undefined, payload: unknown): string | undefined {
  if (name === "pull_request_target")
    return "pull_request_target runs with the repository's secrets for everybody's pull requests";
  if (name !== undefined && pullRequestEvents.includes(name))
    return explainForeignPull(readPayload(payload, "pull_request"), name);
  if (name === "workflow_run") return explainForeignRun(readPayload(payload, "workflow_run"));
  // The payload doesn't say where the pull request comes from.
  if (
    name === "issue_comment" &&
    (payload === undefined || readPayload(payload, "issue", "pull_request") !== undefined)
  )
    return "a comment on a pull request doesn't say whose code that is";
  return undefined;
}

/** Returns why the code of a pull request can be a stranger's; undefined if it is from the same repository. */
function explainForeignPull(pull: unknown, event: string): string | undefined {
  return isSameRepository(readPayload(pull, "head", "repo"), readPayload(pull, "base", "repo"))
    ? undefined
    : `${event} from ${getRepositoryName(readPayload(pull, "head", "repo"))}`;
}

/**
 * Returns why the code of a workflow_run event can be a stranger's; undefined if the earlier run was of this
 * repository. In a chain of runs, only the last one is known.
 */
function explainForeignRun(run: unknown): string | undefined {
  const event = readPayload(run, "event");
  const name = typeof event === "string" && /^\w+$/.test(event) ? event : "an unknown event";
  if (name === "an unknown event") return `workflow_run after ${name}`;
  // Refusing other repositories for every event does no harm: a push to a fork starts no workflow of this repository.
  if (!isSameRepository(readPayload(run, "head_repository"), readPayload(run, "repository")))
    return `workflow_run after ${name} from ${getRepositoryName(readPayload(run, "head_repository"))}`;
  const isUnclear = ["pull_request_target", "issue_comment", "workflow_run"].includes(name);
  return isUnclear ? `workflow_run after ${name}` : undefined;
}

/** True if both repositories have the same id. A deleted fork is null, and never the same. */
function isSameRepository(first: unknown, second: unknown): boolean {
  const id = readPayload(first, "id");
  return typeof id === "number" && id === readPayload(second, "id");
}

/** Returns a fork's name for the log. */
function getRepositoryName(repository: unknown): string {
  const name = readPayload(repository, "full_name");
  return typeof name === "string" && /^[\w.-]+\/[\w.-]+$/.test(name)
    ? `the fork ${name}`
    : "a repository that the event does not name";
}

/** Returns the value at a path of keys in the payload; undefined if there is none. */
function readPayload(node: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (parent, key) => (isMapping(parent) && Object.hasOwn(parent, key) ? parent[key] : undefined),
    node,
  );
}
