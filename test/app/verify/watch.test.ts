import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSession } from "../../../src/app/session/open.ts";
import type { StackRecord } from "../../../src/app/session/stack-file.ts";
import { type WatchOptions, watch } from "../../../src/app/verify/watch.ts";
import { createHost } from "../../../src/host/create.ts";
import { Interrupted } from "../../../src/lib/errors.ts";
import type { Plan } from "../../../src/model/plan.ts";
import { Results } from "../../../src/report/results-schema.ts";
import { upstreamProgram } from "../../support/judge.ts";
import { type Reply, serve } from "../../support/local-server.ts";
import { createRecordingLogger } from "../../support/recording-logger.ts";

const token = "t0ken-of-the-shop";

/** A stack of which only the user's own checks are made: of the shop, which answers as it is told, and of the bank. */
async function openShop(answer: () => Reply | Promise<Reply>, signal = new AbortController().signal) {
  const shop = await serve(answer);
  const folder = await mkdtemp(join(tmpdir(), "monstack-watch-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(
    kubeconfig,
    `{"current-context": "c", "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
    "users": [{"name": "u"}], "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}`,
  );
  const headers = `{x-token: "$\{SHOP_TOKEN}"}`;
  await writeFile(
    join(folder, "monstack.yaml"),
    `verify: {only: [own/*]}
checks:
  - {name: shop, within: 1h, http: {url: "${shop.url}/", headers: ${headers}}}
  - {name: bank, severity: warning, http: {url: "${shop.url}/bank", contains: fine}}
`,
  );
  const log = createRecordingLogger();
  const host = await createHost({ PATH: process.env.PATH, HOME: folder, SHOP_TOKEN: token });
  const session = await openSession(
    { host, log, signal },
    { cwd: folder, forwardScript: "/nowhere", upstreamProgram },
  );
  const record: StackRecord = {
    ...{
      version: 1,
      monstack: "0",
      deployedAt: new Date().toISOString(),
      clusterKind: "existing",
      tools: [],
    },
    ...{ clusterVersion: "v1", kubeconfig, context: undefined, plan: {} as Plan, rendered: [] },
    services: { prometheus: undefined, alertmanager: undefined, grafana: undefined },
    grafana: { user: "admin", password: "x" },
  };
  return {
    session,
    log: () => log.lines.map(({ level, message }) => `${level} ${message}`),
    watch: (options: WatchOptions) => watch(session, record, options),
    [Symbol.asyncDispose]: async () => {
      await shop[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

const fine = { body: "fine" };
const closed = { status: 503, body: `closed, and you are ${token}` };

describe("watching", () => {
  it("makes a round at once and then one in each interval, until the time is over", async () => {
    await using shop = await openShop(() => fine);
    const began = Date.now();
    expect(await shop.watch({ everyMs: 1_000, forMs: 2_500 })).toBe(true);
    expect(Date.now() - began).toBeGreaterThanOrEqual(2_000);
    expect(shop.session.draft.watch).toMatchObject({
      everyMs: 1_000,
      rounds: 3,
      failedRounds: 0,
      changes: [],
    });
    const rounds = shop
      .log()
      .filter((line) => /^info round \d: verified, 2 checks passed \(\d\.\d s\)$/.test(line));
    expect(rounds).toHaveLength(3);
    expect(shop.log()).toHaveLength(4);
    expect(shop.log().at(-1)).toBe("info watched 3 rounds: all good");
  });

  it("tells each change, and keeps a round that was red in mind when the last one is green", async () => {
    const answers = [fine, fine, closed, closed, fine, fine];
    let round = 0;
    await using shop = await openShop(() => answers[Math.floor(round++ / 2)] ?? fine);
    // One attempt a round: the next one would come after its end.
    expect(await shop.watch({ everyMs: 450, forMs: 4_000 })).toBe(true);
    const { watch: watched, checks } = shop.session.draft;
    expect(watched).toMatchObject({ failedRounds: 2, history: { length: watched?.rounds } });
    expect(watched?.history.map(({ verified }) => verified).slice(0, 5)).toEqual([
      true,
      true,
      false,
      false,
      true,
    ]);
    expect(watched?.history[2]?.failed).toEqual(["own/shop"]);
    const changes = watched?.changes.map(({ check, from, to }) => `${check} ${from} ${to}`);
    expect(changes).toEqual([
      "own/shop pass fail",
      "own/bank pass warn",
      "own/shop fail pass",
      "own/bank warn pass",
    ]);
    expect(checks.map(({ status }) => status)).toEqual(["pass", "pass"]);
    const told = shop.log();
    expect(told).toContainEqual(
      expect.stringMatching(/^warn own\/shop: pass -> fail, after \ds: .*saw HTTP 503: closed/),
    );
    expect(told).toContainEqual(expect.stringMatching(/^info own\/shop: fail -> pass, after \ds: HTTP 200/));
    expect(told).toContainEqual(expect.stringMatching(/^info round 3: not verified: own\/shop \(/));
    // A warning doesn't make a round red.
    expect(told.at(-1)).toMatch(/^info watched \d rounds: 2 not verified$/);
  });

  it("tells in the first round what is not well, and that the last one is red", async () => {
    await using shop = await openShop(() => closed);
    expect(await shop.watch({ everyMs: 300, forMs: 100 })).toBe(false);
    expect(shop.session.draft.watch).toMatchObject({ rounds: 1, failedRounds: 1, changes: [] });
    expect(shop.log().filter((line) => line.startsWith("warn own/"))).toHaveLength(2);
  });

  it("never shows what came from the environment", async () => {
    await using shop = await openShop(() => closed);
    await shop.watch({ everyMs: 300, forMs: 100 });
    expect(shop.log().join("\n")).toContain("closed, and you are ***");
    expect(shop.session.context.log.redactor.message(`saw ${token}`)).toBe("saw ***");
  });

  it("gives a check no longer than a round", async () => {
    let asked = 0;
    await using shop = await openShop(() => (asked++ < 2 ? fine : new Promise(() => {})));
    const began = Date.now();
    await shop.watch({ everyMs: 500, forMs: 600 });
    expect(shop.session.draft.watch?.history.map(({ verified }) => verified)).toEqual([true, false]);
    expect(Date.now() - began).toBeLessThan(4_000);
  });

  it("ends when it is interrupted, with the last whole round", async () => {
    const abort = new AbortController();
    let asked = 0;
    const inTheSecond = () => {
      setTimeout(() => abort.abort(), 100);
      return new Promise<never>(() => {});
    };
    await using shop = await openShop(() => (asked++ < 2 ? fine : inTheSecond()), abort.signal);
    const watching = shop.watch({ everyMs: 1_000, forMs: undefined });
    expect(await watching).toBe(true);
    expect(shop.session.draft.watch).toMatchObject({ rounds: 1, failedRounds: 0 });
    expect(shop.session.draft.checks.map(({ status }) => status)).toEqual(["pass", "pass"]);
  });

  it("ends between two rounds, too, and at once", async () => {
    const abort = new AbortController();
    await using shop = await openShop(() => fine, abort.signal);
    const began = Date.now();
    const watching = shop.watch({ everyMs: 60_000, forMs: undefined });
    setTimeout(() => abort.abort(), 2_000);
    expect(await watching).toBe(true);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it("was for nothing when it is interrupted before the first round is over", async () => {
    const abort = new AbortController();
    await using shop = await openShop(() => new Promise(() => {}), abort.signal);
    const watching = shop.watch({ everyMs: 30_000, forMs: undefined });
    setTimeout(() => abort.abort(), 100);
    await expect(watching).rejects.toBeInstanceOf(Interrupted);
  });

  it("leaves a history that the report's schema knows", async () => {
    await using shop = await openShop(() => fine);
    await shop.watch({ everyMs: 100, forMs: 250 });
    expect(Results.shape.watch.parse(shop.session.draft.watch)).toEqual(shop.session.draft.watch);
  });
});
