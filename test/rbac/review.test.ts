import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { createRecordingLogger } from "../../src/host/logger.ts";
import { lackedRights } from "../../src/rbac/review.ts";
import { deployment, rights, shown } from "./apps.ts";

type Spec = {
  resourceAttributes?: Record<string, string>;
  nonResourceAttributes?: { verb: string; path: string };
};

/** An API server that answers reviews as `allows` says; undefined: it refuses to. */
async function reviewer(allows: ((spec: Spec) => boolean) | undefined) {
  let open = 0;
  const seen = { asked: [] as Spec[], most: 0 };
  const server = createServer(async (request, response) => {
    seen.most = Math.max(seen.most, ++open);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { spec } = JSON.parse(Buffer.concat(chunks).toString());
    seen.asked.push(spec);
    setTimeout(() => {
      open--;
      response.writeHead(allows ? 201 : 403, { "content-type": "application/json" });
      response.end(
        JSON.stringify(allows ? { status: { allowed: allows(spec) } } : { message: "no reviews" }),
      );
    }, 5);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const kube = new KubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  kube.loadFromClusterAndUser({ name: "c", server: url, skipTLSVerify: true }, { name: "u" });
  return {
    kube,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function context() {
  return { host: await createHost(), log: createRecordingLogger(), signal: new AbortController().signal };
}

const all = rights(deployment);

test("an administrator is asked about everything at once", async () => {
  await using api = await reviewer(() => true);
  expect(await lackedRights(await context(), api.kube, all)).toEqual([]);
  expect(api.seen.asked).toHaveLength(2);
});

test("others are asked for each right, side by side but not all at once, and what they lack is named", async () => {
  await using api = await reviewer(({ resourceAttributes: { verb = "", resource = "" } = {} }) => {
    return verb !== "*" && verb !== "" && resource !== "secrets";
  });
  const lacked = await lackedRights(await context(), api.kube, all);
  expect(lacked.map(shown).sort()).toEqual(
    all
      .map(shown)
      .filter((text) => / secrets( |$)/.test(text))
      .sort(),
  );
  expect(lacked.length).toBeGreaterThan(4);
  expect(api.seen.asked).toHaveLength(all.length + 2);
  expect(api.seen.most).toBeGreaterThan(4);
  expect(api.seen.most).toBeLessThanOrEqual(16);
  expect(api.seen.asked).toContainEqual({
    resourceAttributes: {
      verb: "get",
      group: "",
      resource: "pods",
      subresource: "log",
      namespace: "kube-system",
    },
  });
});

test("where reviews are refused nothing is said to be missing", async () => {
  await using api = await reviewer(undefined);
  const own = await context();
  expect(await lackedRights(own, api.kube, all)).toEqual([]);
  expect(own.log.lines).toMatchObject([{ level: "debug", message: expect.stringContaining("no reviews") }]);
});
