import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../../src/cli/args.ts";
import { helpText } from "../../src/cli/help.ts";
import { overrides } from "../../src/config/settings.ts";
import { UserError } from "../../src/lib/errors.ts";

describe("the command line", () => {
  it("knows a command, settings in both forms, and its own flags", () => {
    const line = parseCommandLine([
      "run",
      "--grafana-port",
      "3001",
      "--apps=prometheus,grafana",
      "-v",
      "--keep",
    ]);
    expect(line).toMatchObject({
      command: "run",
      settings: { "grafana-port": "3001", apps: "prometheus,grafana" },
      verbose: true,
      keep: true,
      replace: false,
      config: undefined,
    });
  });

  it("knows what of the cache to list and to prune", () => {
    const of = (line: string) => parseCommandLine(line.split(" ")).cache;
    const day = 24 * 3_600_000;
    expect(of("cache list --json")).toEqual({ action: "list", olderThanMs: 30 * day, json: true });
    expect(of("cache prune")).toEqual({ action: "prune", olderThanMs: 30 * day, json: false });
    expect(of("cache prune --older-than 7d").olderThanMs).toBe(7 * day);
    expect(of("cache prune --all").olderThanMs).toBe(0);
    expect(parseCommandLine(["cache", "--help"]).command).toBe("help");
    const wrong = {
      cache: "cache needs a word more; right would be `cache list` or `cache prune`",
      "cache purne": "`cache purne` is not a command; did you mean prune?",
      "cache prune x": "unexpected argument `x` after `prune`",
      "cache list --all": "--all belongs to `cache prune`",
      "cache prune --all --older-than 1d": "--all and --older-than contradict each other: give one of them",
      "cache prune --older-than 30": "--older-than: ",
      "run --json": "--json belongs to `bundle inspect` and `cache`",
    };
    for (const [line, words] of Object.entries(wrong)) expect(() => of(line), line).toThrow(words);
  });

  it("knows which archive to write, and which one to restore", () => {
    const told = parseCommandLine(["backup", "--output", "a.tar.gz"]);
    expect([told.command, told.output, told.file]).toEqual(["backup", "a.tar.gz", undefined]);
    const given = parseCommandLine(["restore", "a.tar.gz", "-v"]);
    expect([given.command, given.file]).toEqual(["restore", "a.tar.gz"]);
    const wrong = {
      restore: "restore needs the archive to restore: monstack restore FILE",
      "restore a b": "unexpected argument `b` after `a`",
      "backup a": "unexpected argument `a` after `backup`",
      "up --output a": "--output belongs to `backup` and `bundle create`",
    };
    for (const [line, words] of Object.entries(wrong))
      expect(() => parseCommandLine(line.split(" ")), line).toThrow(words);
  });

  it("knows what is to be done with which bundle", () => {
    const told = {
      "bundle create -o b.tar": { action: "create", file: "b.tar", json: false },
      "bundle create --output=b.tar": { action: "create", file: "b.tar", json: false },
      "bundle inspect b.tar --json": { action: "inspect", file: "b.tar", json: true },
      "bundle verify b.tar": { action: "verify", file: "b.tar", json: false },
    };
    for (const [line, bundle] of Object.entries(told))
      expect(parseCommandLine(line.split(" ")), line).toMatchObject({ command: "bundle", bundle });
    expect(parseCommandLine(["bundle", "--help"])).toMatchObject({ command: "help", bundle: undefined });
    expect(parseCommandLine(["run", "--bundle", "b.tar"])).toMatchObject({
      command: "run",
      settings: { bundle: "b.tar" },
      bundle: undefined,
    });
    const wrong = {
      bundle: "bundle needs to be told what to do: create, inspect or verify",
      "bundle inspec b": "bundle: `inspec` is nothing that it does; did you mean inspect?",
      "bundle create": "bundle create needs the file to write: monstack bundle create -o FILE",
      "bundle create b.tar": "unexpected argument `b.tar` after `create`; right would be -o b.tar",
      "bundle verify": "bundle verify needs the bundle: monstack bundle verify FILE",
      "bundle verify a b": "unexpected argument `b` after `a`",
      "bundle verify a -o b": "--output belongs to `backup` and `bundle create`",
      "bundle verify a --json": "--json belongs to `bundle inspect` and `cache`",
      "run --json": "--json belongs to `bundle inspect` and `cache`",
    };
    for (const [line, words] of Object.entries(wrong))
      expect(() => parseCommandLine(line.split(" ")), line).toThrow(words);
  });

  it("watches every half minute until it is interrupted, or as it is told", () => {
    expect(parseCommandLine(["verify"]).watch).toBeUndefined();
    expect(parseCommandLine(["verify", "--watch"]).watch).toEqual({ everyMs: 30_000, forMs: undefined });
    const told = parseCommandLine(["verify", "--watch", "--every=5s", "--for", "1h30m"]);
    expect(told.watch).toEqual({ everyMs: 5_000, forMs: 5_400_000 });
  });

  it("takes flags of plan with plan only", () => {
    expect(parseCommandLine(["plan", "--fix", "--strict"]).plan).toEqual({
      fix: true,
      offline: false,
      strict: true,
    });
    expect(() => parseCommandLine(["run", "--fix"])).toThrow(new UserError("--fix belongs to `plan`"));
  });

  it("has rights of other commands printed with rbac only, each by its name", () => {
    const alsoOf = (line: string) => parseCommandLine(line.split(" ")).rbac.also;
    expect(alsoOf("rbac --also backup,checklist")).toEqual(["backup", "checklist"]);
    expect(alsoOf("rbac")).toEqual([]);
    expect(() => alsoOf("rbac --also checklst")).toThrow("did you mean checklist?");
    expect(() => alsoOf("rbac --also verify")).toThrow("right would be one of backup, restore, checklist");
    expect(() => alsoOf("run --also backup")).toThrow("--also belongs to `rbac`");
  });

  it("shows help without a command, and for one", () => {
    expect(parseCommandLine([]).command).toBe("help");
    expect(parseCommandLine(["--help"]).command).toBe("help");
    expect(parseCommandLine(["up", "--help"])).toMatchObject({ command: "help", about: "up" });
    expect(parseCommandLine(["--version"]).command).toBe("version");
  });

  it.each([
    [["upp"], "`upp` is not a command; did you mean up?"],
    [["run", "--grafana-prot", "1"], "there is no --grafana-prot; did you mean --grafana-port?"],
    [["run", "--xyzzy"], "there is no --xyzzy; `monstack --help` lists them all"],
    [["run", "--report-dir"], "--report-dir needs a value"],
    [["run", "--verbose=yes"], "--verbose takes no value"],
    [["run", "--watch"], "--watch belongs to `verify`: a stack that `up` left running is watched"],
    [["verify", "--every", "1m"], "--every belongs to `verify --watch`"],
    [["verify", "--for=1h"], "--for belongs to `verify --watch`"],
    [
      ["verify", "--watch", "--every", "30"],
      '--every: "30" is not a duration; right would be e.g. 90s, 5m or 1h30m',
    ],
    [["verify", "--watch", "--for"], "--for needs a value"],
    [["run", "fast"], "unexpected argument `fast` after `run`"],
  ])("%j: %s", (argv, message) => {
    expect(() => parseCommandLine(argv)).toThrow(new UserError(message));
  });
});

describe("help", () => {
  it("names every setting and fits in 100 columns", () => {
    const text = helpText();
    for (const { name } of overrides) expect(text).toContain(`--${name} `);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });
});
