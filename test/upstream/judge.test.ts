import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { createJudge, JudgeUnavailable, type UpstreamProgram } from "../../src/upstream/judge.ts";
import { sharedJudge, upstreamProgram } from "../support/judge.ts";

const judge = await sharedJudge();
const limits = {
  startMs: 60_000,
  itemMs: 15_000,
  characters: 4 * 1024 ** 2,
  expressionCharacters: 64 * 1024,
  memoryPages: 4096,
  mishaps: 3,
};

async function judgeWith(program: UpstreamProgram, changed: Partial<typeof limits> = {}, env = {}) {
  const host = await createHost({ PATH: process.env["PATH"], ...env });
  return createJudge({ host, signal: new AbortController().signal }, program, { ...limits, ...changed });
}

/** A process in place of the one that judges, as a module's text. */
async function standIn(source: string): Promise<UpstreamProgram & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "monstack-judge-"));
  const script = join(folder, "upstream.mjs");
  await writeFile(script, `import { createInterface } from "node:readline";\n${source}`);
  return {
    script,
    folder,
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true }),
  };
}

describe("each kind is judged by upstream's own code", () => {
  it("rule files, with the rule and the field at fault", async () => {
    const rule = (expr: string) => `groups:\n- name: g\n  rules:\n  - alert: A\n    expr: ${expr}\n`;
    const [good, bad, unknown] = await judge.ask("rules", [
      { text: rule("up == 0") },
      { text: rule("rate(up)") },
      { text: `${rule("up")}    foo: 1\n` },
    ]);
    expect(good?.errors).toEqual([]);
    expect(bad?.errors).toMatchObject([
      {
        message: expect.stringContaining("expected type range vector"),
        ...{ line: 5, column: 11, group: "g", rule: 0, ruleName: "A", field: "expr", from: 5, to: 7 },
      },
    ]);
    expect(unknown?.errors).toMatchObject([
      { line: 6, message: expect.stringContaining("field foo not found") },
    ]);
  });

  it("Alertmanager's configuration, with its time zones", async () => {
    const config = (zone: string) =>
      `route: {receiver: a}\nreceivers: [{name: a}]\ntime_intervals:\n- name: t\n  time_intervals: [{location: ${zone}}]\n`;
    const [good, bad] = await judge.ask("alertmanager", [
      { text: config("Europe/Berlin") },
      { text: config("Europe/Atlantis") },
    ]);
    expect(good?.errors).toEqual([]);
    const path = ["time_intervals", 0, "time_intervals", 0, "location"];
    expect(bad?.errors).toMatchObject([{ message: "unknown time zone Europe/Atlantis", line: 5, path }]);
  });

  it("prometheus.yml, with every service discovery", async () => {
    const job = (more: string) => `scrape_configs: [{job_name: a, ${more}}]`;
    const [good, bad, cloud, kubernetes] = await judge.ask("scrape", [
      { text: job("ec2_sd_configs: [{region: x}]") },
      { text: job("relabel_configs: [{action: kep}]") },
      { text: job("azure_sd_configs: [{}]") },
      { text: job("kubernetes_sd_configs: [{role: pods}]") },
    ]);
    expect(good).toEqual({ errors: [] });
    expect(bad?.errors).toMatchObject([{ message: expect.stringContaining('unknown relabel action "kep"') }]);
    expect(cloud?.errors).toMatchObject([{ message: expect.stringContaining("subscription_id") }]);
    expect(kubernetes?.errors).toMatchObject([{ message: expect.stringContaining('"pods"') }]);
  });

  it("expressions, with what they are made of", async () => {
    const text =
      'sum by (job) (rate(http_total{code=~"5..",path="ä😀"}[5m] offset 1h)) / on (job) group_left () b';
    const [answer] = await judge.ask("expression", [{ text }]);
    expect(answer).toMatchObject({
      type: "vector",
      selectors: [
        {
          metric: "http_total",
          matchers: [
            { label: "code", op: "=~", value: "5.." },
            { label: "path", op: "=", value: "ä😀" },
          ],
          text: 'http_total{code=~"5..",path="ä😀"}',
          shifted: true,
        },
        { metric: "b", from: text.length - 1, to: text.length, shifted: false },
      ],
      ranges: [{ kind: "range", text: "5m", ms: 300_000, function: "rate", selector: 0, shifted: true }],
      functions: ["sum", "rate"],
      aggregations: [{ name: "sum", without: false, labels: ["job"], from: 0 }],
      tree: {
        kind: "binary",
        operator: "/",
        matching: { card: "many-to-one", on: true, labels: ["job"] },
        children: [{ kind: "aggregation" }, { kind: "selector", index: 1 }],
      },
    });
    const { selectors = [] } = answer as { selectors?: { from: number; to: number; text: string }[] };
    for (const one of selectors) expect(text.slice(one.from, one.to)).toBe(one.text);
  });

  it("expressions that are wrong, with the place", async () => {
    const [syntax, types, flagged] = await judge.ask("expression", [
      { text: 'up{a="😀"}\n+ foo bar' },
      { text: "sum(up)[5m]" },
      { text: "mad_over_time(up[5m])" },
    ]);
    expect(syntax?.errors).toMatchObject([{ line: 2, column: 7, message: 'unexpected identifier "bar"' }]);
    expect(types?.errors).toMatchObject([{ line: 1, column: 8, from: 7 }]);
    expect(flagged?.errors).toMatchObject([{ message: expect.stringContaining("not enabled") }]);
    const features = ["promql-experimental-functions"];
    const [on] = await judge.ask("expression", [{ text: "mad_over_time(up[5m])", features }]);
    expect(on?.errors).toBeUndefined();
  });

  it("templates of alerts and of notifications, by a trial", async () => {
    const templates = [{ name: "annotations.summary", text: "ü {{ $labels.job | nope }}" }];
    const [parsed] = await judge.ask("ruleTemplates", [{ alert: "A", templates }]);
    expect(parsed?.errors).toMatchObject([{ field: "annotations.summary", line: 1, message: /nope/ }]);
    const slack = `{api_url: 'https://x.example', text: '{{ template "mine" . }}'}`;
    const text = `route: {receiver: a}\nreceivers: [{name: a, slack_configs: [${slack}]}]`;
    const [tried] = await judge.ask("alertmanagerTemplates", [{ text, templates: [] }]);
    expect(tried?.errors).toMatchObject([
      { path: ["receivers", 0, "slack_configs", 0, "text"], template: "mine" },
    ]);
  });
});

describe("what goes wrong is an error, never a pass", () => {
  it("text that is too long", async () => {
    const items = [{ text: "up" }, { text: `up + ${"1 + ".repeat(20_000)}1` }, { text: "up" }];
    const answers = await judge.ask("expression", items);
    expect(answers.map(({ errors }) => errors?.[0]?.message)).toEqual([
      undefined,
      expect.stringContaining("are more than the 65536 that are judged"),
      undefined,
    ]);
  });

  it("a template that never ends, beside others that are right", async () => {
    const deep = '{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}';
    const bomb = `{{ $x := "0123456789" }}${'{{ $x = printf "%s%s" $x $x }}'.repeat(40)}`;
    const item = (text: string) => ({ alert: "A", templates: [{ name: "labels.a", text }] });
    const answers = await judge.ask("ruleTemplates", [
      item("a"),
      item(deep),
      item("b"),
      item(bomb),
      item("c"),
    ]);
    expect(answers.map(({ errors }) => errors.length)).toEqual([0, 1, 0, 1, 0]);
  }, 60_000);

  it("an item that takes too long, and what comes after it is judged", async () => {
    await using program = await standIn(`
      console.log('{"ready":true}');
      for await (const line of createInterface({ input: process.stdin }))
        for (const item of JSON.parse(line).items) {
          while (item.text === "hang");
          console.log('{"answer":{"errors":[]}}');
        }`);
    const slow = await judgeWith(program, { itemMs: 500 });
    const items = ["a", "hang", "b", "hang", "hang", "c", "d"].map((text) => ({ text }));
    const answers = await slow.ask("scrape", items);
    await slow.close();
    expect(answers.map(({ errors }) => errors[0]?.message)).toEqual([
      undefined,
      "not judged: it took longer than 0.5 s",
      undefined,
      "not judged: it took longer than 0.5 s",
      "not judged: it took longer than 0.5 s",
      "not judged: the program that judges was ended 3 times before",
      "not judged: the program that judges was ended 3 times before",
    ]);
  });

  it("a process that ends on an item, with its last words", async () => {
    await using program = await standIn(`
      console.log('{"ready":true}');
      for await (const _ of createInterface({ input: process.stdin })) {
        console.error("fatal error: out of memory");
        process.exit(2);
      }`);
    const crashing = await judgeWith(program);
    const [answer] = await crashing.ask("rules", [{ text: "groups: []" }]);
    expect(answer?.errors[0]?.message).toBe(
      "not judged: the program that judges ended: exit code 2: fatal error: out of memory",
    );
  });

  it.each([
    ["ends", "process.exit(5);", "exit code 5"],
    ["is not there", undefined, "exit code 1: Error: Cannot find module"],
    ["never gets ready", "setInterval(() => {}, 1000);", "it was not ready within 1 s"],
  ])("a process that %s", async (_, source, why) => {
    await using program = await standIn(source ?? "");
    const script = source === undefined ? join(program.folder, "missing.js") : program.script;
    const none = await judgeWith({ ...program, script }, { startMs: 1000 });
    const asked = none.ask("rules", [{ text: "groups: []" }]);
    await expect(asked).rejects.toThrow(JudgeUnavailable);
    await expect(asked).rejects.toThrow(why);
  });
});

describe("the process", () => {
  it("gets nothing of the environment but PATH", async () => {
    await using program = await standIn(`
      console.log('{"ready":true}');
      for await (const _ of createInterface({ input: process.stdin }))
        console.log(JSON.stringify({ answer: { errors: [], env: process.env } }));`);
    const asking = await judgeWith(program, {}, { GITHUB_TOKEN: "secret", NODE_OPTIONS: "--no-warnings" });
    const [answer] = await asking.ask("rules", [{ text: "" }]);
    await asking.close();
    const { env } = answer as unknown as { env: Record<string, string> };
    expect(
      Object.keys(env).filter((name) => !["PATH", "PWD", "OLDPWD", "SHLVL", "_"].includes(name)),
    ).toEqual([]);
  });

  it("is started again where it has ended, since nobody asked it for a while", async () => {
    await using program = await standIn(`
      console.log('{"ready":true}');
      for await (const _ of createInterface({ input: process.stdin })) {
        console.log(JSON.stringify({ answer: { errors: [], pid: process.pid } }));
        setTimeout(() => process.exit(0), 10);
      }`);
    const asking = await judgeWith(program);
    const pidOf = (answers: readonly unknown[]) => (answers[0] as { pid: number }).pid;
    const first = pidOf(await asking.ask("rules", [{ text: "" }]));
    await expect.poll(() => existsSync(`/proc/${first}`)).toBe(false);
    const second = pidOf(await asking.ask("rules", [{ text: "" }]));
    await asking.close();
    expect(second).not.toBe(first);
  });

  it("answers questions in the order in which they are asked", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `m${index}`);
    const answers = await Promise.all(names.map((text) => judge.ask("expression", [{ text }])));
    expect(answers.map(([answer]) => answer?.errors ?? answer?.selectors[0]?.metric)).toEqual(names);
  });

  it("ends with the one that started it", async () => {
    const program = JSON.stringify(upstreamProgram);
    const source = `
      import { createHost } from ${JSON.stringify(join(import.meta.dirname, "../../src/host/create.ts"))};
      import { createJudge } from ${JSON.stringify(join(import.meta.dirname, "../../src/upstream/judge.ts"))};
      const judge = createJudge({ host: await createHost(), signal: new AbortController().signal }, ${program});
      console.log((await judge.ask("rules", [{ text: "" }])).length);`;
    const host = await createHost();
    const { stdout } = await host.exec([process.execPath, "--input-type=module", "-e", source], {
      timeoutMs: 30_000,
    });
    expect(stdout).toBe("1\n");
  }, 40_000);
});
