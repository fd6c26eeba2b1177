import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = resolve(import.meta.dirname, "../..");

interface Workflow {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  readonly steps: readonly Step[];
}

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.ya?ml$/.test(path) && !path.includes("node_modules"))
    .map((path) => join(folder, path));
}

const own = filesBelow(".github");
const examples = filesBelow("examples").filter((path) => path.includes(".github/"));
const textOf = (path: string) => readFileSync(join(root, path), "utf8");
const workflowOf = (path: string): Workflow => parse(textOf(path));

/** Every `uses:` with the rest of its line, of steps and of reusable workflows, quoted or not. */
function usesIn(path: string): string[] {
  const text = textOf(path).replaceAll(/^\s*#.*$/gm, "");
  return [...text.matchAll(/\buses["']?\s*:\s*(.+)$/gm)].map((found) => (found[1] ?? "").trim());
}

/** Part of the same commit. */
const isLocal = (uses: string) => uses.startsWith("./");

test("there are workflows to look at", () => {
  expect(own.length).toBeGreaterThanOrEqual(4);
  expect(examples.length).toBeGreaterThanOrEqual(4);
});

test.each(own)("%s names actions by a full commit, with the version in a comment", (path) => {
  for (const uses of usesIn(path).filter((one) => !isLocal(one)))
    expect(uses).toMatch(/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

// GitHub's own actions by their major version, as GitHub's documentation has them: a commit in an example is copied once
// and never updated. Whoever pins has Dependabot or Renovate do it.
test.each(examples)("%s names other actions than GitHub's and this one by a full commit", (path) => {
  for (const uses of usesIn(path).filter((one) => !isLocal(one)))
    expect(uses).toMatch(
      /^(actions\/[\w-]+@v\d+|org\/monstack-action@v1|[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\S+)$/,
    );
});

describe("a job of this project", () => {
  const jobs = own.flatMap((path) => {
    const workflow = workflowOf(path);
    return Object.entries(workflow.jobs).map(
      ([name, job]) => [`${path} ${name}`, job.permissions ?? workflow.permissions, job] as const,
    );
  });

  test.each(jobs)("%s has permissions of its own or of its workflow", (_name, permissions) => {
    expect(permissions).toBeDefined();
  });

  test.each(jobs)("%s leaves no token in the folder that it checks out", (_name, _permissions, job) => {
    for (const step of job.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")))
      expect(step.with).toMatchObject({ "persist-credentials": false });
  });

  const writers = jobs.filter(([, permissions]) => Object.values(permissions ?? {}).includes("write"));

  test("of those that may write there is the one that moves the tag", () => {
    expect(writers.map(([name]) => name)).toEqual([".github/workflows/release.yml move-major-tag"]);
  });

  test.each(writers)(
    "%s runs no code of the project, and only after the tests",
    (_name, permissions, job) => {
      expect(permissions).toEqual({ contents: "write" });
      expect(job.needs).toBe("test");
      for (const { uses, run = "" } of job.steps) {
        expect(uses).toBeUndefined();
        // No checkout, nothing of another job, no script but the one that is here; no expression of GitHub's in it.
        expect(run).not.toMatch(
          /\b(git|npm|npx|node|bash|sh|curl|wget|source|eval)\b(?!\/)|\$\{\{|\.\/|download/,
        );
      }
    },
  );

  test("that runs the tests of a release may only read", () => {
    const { jobs: all } = workflowOf(".github/workflows/release.yml");
    expect(all["test"]?.permissions).toEqual({ contents: "read" });
    expect(all["test"]?.steps.some(({ run }) => run === "bash .ci/run")).toBe(true);
  });
});

describe("moving the major tag", () => {
  const script = workflowOf(".github/workflows/release.yml").jobs["move-major-tag"]?.steps[0]?.run ?? "";
  const sha = "0123456789".repeat(4);

  /** What a gh that knows these tags was asked for, one call a line; undefined when the script fails. */
  function move(tag: string, known: readonly string[]): string[] | undefined {
    const folder = mkdtempSync(join(tmpdir(), "monstack-release-"));
    try {
      const knows = known.map((one) => `*/git/ref/tags/${one}*) exit 0 ;;`).join(" ");
      const gh = `#!/bin/sh\necho "$*" >>${folder}/asked\ncase "$*" in ${knows} */git/ref/*) exit 1 ;; esac\n`;
      writeFileSync(join(folder, "gh"), gh);
      writeFileSync(join(folder, "asked"), "");
      chmodSync(join(folder, "gh"), 0o755);
      const env = { PATH: folder, GITHUB_REF_NAME: tag, GITHUB_REPOSITORY: "org/repo", GITHUB_SHA: sha };
      execFileSync("/bin/bash", ["-e", "-c", script], { env, stdio: "ignore" });
      return readFileSync(join(folder, "asked"), "utf8").trim().split("\n").slice(1);
    } catch {
      return undefined;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test("updates it where it is there, and creates it where it is not", () => {
    expect(move("v1.22.3", ["v1"])).toEqual([
      `api --method PATCH repos/org/repo/git/refs/tags/v1 --raw-field sha=${sha} --field force=true --silent`,
    ]);
    expect(move("v12.0.0", ["v2"])).toEqual([
      `api --method POST repos/org/repo/git/refs --raw-field ref=refs/tags/v12 --raw-field sha=${sha} --silent`,
    ]);
  });

  test.each(["v1.2", "main", "v1.2.3-rc1", "v1.2.3/../x", "xv1.2.3", ""])("refuses the name %j", (tag) => {
    expect(move(tag, ["v1"])).toBeUndefined();
  });
});

describe("a step that uses this action", () => {
  const inputs = Object.keys(
    (parse(textOf("action.yml")) as { readonly inputs: Readonly<Record<string, unknown>> }).inputs,
  );
  const workflows = [...own, ...examples, ...filesBelow("test/e2e/workflows"), "test/smoke/job.yml"];
  const steps = workflows.flatMap((path) =>
    Object.values(workflowOf(path).jobs).flatMap((job) =>
      (job.steps ?? [])
        .filter(({ uses }) => uses === "./" || uses?.startsWith("org/monstack-action@"))
        .map((step) => [path, step] as const),
    ),
  );

  test.each(steps)("in %s has only inputs that there are", (_path, step) => {
    expect(inputs).toEqual(expect.arrayContaining(Object.keys(step.with ?? {})));
  });

  test("is looked at in several workflows", () => {
    expect(new Set(steps.map(([path]) => path)).size).toBeGreaterThan(8);
  });
});
