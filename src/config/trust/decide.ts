import { throwIfAny } from "../../yaml/mistakes.ts";
import { settings } from "../settings.ts";
import type { ConfigSources } from "../sources.ts";
import { whyForeign } from "./event.ts";

/** Whose word the files of a configuration are. */
export interface Trust {
  /** `full`: they are as good as a flag. `restricted`: a stranger may have written them. */
  readonly level: "full" | "restricted";
  /** As the log says it. */
  readonly why: string;
  /** What is unusual about it. */
  readonly warning?: string;
  /** Environment variables that files may name where they are restricted. */
  readonly variables: readonly string[];
}

export const fullTrust: Trust = { level: "full", why: "by default", variables: [] };

const base = { folder: "/", home: undefined };

/**
 * How far the files are trusted: as a flag, an input or the environment says, else as GitHub's event says.
 * @throws UserError for a degree of trust, or a list of variables, that is none
 */
export async function decideTrust(
  sources: Pick<ConfigSources, "env" | "inputs" | "flags" | "readFile">,
): Promise<Trust> {
  const given = find(sources, "trust", "MONSTACK_TRUST");
  const level = given && parse("trust", given);
  const names = find(sources, "env", undefined);
  const variables = (names && parse("env", names)) ?? [];
  const event = sources.env["GITHUB_EVENT_NAME"];
  const foreign = whyForeign(event, await readEvent(sources));
  if (level === undefined || given === undefined) {
    if (foreign !== undefined) return { level: "restricted", why: foreign, variables };
    if (event === undefined) return fullTrust;
    return { level: "full", why: `${event} of the repository's own code`, variables };
  }
  const why = `set by ${given.label}`;
  if (level === "restricted" || foreign === undefined) return { level, why, variables };
  const warning = `trust is full, ${why}, although ${foreign}: whoever wrote the configuration can run programs here and read this job's secrets`;
  return { level, why, warning, variables };
}

interface Given {
  readonly text: string;
  readonly label: string;
}

/** From the strongest place that has it. No file is asked. */
function find(
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

function parse<N extends "trust" | "env">(name: N, { text, label }: Given) {
  const parsed = settings[name].fromText(text.trim(), base);
  if ("problems" in parsed)
    throwIfAny(parsed.problems.map((problem) => ({ where: label, path: "", problem: problem.text })));
  return "value" in parsed ? (parsed.value as ValueOf<N>) : undefined;
}

type ValueOf<N extends "trust" | "env"> = Extract<
  ReturnType<(typeof settings)[N]["fromText"]>,
  { value: unknown }
>["value"];

/** Undefined where there is none, or it can't be read: then nobody knows whose code it is. */
async function readEvent({ env, readFile }: Pick<ConfigSources, "env" | "readFile">): Promise<unknown> {
  const path = env["GITHUB_EVENT_PATH"];
  if (!path) return undefined;
  try {
    return JSON.parse((await readFile(path)) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}
