import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { createHost } from "../../src/host/create.ts";
import { findMissingRights } from "../../src/rbac/review.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { deployment, rights, shown } from "./apps.ts";

interface Spec {
  namespace?: string;
  resourceAttributes?: Record<string, string>;
  nonResourceAttributes?: { verb: string; path: string };
}

type Rules = { resourceRules?: object[]; nonResourceRules?: object[] };

/** An API server that knows rules by their namespace, and besides grants what `allows` says; undefined: it tells nothing. */
async function reviewer(rules: (namespace: string) => Rules, allows?: (spec: Spec) => boolean) {
  let open = 0;
  const seen = { rules: [] as string[], asked: [] as Spec[], most: 0 };
  const server = createServer(async (request, response) => {
    seen.most = Math.max(seen.most, ++open);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { spec } = JSON.parse(Buffer.concat(chunks).toString()) as { spec: Spec };
    const isRules = request.url?.endsWith("/selfsubjectrulesreviews") === true;
    if (isRules) seen.rules.push(spec.namespace ?? "");
    else seen.asked.push(spec);
    const none = { resourceRules: [], nonResourceRules: [], incomplete: false };
    const status = isRules ? { ...none, ...rules(spec.namespace ?? "") } : { allowed: allows?.(spec) };
    setTimeout(() => {
      open--;
      response.writeHead(allows ? 201 : 403, { "content-type": "application/json" });
      response.end(JSON.stringify(allows ? { status } : { message: "no reviews" }));
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

const granting = `${deployment}---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: r}
rules: [{nonResourceURLs: [/metrics, /healthz/live], verbs: [get]}]
`;
const all = rights(granting);
const everything = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] };
const nothing = () => ({});

test("an administrator's rules tell everything, and each place is asked for once", async () => {
  const paths = [{ verbs: ["*"], nonResourceURLs: ["*"] }];
  await using api = await reviewer(
    () => ({ resourceRules: [everything], nonResourceRules: paths }),
    () => false,
  );
  expect(await findMissingRights(await context(), api.kube, all)).toEqual([]);
  expect(api.seen.rules).toHaveLength(3);
  expect(api.seen.rules).toEqual(expect.arrayContaining(["kube-system", "monitoring"]));
  expect(api.seen.asked).toEqual([]);
});

test("a rule of one namespace says nothing of the whole cluster, and one for a name nothing of the others", async () => {
  const named = {
    verbs: ["get", "delete"],
    apiGroups: ["apps"],
    resources: ["deployments"],
    resourceNames: ["other"],
  };
  const rules = (namespace: string) => {
    if (namespace === "kube-system") return { resourceRules: [everything] };
    return namespace === "monitoring" ? { resourceRules: [named] } : {};
  };
  await using api = await reviewer(rules, () => false);
  const lacked = (await findMissingRights(await context(), api.kube, all)).map(shown);
  expect(lacked).toEqual(all.map(shown).filter((text) => !text.startsWith("kube-system ")));
  expect(lacked).toContain("monitoring delete deployments.apps server");
});

test("what no rule has may be granted all the same: it is asked for, side by side but not all at once", async () => {
  await using api = await reviewer(nothing, ({ resourceAttributes, nonResourceAttributes }) => {
    return nonResourceAttributes?.path === "/metrics" || resourceAttributes?.resource === "pods";
  });
  const lacked = (await findMissingRights(await context(), api.kube, all)).map(shown);
  expect(lacked).toEqual(all.map(shown).filter((text) => !/ (pods|pods\/log|\/metrics)$/.test(text)));
  expect(lacked).toContain("* get /healthz/live");
  expect(api.seen.asked).toHaveLength(all.length);
  expect(api.seen.most).toBeGreaterThan(4);
  expect(api.seen.most).toBeLessThanOrEqual(16);
  expect(api.seen.asked).toContainEqual({
    resourceAttributes: {
      ...{ verb: "get", group: "", resource: "pods" },
      ...{ subresource: "log", namespace: "kube-system" },
    },
  });
});

test("where reviews are refused nothing is said to be missing", async () => {
  await using api = await reviewer(nothing);
  const own = await context();
  expect(await findMissingRights(own, api.kube, all)).toEqual([]);
  expect(own.log.lines).toMatchObject([{ level: "debug", message: expect.stringContaining("no reviews") }]);
});
