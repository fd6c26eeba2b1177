import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { noteDefinitions } from "../../src/deploy/cluster-objects.ts";
import { createHost } from "../../src/host/create.ts";
import type { JournalEntry } from "../../src/journal/types.ts";
import { listClusterObjects } from "../../src/kube/kinds.ts";
import { parseManifest } from "../../src/kube/manifest.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";
import { tinyApp, tinyChart } from "./helms.ts";

const definition = (plural: string, scope: string) => `---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${plural}.example.com}
spec: {group: example.com, scope: ${scope}, names: {kind: ${plural.slice(0, -1)}, plural: ${plural}}}
`;
const objects = parseManifest(
  `${definition("widgets", "Cluster")}${definition("gadgets", "Namespaced")}---
apiVersion: example.com/v1
kind: widget
metadata: {name: everywhere}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "system:ours"}
---
apiVersion: v1
kind: Service
metadata: {name: here}
`,
  "monitoring",
);
const app = { app: tinyApp({ name: "a", release: "a" }), chart: tinyChart, objects, images: [] };

/** An API server with some definitions in it. */
async function serverWith(answer: (path: string) => number) {
  const server = createServer((request, response) => {
    response.writeHead(answer(request.url ?? ""), { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const kube = new KubeConfig();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  kube.loadFromClusterAndUser({ name: "c", server: url, skipTLSVerify: true }, { name: "u" });
  const entries: JournalEntry[] = [];
  const journal = { append: async (entry: JournalEntry) => void entries.push(entry) };
  const log = createRecordingLogger();
  const context = { host: await createHost(), log, signal: new AbortController().signal };
  return {
    entries,
    note: () => noteDefinitions(context, kube, [app], journal),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("only definitions that the cluster lacks are the run's to take away", async () => {
  await using server = await serverWith((path) => (path.includes("widgets") ? 200 : 404));
  await server.note();
  expect(server.entries).toMatchObject([{ kind: "crds", names: ["gadgets.example.com"] }]);
});

test("nothing is noted where all were there before, and nothing is guessed", async () => {
  await using all = await serverWith(() => 200);
  await all.note();
  expect(all.entries).toEqual([]);
  await using none = await serverWith(() => 403);
  await expect(none.note()).rejects.toThrow(
    /find out whether the cluster has the custom resource definition (widgets|gadgets)\.example\.com/,
  );
});

test("what is outside namespaces is known by its path, also a custom one", () => {
  expect(listClusterObjects(app)).toEqual([
    { kind: "widget", path: "/apis/example.com/v1/widgets/everywhere" },
    { kind: "ClusterRole", path: "/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Aours" },
  ]);
});
