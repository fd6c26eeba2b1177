import { join, relative } from "node:path";
import { loadConfig } from "../../config/load.ts";
import type { Host } from "../../host/host.ts";
import { UserError } from "../../lib/errors.ts";
import { type Choice, chooseSettings } from "./choose.ts";
import { type Survey, surveyFolder } from "./survey.ts";
import { composeConfig, describeNote } from "./write-config.ts";
import { composeWorkflow } from "./write-workflow.ts";

/** What `monstack init` did. */
export interface InitOutcome {
  /** Sentences on what was found and why, what was written, and what was left as it is. */
  readonly lines: readonly string[];
  /** The mistakes that the configuration has, in files of the user's; undefined: none. */
  readonly mistakes: string | undefined;
}

/** Writes monstack.yaml and a workflow for what is in a folder. Existing files are left as they are. */
export async function initFolder(host: Host, folder: string): Promise<InitOutcome> {
  const survey = await surveyFolder(host, folder);
  const choice = chooseSettings(survey);
  const lines = [
    ...choice.notes.map(
      (note) => `${note.use.kind === "used" ? "found   " : "left out"}  ${describeNote(note)}`,
    ),
    ...(choice.notes.length === 0
      ? ["found     nothing that belongs to a monitoring stack: the configuration is the default stack"]
      : []),
    ...(survey.hasLock ? ["found     monstack.lock: a run installs exactly what it lists"] : []),
    await writeConfig(host, folder, survey, choice),
    await writeWorkflow(host, folder, survey, choice),
  ];
  return { lines, mistakes: await findMistakes(host, folder) };
}

async function writeConfig(host: Host, folder: string, { config }: Survey, choice: Choice): Promise<string> {
  if (config !== undefined) return `kept      ${config}: it exists already`;
  await host.files.write(join(folder, "monstack.yaml"), composeConfig(choice));
  return "wrote     monstack.yaml";
}

/** Writes the workflow into the repository's own folder, where GitHub looks for it. */
async function writeWorkflow(
  host: Host,
  folder: string,
  { workflows, repository, config }: Survey,
  { variables }: Choice,
): Promise<string> {
  const { withMonstack } = workflows;
  const path = join(repository, ".github/workflows/monstack.yml");
  const show = (file: string) => relative(folder, file);
  if (withMonstack !== undefined)
    return `kept      ${show(withMonstack)}: it uses monstack already, so no workflow is written`;
  if ((await host.files.stat(path)) !== undefined) return `kept      ${show(path)}: it exists already`;
  const configPath = relative(repository, join(folder, config ?? "monstack.yaml"));
  const isFoundAnyway = configPath === "monstack.yaml" || configPath === "monstack.yml";
  await host.files.write(path, composeWorkflow(workflows, isFoundAnyway ? undefined : configPath, variables));
  const secrets = variables.length === 0 ? "" : `; it needs the secrets ${variables.join(", ")}`;
  return `wrote     ${show(path)}${secrets}`;
}

/** Returns the mistakes in the configuration of a folder, as `monstack plan` reports them. */
async function findMistakes(host: Host, folder: string): Promise<string | undefined> {
  try {
    const { read, list } = host.files;
    await loadConfig({ cwd: folder, env: host.env, fetches: false, readFile: read, listFolder: list });
    return undefined;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}
