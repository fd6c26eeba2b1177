// docs/stability.md: what a version number covers, listed from the code.
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { checklistChecks } from "../../src/checklist/catalogue.ts";
import { globalFlags, namedCommands } from "../../src/cli/commands/catalogue.ts";
import { environmentSettings } from "../../src/config/load/layers.ts";
import { overrides, settings } from "../../src/config/settings.ts";
import { allRules } from "../../src/diagnose/catalogue.ts";
import { exitCode } from "../../src/lib/errors.ts";
import { Results } from "../../src/report/results-schema.ts";
import { nothingLeft } from "../../src/teardown/down.ts";
import { allChecks, checkAliases, endChecks } from "../../src/verify/catalogue.ts";

interface ActionFile {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

const exitCodeMeanings: Readonly<Record<keyof typeof exitCode, string>> = {
  verified: "verified; or the command did what it was for",
  notVerified: "the stack failed verification; also an error of monstack's own, with its stack",
  badConfig: "the configuration, its lock file, a bundle or the command line is invalid",
  notInstalled: "it could not be installed, bundled, backed up or restored",
  leaked: "torn down, but something is left",
  interrupted: "interrupted, and torn down",
};

/** Returns the page. */
export function renderStabilityPage(): string {
  const action = parse(readFileSync("action.yml", "utf8")) as ActionFile;
  const checks = [...allChecks, ...endChecks, ...checklistChecks, nothingLeft].map(({ id }) => id);
  const aliases = Object.entries(checkAliases).map(([alias, id]) => `\`${alias}\` (now \`${id}\`)`);
  const formerCauses = allRules.flatMap(({ id, aliases: former = [] }) =>
    former.map((alias) => `\`${alias}\` (now \`${id}\`)`),
  );
  const causes = [...new Set([...allRules.map(({ id }) => id), "check-failed", "run-failed"])];
  const keysInFile = overrides.flatMap(({ name }) => settings[name].inFile?.join(".") ?? []);
  const codes = Object.entries(exitCode).map(
    ([name, code]) => `| ${code} | ${exitCodeMeanings[name as keyof typeof exitCode]} |`,
  );
  return `# What is stable

<!-- Made by \`npm run docs\`. -->

monstack follows [Semantic Versioning](https://semver.org). The lists below are what a version number covers, from version 1.0.0 on. Within a
major version, nothing in them is removed, renamed or given another meaning; things are added. Only ids of checks and causes can be replaced: the former
id is then an alias for at least one minor version. A release candidate (\`1.0.0-rc.1\`) may still differ
from 1.0.0; [CHANGELOG.md](../CHANGELOG.md) lists what changed.

- A **default** may change in a minor version: versions of k3s, helm and charts, timeouts, limits, and what profile \`ci\` sets. A
  [lock file](lock.md) fixes the versions.
- **New checks** and new causes may come with a minor version, so a stack that was green can become red. \`--checks\` and \`--skip\` choose them by id.
- **Texts are not stable**: messages, the closing text, the summary, annotations, titles. Scripts read exit codes, results.json or
  [\`--output\`](terminal.md).
- Files in the state folder and the cache belong to monstack. \`down\` of a newer version takes down what an older one of the same major version started.

## Inputs of the action

${list(Object.keys(action.inputs))}
## Outputs of the action

${list(Object.keys(action.outputs))}
## Commands and flags

${namedCommands.map(({ path, command }) => `- ${code(path)}${formatFlags(command.flags ?? [])}`).join("\n")}

Every command takes ${globalFlags.map(({ term }) => code(term)).join(", ")}, \`--help\`, \`--version\` and the settings below.

## Settings

As flags (\`--NAME\`):

${list(overrides.map(({ name }) => name))}
As keys of monstack.yaml (its other sections are in [configuration.md](configuration.md)):

${list([...new Set(keysInFile)])}
As environment variables:

${list(environmentSettings.map(([, variable]) => variable))}
## Exit codes

| code | meaning |
| --- | --- |
${codes.join("\n")}

## results.json

\`schemaVersion\` is ${Results.shape.schemaVersion.value}, and [results.schema.json](results.schema.json) is its schema. Keys are only added within a
\`schemaVersion\`. Within a major version of monstack it stays the same. The keys at the top:

${list(Object.keys(Results.shape))}
## Ids of checks

${list(checks)}
Former ids that \`--checks\` and \`--skip\` still take: ${aliases.length > 0 ? aliases.join(", ") : "none"}. A check of your own has the id \`own/NAME\`.

## Ids of causes

${list(causes)}
Former ids, which results.json lists as \`aliases\`: ${formerCauses.length > 0 ? formerCauses.join(", ") : "none"}.

## Events

\`event\` in \`--output ndjson\` is one of \`phase-started\`, \`phase-ended\`, \`check\`, \`cause\` and \`verdict\`; [terminal.md](terminal.md) has their keys.

## Lock files and bundles

\`lockVersion: 1\` and bundles of version 1 are read by every later version of the same major version.
`;
}

function formatFlags(flags: readonly { readonly term: string }[]): string {
  return flags.length === 0 ? "" : `: ${flags.map(({ term }) => code(term)).join(", ")}`;
}

function list(names: readonly string[]): string {
  return `${names.map(code).join(", ")}\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}
