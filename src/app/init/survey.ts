import { dirname, join } from "node:path";
import type { Host } from "../../host/host.ts";
import { isMapping } from "../../lib/object.ts";
import { lockFileName } from "../../lockfile/lock.ts";
import { readYaml } from "../../yaml/read.ts";
import { classifyFile, type FoundFile } from "./classify.ts";

/** What a folder has that concerns monstack. Paths are relative to the folder. */
export interface Survey {
  readonly found: readonly FoundFile[];
  /** Every YAML and JSON file that was looked at. */
  readonly files: readonly string[];
  readonly hasLock: boolean;
  /** The configuration that is there already. */
  readonly config: string | undefined;
  /** Absolute path of the git repository's folder; the folder itself outside of a repository. */
  readonly repository: string;
  readonly workflows: ExistingWorkflows;
}

/** What the workflows that are there already use. */
export interface ExistingWorkflows {
  /** Absolute path of a workflow that uses this action. */
  readonly withMonstack: string | undefined;
  /** `runs-on` of all jobs, if they have the same one; else undefined. */
  readonly runsOn: string | undefined;
  /** `uses` of the checkout, with its comment; undefined if no workflow has one. */
  readonly checkout: string | undefined;
  /** The branches of `on: push`; without a workflow that has them, the repository's main branch if it is known. */
  readonly branches: readonly string[] | undefined;
}

const maxDepth = 4;
const maxFiles = 2_000;
/** Limit in bytes. Exported dashboards have up to about 1 MB. */
const maxBytes = 2 * 1024 ** 2;
/** Folders with files that are not the user's configuration. */
const skippedFolders = ["node_modules", "vendor", "dist", "build", "target", "testdata", "monstack-report"];

/** Returns what is in a folder. Changes nothing, and follows no links. */
export async function surveyFolder(host: Host, folder: string): Promise<Survey> {
  const files = await listFiles(host, folder);
  const texts = await Promise.all(
    files.map((file) => host.files.read(join(folder, file)).catch(() => undefined)),
  );
  const found = files.flatMap((file, index) => classifyFile(file, texts[index] ?? "") ?? []);
  const names = await host.files.list(folder);
  const repository = await findRepository(host, folder);
  return {
    found,
    files,
    hasLock: names.includes(lockFileName),
    config: ["monstack.yaml", "monstack.yml"].find((name) => names.includes(name)),
    repository,
    workflows: await readWorkflows(host, repository),
  };
}

/** Returns the YAML and JSON files below a folder. Charts and kustomizations are left out: their files are parts. */
async function listFiles(host: Host, folder: string, below = "", depth = 0): Promise<string[]> {
  const names = (await host.files.list(join(folder, below))).filter((name) => !name.startsWith(".")).sort();
  if (depth > 0 && names.some((name) => /^(Chart\.yaml|[Kk]ustomization(\.ya?ml)?)$/.test(name))) return [];
  const files: string[] = [];
  for (const name of names) {
    if (files.length >= maxFiles) break;
    const path = below === "" ? name : `${below}/${name}`;
    const stat = await host.files.stat(join(folder, path));
    if (stat?.kind === "folder" && depth < maxDepth && !skippedFolders.includes(name))
      files.push(...(await listFiles(host, folder, path, depth + 1)));
    const isWanted = /\.(ya?ml|json)$/.test(name) && !/^monstack\.ya?ml$/.test(name);
    if (stat?.kind === "file" && isWanted && stat.bytes <= maxBytes) files.push(path);
  }
  return files.slice(0, maxFiles);
}

/** Returns the folder at or above another one that has `.git`; the folder itself if there is none. */
async function findRepository(host: Host, folder: string): Promise<string> {
  let candidate = folder;
  for (;;) {
    if ((await host.files.stat(join(candidate, ".git"))) !== undefined) return candidate;
    const parent = dirname(candidate);
    if (parent === candidate) return folder;
    candidate = parent;
  }
}

/**
 * Returns the name of the main branch: the remote's default, else the current branch if it has a name that main
 * branches have.
 */
async function findMainBranch({ files }: Host, repository: string): Promise<string | undefined> {
  const read = async (name: string) =>
    (await files.read(join(repository, ".git", name)).catch(() => undefined))?.trim() ?? "";
  const remotePrefix = "ref: refs/remotes/origin/";
  const remote = await read("refs/remotes/origin/HEAD");
  if (remote.startsWith(remotePrefix)) return remote.slice(remotePrefix.length);
  const current = (await read("HEAD")).replace(/^ref: refs\/heads\//, "");
  return ["main", "master", "trunk", "develop"].find((name) => name === current);
}

async function readWorkflows(host: Host, repository: string): Promise<ExistingWorkflows> {
  const folder = join(repository, ".github/workflows");
  const names = (await host.files.list(folder)).filter((name) => /\.ya?ml$/.test(name)).sort();
  const texts = await Promise.all(
    names.map(async (name) => (await host.files.read(join(folder, name))) ?? ""),
  );
  const workflows = texts.map((text) => readYaml(text, { keysMayRepeat: true }).data).filter(isMapping);
  const withMonstack = names.find((_, index) =>
    listUses(texts[index] ?? "").some((action) => action.includes("/monstack-action@")),
  );
  const jobs = workflows.flatMap(({ jobs }) =>
    isMapping(jobs) ? Object.values(jobs).filter(isMapping) : [],
  );
  const runners = new Set(jobs.flatMap((job) => (job["runs-on"] === undefined ? [] : [job["runs-on"]])));
  const [runner] = runners;
  const checkout = texts.flatMap(listUses).find((action) => action.startsWith("actions/checkout@"));
  const mainBranch = await findMainBranch(host, repository);
  const mainBranches = mainBranch === undefined ? undefined : [mainBranch];
  return {
    withMonstack: withMonstack === undefined ? undefined : join(folder, withMonstack),
    // A matrix or an expression means something only in its own workflow.
    runsOn: runners.size === 1 && typeof runner === "string" && !runner.includes("$") ? runner : undefined,
    checkout,
    branches: workflows.map(readBranches).find((branches) => branches !== undefined) ?? mainBranches,
  };
}

/** Returns the actions that a workflow uses, each with the comment behind it. */
function listUses(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const [start = "", action] = line.split("uses:", 2);
    return action === undefined || start.includes("#") ? [] : [action.trim()];
  });
}

/** Returns the branches of `on: push`. YAML 1.1 reads the key `on` as true. */
function readBranches(workflow: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const triggers = workflow.on ?? workflow.true;
  const push = isMapping(triggers) ? triggers.push : undefined;
  const branches = isMapping(push) ? push.branches : undefined;
  return Array.isArray(branches) && branches.every((branch) => typeof branch === "string")
    ? branches
    : undefined;
}
