import { resolve } from "node:path";
import { describe, expect, it, test } from "vitest";
import { namedCommands } from "../../src/cli/commands/catalogue.ts";
import { type CommandLine, parseCommandLine } from "../../src/cli/program.ts";
import { overrides } from "../../src/config/settings.ts";
import { UserError } from "../../src/lib/errors.ts";

function parse(line: string): CommandLine {
  const parsed = parseCommandLine(line === "" ? [] : line.split(" "), () => {});
  if (parsed === undefined) throw new Error(`${line} prints a help text`);
  return parsed;
}

function printed(line: string): string {
  let text = "";
  const parsed = parseCommandLine(line === "" ? [] : line.split(" "), (more) => {
    text += more;
  });
  expect(parsed, line).toBeUndefined();
  return text;
}

const day = 24 * 3_600_000;
const watched = { mode: "verify", verifyAfterUp: false, keepOnFailure: false, replace: false };

/** Returns the input of a command that runs a job, with the defaults of its output. */
const jobInput = (job: object) => ({ job, output: "text", detail: "normal" });

test.each([
  ["run", "run", jobInput({ mode: "run", verifyAfterUp: false, keepOnFailure: false, replace: false })],
  ["up --keep --replace", "up", jobInput({ mode: "up", keepOnFailure: true, replace: true })],
  ["--keep -v up", "up", { ...jobInput({ mode: "up", keepOnFailure: true }), detail: "verbose" }],
  ["run --trace t.json", "run", jobInput({ mode: "run", traceFile: resolve("t.json") })],
  ["--trace=t.json up", "up", jobInput({ mode: "up", traceFile: resolve("t.json") })],
  ["verify --trace t.json", "verify", jobInput({ mode: "verify", traceFile: resolve("t.json") })],
  ["down", "down", jobInput({ mode: "down" })],
  ["checklist --output json", "checklist", { ...jobInput({ mode: "checklist" }), output: "json" }],
  ["-q run --output=ndjson", "run", { ...jobInput({ mode: "run" }), output: "ndjson", detail: "quiet" }],
  ["verify", "verify", jobInput({ ...watched, watch: undefined })],
  ["verify --watch", "verify", jobInput({ watch: { everyMs: 30_000, forMs: undefined } })],
  [
    "--watch verify --every=5s --for 1h30m",
    "verify",
    jobInput({ watch: { everyMs: 5_000, forMs: 5_400_000 } }),
  ],
  ["backup --output a.tar.gz", "backup", resolve("a.tar.gz")],
  ["-o a.tar.gz backup", "backup", resolve("a.tar.gz")],
  ["backup", "backup", expect.stringMatching(/\/monstack-backup-\d{8}T\d{6}Z\.tar\.gz$/)],
  ["restore a.tar.gz -v", "restore", resolve("a.tar.gz")],
  ["restore -- -a", "restore", resolve("-a")],
  ["bundle create -o b.tar", "bundle create", resolve("b.tar")],
  ["bundle create --output=b.tar", "bundle create", resolve("b.tar")],
  ["bundle inspect b.tar --json", "bundle inspect", { file: "b.tar", json: true }],
  ["bundle --json inspect b.tar", "bundle inspect", { file: "b.tar", json: true }],
  ["bundle verify b.tar", "bundle verify", "b.tar"],
  ["cache list --json", "cache list", { json: true }],
  ["cache prune", "cache prune", { olderThanMs: 30 * day, json: false }],
  ["cache --older-than 7d prune", "cache prune", { olderThanMs: 7 * day, json: false }],
  ["cache prune --all --json", "cache prune", { olderThanMs: 0, json: true }],
  ["plan --fix --strict -v", "plan", { fix: true, strict: true, verbose: true }],
  ["lock", "lock", { check: false, update: { kind: "nothing" } }],
  ["lock --check", "lock", { check: true, update: { kind: "nothing" } }],
  ["lock --update", "lock", { check: false, update: { kind: "all" } }],
  ["lock --update k3s grafana", "lock", { update: { kind: "named", names: ["k3s", "grafana"] } }],
  ["--verbose lock --update 1860", "lock", { update: { kind: "named", names: ["1860"] } }],
  ["rbac", "rbac", { also: [] }],
  ["rbac --also backup,checklist --user ann", "rbac", { also: ["backup", "checklist"], user: "ann" }],
  ["rbac --create-namespaces --service-account ci/m", "rbac", { serviceAccount: "ci/m" }],
  ["completion fish", "completion", "fish"],
])("monstack %s", (line, command, input) => {
  const parsed = parse(line);
  expect(parsed.command).toBe(command);
  if (typeof input === "object" && !("asymmetricMatch" in input)) expect(parsed.input).toMatchObject(input);
  else expect(parsed.input).toEqual(input);
});

describe("settings", () => {
  test.each([
    ["run --grafana-port 3001 --apps=a,b", { "grafana-port": "3001", apps: "a,b" }],
    ["--grafana-port 3001 run", { "grafana-port": "3001" }],
    ["cache list --report-dir -x", { "report-dir": "-x" }],
    ["run --env A --env B,C", { env: "A,B,C" }],
    ["run --namespace a --namespace b", { namespace: "b" }],
    ["run --bundle b.tar", { bundle: "b.tar" }],
    ["run --keep-data false --verify-at-end true", { "keep-data": "false", "verify-at-end": "true" }],
    ["run --keep-data=false --verify-at-end=maybe", { "keep-data": "false", "verify-at-end": "maybe" }],
    ["run --verify-at-end yes", { "verify-at-end": "yes" }],
    ["--verify-at-end run --keep-data", { "verify-at-end": "true", "keep-data": "true" }],
    ["restore --keep-data a.tar.gz", { "keep-data": "true" }],
    ["run --no-keep-data", { "keep-data": "false" }],
    ["run --verify-signatures required", { "verify-signatures": "required" }],
    ["run --verify-signatures", { "verify-signatures": "true" }],
  ])("monstack %s", (line, settings) => {
    expect(parse(line).settings).toEqual(settings);
  });

  it("of the whole file come with --set, which can be repeated and keeps its values as they are", () => {
    const parsed = parseCommandLine(["--set", "retention=30d", "run", "--set=apps.x.set=a=1,b=2"], () => {});
    expect(parsed?.set).toEqual(["retention=30d", "apps.x.set=a=1,b=2"]);
    expect(parse("run").set).toEqual([]);
    expect(() => parse("run --set")).toThrow("--set needs a value");
  });

  it("come with the configuration file of --config", () => {
    expect(parse("run --config my.yaml").config).toBe("my.yaml");
    expect(parse("--config my.yaml run").config).toBe("my.yaml");
    expect(parse("run").config).toBeUndefined();
  });
});

test.each([
  ["upp", "`upp` is not a command; did you mean up?"],
  ["upp run", "`upp` is not a command; did you mean up?"],
  ["run --grafana-prot 1", "there is no --grafana-prot; did you mean --grafana-port?"],
  ["verify --wacth", "there is no --wacth; did you mean --watch?"],
  ["run --xyzzy", "there is no --xyzzy; `monstack run --help` lists them all"],
  ["--xyzzy", "there is no --xyzzy; `monstack --help` lists them all"],
  ["run -x", "there is no -x; `monstack run --help` lists them all"],
  ["run --no-keep", "there is no --no-keep; did you mean --keep?"],
  ["run --report-dir", "--report-dir needs a value"],
  ["run --report-dir=", "--report-dir needs a value"],
  ["run --keep-data=", "--keep-data needs a value"],
  ["run --verbose=yes", "--verbose takes no value"],
  ["run --keep=yes", "--keep takes no value"],
  ["run --watch", "--watch belongs to `verify`"],
  ["run --fix", "--fix belongs to `plan`"],
  ["--fix", "--fix belongs to `plan`"],
  ["run --check", "--check belongs to `lock`"],
  ["plan --update", "--update belongs to `lock`"],
  ["run --output yaml", "--output: yaml is not a format; expected one of: text, json, ndjson"],
  [
    "plan --output json",
    "--output belongs to `run`, `up`, `verify`, `down`, `checklist`, `backup`, `compare`, `merge-reports` and `bundle create`",
  ],
  ["run --quiet -v", "--quiet and --verbose contradict each other: give one of them"],
  ["run --json", "--json belongs to `bundle inspect`, `cache list` and `cache prune`"],
  ["bundle verify a -o b", "-o belongs to `backup`, `merge-reports` and `bundle create`"],
  ["bundle verify a --json", "--json belongs to `bundle inspect`, `cache list` and `cache prune`"],
  ["run --also backup", "--also belongs to `rbac`"],
  ["verify --every 1m", "--every belongs to `verify --watch`"],
  ["verify --for=1h", "--for belongs to `verify --watch`"],
  ["verify --watch --for", "--for needs a value"],
  ["run fast", "unexpected argument `fast` after `run`"],
  ["restore", "restore needs the archive to restore: monstack restore FILE"],
  ["restore a b", "unexpected argument `b` after `a`"],
  ["backup a", "unexpected argument `a` after `backup`; expected -o a"],
  ["bundle", "bundle needs a command; expected one of: create, inspect, verify"],
  ["bundle inspec b", "`bundle inspec` is not a command; did you mean inspect?"],
  ["bundle create", "bundle create needs the file to write: monstack bundle create -o FILE"],
  ["bundle create b.tar", "unexpected argument `b.tar` after `create`; expected -o b.tar"],
  ["bundle verify", "bundle verify needs the bundle: monstack bundle verify FILE"],
  ["bundle verify a b", "unexpected argument `b` after `a`"],
  ["cache", "cache needs a command; expected one of: list, prune"],
  ["cache purne", "`cache purne` is not a command; did you mean prune?"],
  ["cache prune x", "unexpected argument `x` after `prune`"],
  ["cache list --all", "--all belongs to `cache prune`"],
  ["cache prune --all --older-than 1d", "--all and --older-than contradict each other: give one of them"],
  [
    "lock --check --update",
    "--check and --update exclude each other: the one writes nothing, the other does",
  ],
  ["lock k3s", "lock k3s: names belong to --update: `monstack lock --update k3s`"],
  ["completion", "completion needs the shell, one of bash, zsh and fish: monstack completion SHELL"],
  ["completion bsh", "there is no completion for `bsh`; did you mean bash?"],
])("monstack %s is refused", (line, message) => {
  expect(() => parse(line)).toThrow(new UserError(message));
});

test.each([
  ["verify --watch --every 30", /^--every: "30" is not a duration; .*90s, 5m or 1h30m$/],
  ["cache prune --older-than 30", /^--older-than: "30" is not a duration/],
  ["rbac --also checklst", /did you mean checklist\?$/],
  ["rbac --also verify", /`verify` is not a command that needs more rights.*backup, restore, checklist$/],
])("monstack %s is refused", (line, message) => {
  expect(() => parse(line)).toThrow(message);
});

describe("help", () => {
  it("of monstack names every command and setting, in 100 columns", () => {
    const text = printed("--help");
    expect(printed("")).toBe(text);
    expect(printed("help")).toBe(text);
    expect(printed("--verbose")).toBe(text);
    for (const { name } of overrides) expect(text).toContain(`--${name} `);
    for (const { path } of namedCommands) expect(text).toMatch(new RegExp(`^  ${path.split(" ")[0]} `, "m"));
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("of a command has only what the command uses", () => {
    const text = printed("verify --help");
    expect(printed("help verify")).toBe(text);
    expect(printed("--help verify")).toBe(text);
    expect(text).toMatch(/--watch .*--every TIME .*--config FILE .*--report-dir DIR .*Examples:/s);
    for (const flag of ["--replace", "--keep", "--k3s-version", "--storage", "--grafana-port"])
      expect(text).not.toContain(`${flag} `);
    expect(text.split("\n").length).toBeLessThan(80);
  });

  it.each(namedCommands)("of $path has its summary, flags, settings and examples", ({ path, command }) => {
    const text = printed(`${path} --help`);
    expect(text).toContain(`Usage: monstack ${path} `);
    expect(text.replaceAll(/\s+/g, " ")).toContain(command.summary.slice(1));
    for (const { term } of command.flags ?? []) expect(text).toContain(term.replaceAll(/[<>]/g, ""));
    for (const name of command.settings ?? []) expect(text).toContain(`--${name} `);
    for (const [line] of command.examples ?? []) expect(text).toContain(line);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("of a group lists its commands", () => {
    expect(printed("cache --help")).toMatch(/Usage: monstack cache COMMAND.*\n {2}list .*\n {2}prune /s);
    expect(printed("help bundle")).toMatch(/\n {2}create .*\n {2}inspect .*\n {2}verify /s);
  });

  it("has examples that monstack accepts", () => {
    const lines = namedCommands.flatMap(({ command }) => command.examples ?? []).map(([line]) => line);
    const own = lines.filter((line) => /^monstack [^|]*$/.test(line));
    expect(own.length).toBeGreaterThan(15);
    for (const line of own) {
      const words = [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word).slice(1);
      expect(
        parseCommandLine(words, () => {}),
        line,
      ).toBeDefined();
    }
  });
});

it("prints the version, of a command too", () => {
  expect(printed("--version")).toMatch(/^monstack \d+\.\d+\.\d+(?:-rc\.\d+)?\n$/);
  expect(printed("run --version")).toBe(printed("--version"));
});
