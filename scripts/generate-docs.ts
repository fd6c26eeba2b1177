// Writes what is made from the code and from action.yml: pages of docs/, tables in other pages and in the READMEs, action-types.yml, JSON
// Schemas. `--check` only says whether they are current.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { checklistChecks } from "../src/checklist/catalogue.ts";
import { environmentSettings } from "../src/config/load/layers.ts";
import type { InRestricted } from "../src/config/settings/setting.ts";
import { inputSettings, listSettingNames, overrides, settings } from "../src/config/settings.ts";
import { sections } from "../src/config/trust/limits.ts";
import { allRules } from "../src/diagnose/catalogue.ts";
import type { Check } from "../src/stack/check.ts";
import { nothingLeft } from "../src/teardown/down.ts";
import { allChecks, checkAliases, endChecks } from "../src/verify/catalogue.ts";
import { actionTypes, readmePage } from "./docs/action.ts";
import { code, inCell, table } from "./docs/markdown.ts";
import { schemaPage } from "./docs/schemas.ts";
import { renderStabilityPage } from "./docs/stability.ts";

const begin = "<!-- From here on made by `npm run docs`. -->";

function checksPage(): string {
  const row = ({ id, title, severity }: Described) => [`[\`${id}\`](#${id})`, title, severity];
  const head = ["check", "title", "severity"];
  return `# The checks

<!-- Made by \`npm run docs\`. -->

What \`monstack verify\`, \`monstack run\` and the action assert about the live stack, in the order of the report. Each is tried again until
it passes, can't pass any more, or \`verify-timeout\` is over. A failing check of severity \`warning\` doesn't fail the run. A check of something that
isn't deployed is skipped, with that reason. What can't be asked (a transport error, an answer that can't be read) is an error and
never counts as passed.

A check fails for good when the same fault was observed at least twice, the last time after its grace period. That ends the waiting: the
others have 4 s more. A check that passes because something is *not* there (no alert fires, nothing is scraped twice, not too many series)
first needs the proof that Prometheus could have seen it: every target was scraped twice since the deployment, and the rules were evaluated
since. In \`monstack run\` and the action, the checks of a server begin as soon as it is ready, while the rest of the stack still starts; until all of it is
ready they can pass but not fail. If a target is down, \`targets-up\` reports it, and these checks are skipped: they could not look. \`--checks\` and \`--skip\` choose by id or pattern. [Your own checks](own-checks.md) come on top of these.

${table(head, allChecks.map(row))}
## At the end

With \`verify-at-end\` all of the above once more before the teardown, and besides, looking back to when the stack was verified:

${table(head, endChecks.map(row))}
## The production checklist

With profile \`production\`, and by \`monstack checklist\`; [production.md](production.md) says what each point looks at.

${table(head, checklistChecks.map(row))}
After the teardown:

${table(head, [row(nothingLeft)])}
${[...allChecks, ...endChecks, ...checklistChecks, nothingLeft].map(section).join("\n")}`;
}

type Described = Pick<Check, "id" | "title" | "severity" | "meaning" | "fix">;

function section({ id, title, severity, meaning, fix }: Described): string {
  const aliases = Object.keys(checkAliases).filter((alias) => checkAliases[alias] === id);
  const alsoNamed = aliases
    .map((alias) => ` \`--checks\` and \`--skip\` also take its former id \`${alias}\`.`)
    .join("");
  return `## ${id}

${inCell(title)}. Severity: ${severity}.${alsoNamed}

- When it fails: ${inCell(meaning)}
- To fix it: ${inCell(fix)}
`;
}

function diagnosesPage(): string {
  const rows = allRules.map(({ id, aliases = [], layer, title, evidence }) => [
    [`\`${id}\``, ...aliases.map((alias) => `(formerly \`${alias}\`)`)].join(" "),
    title,
    layer,
    evidence,
  ]);
  return `# The diagnoses

<!-- Made by \`npm run docs\`. -->

What monstack can name as the cause of a red run. Each is a pure function over what was read before the teardown: \`diagnostics/\` beside
the report holds it. The most certain cause comes first, then the deepest: what lies lower breaks what lies above it. The first screen shows at most three;
\`causes\` in results.json has all of them. A failed check that none of them explains becomes a cause with the check's own text
(\`check-failed\`), and so does a failure of the run (\`run-failed\`). An id is the same in \`causes\`, in the \`fault\` of a check and in the
\`rule\` of a workload that failed. A former id is listed in \`aliases\` of results.json for one minor version.

${table(["id", "what it is", "layer", "known from"], rows)}`;
}

function configurationPage(current: string): string {
  const end = current.indexOf(begin);
  if (end < 0) throw new Error(`docs/configuration.md has no line ${begin}`);
  const variables = new Map(environmentSettings);
  const rows = overrides.map(({ name, metavar, help, default: byDefault }) => [
    `\`--${name} ${metavar}\``,
    inputSettings.includes(name) ? `\`${name}\`` : settings[name].inFile ? "`set`" : "",
    code(settings[name].inFile?.join(".")),
    code(variables.get(name)),
    byDefault,
    help,
  ]);
  return `${current.slice(0, end)}${begin}

${table(["flag", "input of the action", "key in the file and path in `set`", "environment", "default", "meaning"], rows)}`;
}

function trustPage(current: string): string {
  const end = current.indexOf(begin);
  if (end < 0) throw new Error(`docs/trust.md has no line ${begin}`);
  const ofSettings = listSettingNames().map((name): readonly string[] => {
    const { inFile, inRestricted } = settings[name];
    const input = inputSettings.includes(name) ? `input \`${name}\`, ` : inFile ? "input `set`, " : "";
    return [code(inFile?.join(".") ?? name), classOf(inRestricted), `${input}\`--${name}\``];
  });
  const ofSections = Object.entries(sections).map(([key, { inRestricted, note }]): readonly string[] => [
    code(key),
    [classOf(inRestricted), note].filter((part) => part !== "").join("; "),
    "",
  ]);
  return `${current.slice(0, end)}${begin}

${table(["key in a file", "with `trust: restricted`", "also set by"], [...ofSettings, ...ofSections])}`;
}

function classOf(inRestricted: InRestricted): string {
  if (inRestricted.kind === "refused") return `**refused**: ${inRestricted.because}`;
  return { allowed: "allowed", "below-workspace": "only below the workspace", "not-in-files": "in no file" }[
    inRestricted.kind
  ];
}

/** The files that are made from the code, or have a part that is: each with a function that returns its text. */
const pages: Readonly<Record<string, (current: string) => string>> = {
  "docs/checks.md": checksPage,
  "docs/diagnoses.md": diagnosesPage,
  "docs/configuration.md": configurationPage,
  "docs/trust.md": trustPage,
  "docs/stability.md": renderStabilityPage,
  "docs/monstack.schema.json": () => schemaPage("config"),
  "docs/results.schema.json": () => schemaPage("results"),
  "docs/lock.schema.json": () => schemaPage("lock"),
  "README.md": readmePage,
  "README.ko.md": readmePage,
  "action-types.yml": actionTypes,
};
const isCheck = process.argv.includes("--check");
for (const [name, make] of Object.entries(pages)) {
  const file = new URL(`../${name}`, import.meta.url);
  const current = existsSync(file) ? readFileSync(file, "utf8") : "";
  const page = make(current);
  if (page === current) continue;
  if (isCheck) {
    console.error(`${name} is not what the code says: run \`npm run docs\` and commit it`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, page);
    console.log(`${name} written`);
  }
}
