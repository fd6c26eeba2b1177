import { expect, test } from "vitest";
import { stringify } from "yaml";
import { fetchChart } from "../../../src/sources/charts/fetch.ts";
import { serve } from "../../support/local-server.ts";
import { chartTgz } from "../archives.ts";
import { createMachine, quick } from "../machine.ts";
import { sha256 } from "../upstream.ts";

const credentials = { username: "ci", password: "s3cret-word" };
const header = `Basic ${Buffer.from("ci:s3cret-word").toString("base64")}`;
const archive = chartTgz("exporter", "1.0.0", "v1");

/** A repository on loopback that wants to see who asks, and fetches its chart with what the configuration says. */
async function privateRepo(more: { login?: typeof credentials; archiveAt?: string; mirror?: string } = {}) {
  const server = await serve(({ path, authorization }) => {
    if (authorization !== header) return { status: authorization === undefined ? 401 : 403, body: "" };
    const urls = [more.archiveAt ?? "exporter-1.0.0.tgz"];
    const entry = { name: "exporter", version: "1.0.0", digest: sha256(archive), urls };
    if (path.endsWith("index.yaml"))
      return { body: stringify({ apiVersion: "v1", entries: { exporter: [entry] } }) };
    // Bytes that are no JSON; the archive itself comes from elsewhere in these tests.
    return { status: 404, body: "" };
  });
  const machine = await createMachine();
  const fetch = () =>
    fetchChart(
      machine.context,
      {
        mirrors: more.mirror === undefined ? {} : { [server.url]: more.mirror },
        repos: { acme: { url: server.url, credentials: more.login } },
      },
      { kind: "repo", repo: "acme", repoUrl: server.url, name: "exporter", version: "1.0.0" },
      quick,
    ).then(
      () => "fetched",
      (error: Error & { fix?: string }) => `${error.message}; ${error.fix}`.replaceAll(server.url, "URL"),
    );
  return {
    server,
    machine,
    fetch,
    [Symbol.asyncDispose]: async () => {
      await machine[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("a repository sees its credentials with each request, and the log never does", async () => {
  await using repo = await privateRepo({ login: credentials });
  expect(await repo.fetch()).toContain("URL/exporter-1.0.0.tgz: the host answers 404");
  expect(repo.server.received.map(({ path, authorization }) => [path, authorization])).toEqual([
    ["/index.yaml", header],
    ["/exporter-1.0.0.tgz", header],
  ]);
  const logged = repo.machine.log.lines.map(({ message }) => message).join("\n");
  expect(logged).not.toContain("s3cret-word");
  expect(logged).not.toContain(header);
});

test("another host that has the archive sees none of them", async () => {
  await using other = await serve(() => ({ status: 410, body: "" }));
  await using repo = await privateRepo({ login: credentials, archiveAt: `${other.url}/exporter.tgz` });
  expect(await repo.fetch()).toContain("the host answers 410");
  expect(other.received.map(({ authorization }) => authorization)).toEqual([undefined]);
});

test("a mirror sees none of them either", async () => {
  await using mirror = await serve(() => ({ status: 410, body: "" }));
  await using repo = await privateRepo({ login: credentials, mirror: mirror.url });
  expect(await repo.fetch()).toContain("the host answers 410");
  expect(mirror.received.map(({ authorization }) => authorization)).toEqual([undefined]);
  expect(repo.server.received).toEqual([]);
});

test.each([
  [
    undefined,
    `401; if it requires a login, set repos.acme to {url: URL, username: "\${NAME}", password: "\${PASSWORD}"}`,
  ],
  [{ username: "ci", password: "old" }, "403; check what is in the environment variables"],
])("a refusal names the repository and what to set (%o)", async (login, words) => {
  await using repo = await privateRepo(login === undefined ? {} : { login });
  const said = await repo.fetch();
  expect(said).toContain("the chart repository acme refuses: URL/index.yaml: the host answers ");
  expect(said).toContain(words);
});
