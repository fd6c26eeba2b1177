import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { runCli } from "../../src/cli/run.ts";
import { listFileKeys } from "../../src/config/load/monstack-file.ts";
import { overrides } from "../../src/config/settings.ts";
import { isMapping } from "../../src/lib/object.ts";
import { isCredentialName } from "../../src/lib/redact/data.ts";
import { findCanary, plainCanary } from "../support/canary.ts";
import { canarySections } from "../support/canary-config.ts";
import { type LocalServer, serve } from "../support/local-server.ts";

interface Place extends AsyncDisposable {
  readonly folder: string;
  /** Everything that a command wrote for somebody to read. */
  output(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Record<string, string>>;
}

async function newPlace(config: unknown): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), "monstack-canary-"));
  await mkdir(join(folder, "home"));
  await writeFile(join(folder, "monstack.yaml"), typeof config === "string" ? config : stringify(config));
  return {
    folder,
    output: async (args, env = {}) => {
      // On an existing cluster that nobody answers for: nothing on this machine is changed.
      const cluster = [`--kubeconfig=${await kubeconfig(folder)}`, `--report-dir=${join(folder, "report")}`];
      const streams = await run([...args, ...(args[0] === "run" ? cluster : [])], folder, env);
      return { ...streams, ...(await filesBelow(join(folder, "report"))), ...(await locks(folder)) };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

async function run(args: readonly string[], cwd: string, env: Readonly<Record<string, string>>) {
  const streams = { stdout: "", stderr: "" };
  const write = (name: "stdout" | "stderr") => (text: string) => {
    streams[name] += text;
  };
  await runCli(args, "/nowhere", {
    cwd,
    env: { PATH: process.env.PATH, HOME: join(cwd, "home"), CANARY: plainCanary, ...env },
    stdout: write("stdout"),
    stderr: write("stderr"),
  });
  return streams;
}

// Each call listens to signals.
process.setMaxListeners(0);

async function filesBelow(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(
    await Promise.all(files.map(async (path) => [path, await readFile(path, "latin1")])),
  );
}

async function locks(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.includes("lock") || name.includes("fixed"));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")])),
  );
}

/** What the runner swallows is not shown. */
function shown(text: string): string {
  return text.replaceAll(/^::add-mask::.*$/gm, "");
}

function leaks(outputs: Readonly<Record<string, string>>): string[] {
  return Object.entries(outputs).flatMap(([where, text]) =>
    findCanary(shown(text)).map((found) => `${where}: ${found}`),
  );
}

const commands: readonly (readonly string[])[] = [
  ["plan", "--verbose"],
  ["plan", "--offline", "--verbose", "--fix"],
  ["lock", "--verbose"],
  ["rbac", "--verbose"],
  ["doctor", "--verbose"],
  ["run", "--verbose"],
];

/** Has nothing, and says what it was asked for. */
let nowhere: LocalServer;
beforeAll(async () => {
  nowhere = await serve(({ path, authorization }) => ({
    status: 404,
    body: `no ${path} for ${authorization}`,
  }));
});
afterAll(() => nowhere[Symbol.asyncDispose]());

const host = () => new URL(nowhere.url).host;
const keys = Object.entries(canarySections("")).flatMap(([key, value]) => (value === undefined ? [] : [key]));
const sectionOf = (key: string) => canarySections(plainCanary, host())[key];

describe("a secret in every place of the configuration that can hold one is in no output", () => {
  test("every key of the file is looked at", () => {
    expect(Object.keys(canarySections("")).sort()).toEqual(listFileKeys().sort());
  });

  test.each(commands.map((argv) => [argv.join(" "), argv] as const))("monstack %s", async (_, argv) => {
    await using place = await newPlace(canarySections(plainCanary, host()));
    const outputs = await place.output(argv);
    expect(leaks(outputs)).toEqual([]);
    expect(`${outputs["stderr"]}${outputs["stdout"]}`).toMatch(/\S/);
  });

  test.each(keys)("%s alone, in a run that fails", async (key) => {
    const others = { mirrors: { "https://": nowhere.url }, repos: sectionOf("repos") };
    await using place = await newPlace({ ...others, [key]: sectionOf(key) });
    expect(leaks(await place.output(["run", "--verbose"]))).toEqual([]);
  });

  test.each(keys)("%s with a mistake beside it, and in a file that isn't YAML", async (key) => {
    const value = sectionOf(key);
    const broken = isMapping(value) ? { ...value, "no-such-key": [1] } : value;
    await using place = await newPlace({ [key]: broken, "no-such": 1 });
    expect(leaks(await place.output(["plan", "--offline"]))).toEqual([]);
    await writeFile(join(place.folder, "monstack.yaml"), `${stringify({ [key]: value })}\n}: [*x\n`);
    expect(leaks(await place.output(["plan", "--offline"]))).toEqual([]);
  });

  test("only GitHub's runner is told what to mask", async () => {
    await using place = await newPlace({ grafana: { password: plainCanary } });
    const outputs = await place.output(["plan", "--offline"], { GITHUB_ACTIONS: "true" });
    expect(outputs["stderr"]).toContain(`::add-mask::${plainCanary}\n`);
    expect(leaks(outputs)).toEqual([]);
    expect((await place.output(["plan", "--offline"]))["stderr"]).not.toContain("::");
  });
});

describe("a secret in any flag that can hold one is in no output", () => {
  const urls = [`http://ann:${plainCanary}@127.0.0.1:9/x`, `http://127.0.0.1:9/x?token=${plainCanary}`];
  const withUrl = urls.flatMap((url) => [url, `https://=${url}`, `${"x".repeat(45)}${url}`]);
  const secretFlags = overrides.filter(({ name, metavar }) => metavar === "SECRET" || isCredentialName(name));
  const flags = overrides.filter(({ name }) => !["report-dir", "state-dir"].includes(name));

  test("as a password, beside another mistake", async () => {
    expect(secretFlags.map(({ name }) => name)).toContain("grafana-password");
    await using place = await newPlace({});
    for (const { name } of secretFlags)
      for (const other of ["--profile=ci", "--profile=cl"])
        expect(leaks(await place.output(["plan", "--offline", `--${name}=${plainCanary}`, other]))).toEqual(
          [],
        );
  });

  test.each(withUrl)("in a URL: %s", async (url) => {
    await using place = await newPlace({});
    const outputs = await place.output(["plan", "--offline", ...flags.map(({ name }) => `--${name}=${url}`)]);
    expect(leaks(outputs)).toEqual([]);
    for (const name of ["mirrors", "dashboards", "k3s-args"])
      expect(leaks(await place.output(["plan", "--offline", `--${name}=${url}`]))).toEqual([]);
  });

  test.each(["http://ann:SECRET@127.0.0.1:9", "ann:SECRET@127.0.0.1:9", "ftp://ann:SECRET@h"])(
    "in the proxy's address: %s",
    async (address) => {
      await using place = await newPlace({
        dashboards: [1860],
        mirrors: { "https://": "http://h.invalid/" },
      });
      const proxy = address.replace("SECRET", plainCanary);
      expect(leaks(await place.output(["plan"], { HTTPS_PROXY: proxy, HTTP_PROXY: proxy }))).toEqual([]);
    },
  );

  test("in a kubeconfig", async () => {
    await using place = await newPlace({});
    const cluster = `--kubeconfig=${await kubeconfig(place.folder)}`;
    for (const argv of [["doctor"], ["run"]])
      expect(leaks(await place.output([...argv, cluster, "--verbose"]))).toEqual([]);
  });
});

/** Of a cluster that nobody answers for. */
async function kubeconfig(folder: string): Promise<string> {
  const path = join(folder, "kubeconfig");
  const user = { token: plainCanary, username: "ann", password: plainCanary };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "c", cluster: { server: `https://ann:${plainCanary}@127.0.0.1:9/?token=${plainCanary}` } },
    ],
    users: [{ name: "u", user }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  await writeFile(path, stringify(config));
  return path;
}
