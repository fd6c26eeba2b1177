import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createHost } from "../../../src/host/create.ts";
import type { Context } from "../../../src/host/host.ts";
import { fetchChart } from "../../../src/sources/charts/fetch.ts";
import { isRemote } from "../../../src/sources/charts/kustomize-remotes.ts";
import { openSupply, type Supply } from "../../../src/sources/web/web.ts";
import { lockOf } from "../../lock/locks.ts";
import { createRecordingLogger, type RecordingLogger } from "../../support/recording-logger.ts";

let folder = "";
let log: RecordingLogger;
let context: Context;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "monstack-kustomize-"));
  log = createRecordingLogger();
  context = { host: await createHost(), log, signal: new AbortController().signal };
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const locked: Supply = { lock: lockOf({}), lockedBy: "monstack.lock", offline: undefined };
const bundled: Supply = { ...locked, offline: "--bundle stack.tar" };

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

/** Leaves a trace where it is run, tries git, and says what it was given. */
const tracing = `#!/bin/sh
cd "$(dirname "$0")/.."
touch ran
git init --quiet repo
git ls-remote "file://$PWD/repo" >git 2>&1 && echo fetched >>git
env >env
`;

async function build(supply: Supply, kubectl = tracing) {
  const path = join(folder, "bin/kubectl");
  await write({ "bin/kubectl": kubectl });
  await context.host.exec(["chmod", "755", path]);
  const tool = { name: "kubectl", path, asked: "", version: "v1", sha256: "", origin: "path" } as const;
  const ref = { kind: "kustomize", path: join(folder, "app") } as const;
  const options = { folder: join(folder, "chart"), kubectl: Promise.resolve(tool), supply };
  return await fetchChart(context, { mirrors: {} }, ref, options);
}

const ran = () => context.host.files.exists(join(folder, "ran"));

describe("a kustomization that fetches is refused with a lock, before kustomize runs", () => {
  const url = "https://raw.example/x.yaml";
  const git = "github.com/org/repo//base?ref=v1";

  test.each<[string, Record<string, string>, string]>([
    [
      "a resource",
      { "app/kustomization.yaml": `resources:\n- local.yaml\n- ${url}\n` },
      `app/kustomization.yaml:3:3: resources: ${url}`,
    ],
    ["a base", { "app/kustomization.yml": `bases: [${git}]\n` }, `app/kustomization.yml:1:9: bases: ${git}`],
    [
      "a component",
      { "app/Kustomization": `components: ["git@github.com:org/repo"]\n` },
      "app/Kustomization:1:14: components: git@github.com:org/repo",
    ],
    ["a CRD", { "app/kustomization.yaml": `crds: [${url}]\n` }, `:1:8: crds: ${url}`],
    ["a configuration", { "app/kustomization.yaml": `configurations: [${url}]\n` }, `configurations: ${url}`],
    ["OpenAPI", { "app/kustomization.yaml": `openapi:\n  path: ${url}\n` }, `:2:9: path: ${url}`],
    ["a patch", { "app/kustomization.yaml": `patches:\n- path: ${url}\n` }, `:2:9: path: ${url}`],
    [
      "a strategic merge patch",
      { "app/kustomization.yaml": `patchesStrategicMerge:\n- ${url}\n` },
      `patchesStrategicMerge: ${url}`,
    ],
    [
      "a JSON patch",
      { "app/kustomization.yaml": `patchesJson6902:\n- {target: {kind: X}, path: ${url}}\n` },
      `path: ${url}`,
    ],
    ["a replacement", { "app/kustomization.yaml": `replacements:\n- path: ${url}\n` }, `path: ${url}`],
    [
      "a generated ConfigMap",
      { "app/kustomization.yaml": `configMapGenerator:\n- name: x\n  files: [a.txt, "key=${url}"]\n` },
      `files: key=${url}`,
    ],
    [
      "a generated Secret",
      { "app/kustomization.yaml": `secretGenerator:\n- name: x\n  envs: [${url}]\n` },
      `envs: ${url}`,
    ],
    [
      "a chart",
      { "app/kustomization.yaml": `helmCharts:\n- name: x\n  repo: https://charts.example\n` },
      ":3:9: repo: https://charts.example",
    ],
    ["a generator", { "app/kustomization.yaml": `generators: [${git}]\n` }, `generators: ${git}`],
    [
      "a base of a base",
      {
        "app/kustomization.yaml": "resources: [../one]\n",
        "one/kustomization.yaml": "components:\n- ../two\n",
        "two/kustomization.yaml": `resources:\n\n- ${git}\n`,
      },
      `two/kustomization.yaml:3:3: resources: ${git}`,
    ],
    [
      "a transformer's file",
      {
        "app/kustomization.yaml": "transformers: [patch.yaml]\n",
        "app/patch.yaml": `kind: Other\n---\nkind: PatchTransformer\npath: ${url}\n`,
      },
      `app/patch.yaml:4:7: path: ${url}`,
    ],
    [
      "a transformer's folder",
      {
        "app/kustomization.yaml": "transformers: [../t]\n",
        "t/kustomization.yaml": `resources: [${url}]\n`,
      },
      `t/kustomization.yaml:1:13: resources: ${url}`,
    ],
    [
      "a transformer in the kustomization itself",
      {
        "app/kustomization.yaml": `transformers:\n- |-\n  kind: PatchTransformer\n  path: ${url}\n`,
      },
      `path: ${url}`,
    ],
    [
      "a key in other letters",
      {
        "app/kustomization.yaml": `Resources: [../one]\n`,
        "one/kustomization.yaml": `RESOURCES: [${url}]\n`,
      },
      `RESOURCES: ${url}`,
    ],
    [
      "a key that is an alias",
      {
        "app/kustomization.yaml": "commonAnnotations: {a: &k resources}\n*k : [../one]\n",
        "one/kustomization.yaml": `resources: [${url}]\n`,
      },
      `one/kustomization.yaml:1:13: resources: ${url}`,
    ],
    [
      "a key with letters that Go takes for s and k",
      {
        "app/kustomization.yaml": "re\u017fources: [../one]\n",
        "one/kustomization.yaml": `resources: [${url}]\n`,
      },
      `one/kustomization.yaml:1:13: resources: ${url}`,
    ],
    [
      "the same key twice in other letters",
      { "app/kustomization.yaml": `resources: []\nResources: [${url}]\n` },
      `Resources: ${url}`,
    ],
    [
      "an alias",
      { "app/kustomization.yaml": `commonAnnotations: {a: &a ${url}}\nresources: [*a]\n` },
      `resources: ${url}`,
    ],
    [
      "a merged map",
      { "app/kustomization.yaml": `commonAnnotations: &a {resources: [${url}]}\n<<: *a\n` },
      `resources: ${url}`,
    ],
    [
      "a key that no kustomize has yet",
      { "app/kustomization.yaml": `fetches: {from: ${url}}\n` },
      `from: ${url}`,
    ],
    [
      "a second document",
      { "app/kustomization.yaml": `resources: []\n---\nresources: [${url}]\n` },
      `:3:13: resources: ${url}`,
    ],
    ["JSON", { "app/kustomization.yaml": `{"resources": ["${url}"]}` }, `resources: ${url}`],
  ])("%s", async (_name, files, expected) => {
    await write(files);
    for (const supply of [locked, bundled]) {
      const error = await build(supply).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "UserError" });
      expect((error as Error).message).toContain(expected);
      expect((error as Error).message).toContain(
        `and ${supply.offline ?? "monstack.lock"} allows only what the lock names`,
      );
    }
    expect(await ran()).toBe(false);
  });

  test.each([
    [
      "a tag that hides a text",
      `resources: [!!binary aHR0cHM6Ly9yYXcuZXhhbXBsZS94]\n`,
      /has the tag tag:yaml.org,2002:binary/,
    ],
    ["what is no YAML", "resources: [\n", /can't be searched for what it fetches/],
    [
      "aliases that make billions",
      `a0: &a0 [x]\n${Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`)}]`).join("\n")}\n`,
      /can't be searched for what it fetches/,
    ],
    ["lists in lists without an end", `x: ${"[".repeat(50_000)}`, /can't be searched for what it fetches/],
    [
      "deep lists in lists",
      `x: ${"[".repeat(20_000)}${"]".repeat(20_000)}`,
      /can't be searched for what it fetches/,
    ],
  ])("%s can't be searched, and so is not built", async (_name, text, message) => {
    await write({ "app/kustomization.yaml": text });
    await expect(build(locked)).rejects.toThrow(message);
    expect(await ran()).toBe(false);
  });

  test("a link to what has no end can't be searched", async () => {
    await write({ "app/local.yaml": "" });
    await symlink("/dev/zero", join(folder, "app/kustomization.yaml"));
    await expect(build(locked)).rejects.toThrow(
      /kustomization\.yaml can't be searched .*: it has more than \d+ bytes/,
    );
    expect(await ran()).toBe(false);
  });

  test("folders that lead to each other are searched once, and links in a circle not for ever", async () => {
    await write({
      "app/kustomization.yaml": "resources: [../b]\n",
      "b/kustomization.yaml": "resources: [../app, loop]\n",
    });
    await build(locked);
    await symlink(".", join(folder, "b/loop"));
    await build(locked);
  }, 20_000);

  test("a login in the address is not shown", async () => {
    await write({ "app/kustomization.yaml": "resources: ['https://me:secret@raw.example/x']\n" });
    await expect(build(locked)).rejects.toThrow(/https:\/\/\*\*\*@raw\.example\/x$/);
  });
});

describe("what kustomize takes for an address", () => {
  test.each([
    "https://h/x",
    "HTTPS://h/x",
    "http://h",
    "ssh://git@h/x",
    "file:///srv/repo",
    "git::https://h/x",
    "GIT::h/x",
    "git@h:x/y",
    "me@h/x",
    "github.com/a/b",
    "GitHub.com:a/b",
    "www.github.com/a/b",
    "gh:a/b",
    "oci://h/x",
    "s3::https://h",
    " https://h",
    "https:h",
  ])("%j is one", (text) => {
    expect(isRemote(text)).toBe(true);
  });

  test.each([
    "key=https://h/x",
    "a b=https://h/x",
    "é=https://h/x",
    "a/b=https://h/x",
    "=https://h/x",
    "https://h/x",
  ])("%j is one among files", (text) => {
    expect(isRemote(text, "Files")).toBe(true);
  });

  test.each([
    "deploy.yaml",
    "../base",
    "./github.com",
    "a/github.com/b",
    "dir.git/x",
    "x.yaml?ref=1",
    "apiVersion: v1\nkind: X\nspec: {args: [--a=http://x]}",
    '{"args":["--a=http://x"]}',
    "key=file.txt",
    "",
  ])("%j is none", (text) => {
    expect(isRemote(text)).toBe(false);
  });
});

describe("a kustomization of this machine alone", () => {
  const files = {
    "app/kustomization.yaml": `resources: [deploy.yaml, ../base]
commonAnnotations: {docs: https://docs.example}
configMapGenerator: [{name: x, literals: ["URL=https://x.example"], files: [key=a.txt]}]
images: [{name: a, newName: github.com/a}]
patches:
- patch: |-
    - {op: add, path: /metadata/annotations/x, value: "https://x.example"}
patchesStrategicMerge:
- |-
  apiVersion: v1
  kind: X
  metadata: {name: x, annotations: {u: "https://x.example"}}
`,
    "app/deploy.yaml": "kind: ConfigMap\nmetadata: {annotations: {see: https://x.example}}\n",
    "base/kustomization.yaml": "resources: [../app]\n",
  };

  test("is built with a lock, without git and without a way to the network", async () => {
    await write(files);
    await build(locked);
    expect(await ran()).toBe(true);
    expect(await context.host.files.read(join(folder, "git"))).toMatch(/not allowed/);
    expect(await context.host.files.read(join(folder, "env"))).toContain("HTTPS_PROXY=http://127.0.0.1:1");
  }, 20_000);

  test("without a lock one that fetches is built, with a warning that names what", async () => {
    await write({ "app/kustomization.yaml": "resources:\n- https://raw.example/x.yaml\n" });
    await build(openSupply);
    expect(await ran()).toBe(true);
    expect(await context.host.files.read(join(folder, "git"))).toBe("fetched\n");
    expect(log.lines.find(({ level }) => level === "warn")?.message).toContain(
      "app/kustomization.yaml:2:3: resources: https://raw.example/x.yaml",
    );
  });
});

test("no request is made for a kustomization with a lock, whatever kustomize is there", async () => {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: remote}\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.yaml`;
  await write({ "app/kustomization.yaml": `resources: [${url}]\n` });
  // Where there is no kubectl, what it would do: fetch what the kustomization names.
  const kubectl = `#!/bin/sh\nexec $(command -v kubectl || echo false) "$@"\n`;
  const fetching = `#!/bin/sh\nexec '${process.execPath}' -e 'fetch("${url}").then((r) => r.text()).then(console.log)'\n`;
  for (const program of [kubectl, fetching]) await expect(build(locked, program)).rejects.toThrow(url);
  expect(asked).toEqual([]);
  await build(openSupply, fetching);
  expect(asked).toEqual(["/x.yaml"]);
  await new Promise((done) => server.close(done));
});
