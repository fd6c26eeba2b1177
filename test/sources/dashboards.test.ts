import { afterEach, beforeEach, expect, test } from "vitest";
import { InstallError } from "../../src/lib/errors.ts";
import { fetchDashboard } from "../../src/sources/published-dashboard.ts";
import { createMachine, type Machine, quick } from "./machine.ts";
import { htmlPage, sha256, status } from "./upstream.ts";

let machine: Machine;
beforeEach(async () => {
  machine = await createMachine();
});
afterEach(async () => {
  await machine[Symbol.asyncDispose]();
});

const api = "https://grafana.com/api/dashboards";
const text = JSON.stringify({ title: "Node Exporter Full", panels: [] });

function byId(revision?: number) {
  return fetchDashboard(machine.context, machine.config, { kind: "id", id: 1860, revision }, quick);
}

function byUrl(sha256?: string) {
  const source = { kind: "url", url: "https://example.com/d.json", sha256 } as const;
  return fetchDashboard(machine.context, machine.config, source, quick);
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (one: unknown) => one,
  );
  expect(error).toBeInstanceOf(InstallError);
  return (error as InstallError).message;
}

test("a revision comes through the mirrors, and the second time from the cache", async () => {
  const origin = `${api}/1860/revisions/37/download`;
  machine.upstream.serve(origin, text);
  const expected = { text, revision: 37, sha256: sha256(text), origin };
  expect(await byId(37)).toEqual(expected);
  machine.upstream.serve(origin, status(500));
  expect(await byId(37)).toEqual(expected);
});

test("without a revision the newest is taken, and it is said which", async () => {
  machine.upstream.serve(`${api}/1860`, JSON.stringify({ id: 1860, revision: 42 }));
  machine.upstream.serve(`${api}/1860/revisions/42/download`, text);
  expect(await byId()).toMatchObject({ revision: 42 });
  const logged = machine.log.lines.map(({ message }) => message).join("\n");
  expect(logged).toContain("dashboard 1860: the newest revision is 42");
});

test("an ID and a revision that are not there are told apart", async () => {
  machine.upstream.serve(`${api}/1860`, status(404));
  machine.upstream.serve(`${api}/1860/revisions/99/download`, status(404));
  expect(await failure(byId())).toContain("grafana.com has no dashboard 1860");
  expect(await failure(byId(99))).toContain("dashboard 1860 has no revision 99");
});

test.each([
  ["it is a web page", htmlPage],
  ["it is empty", ""],
  ["it is not JSON", '{"title": "cut'],
  ["it is JSON, but not an object", "[]"],
] as const)("what is no dashboard is not taken for one: %s", async (said, body) => {
  machine.upstream.serve(`${api}/1860/revisions/1/download`, body);
  expect(await failure(byId(1))).toContain(`is not a dashboard: ${said}`);
  machine.upstream.serve(`${api}/1860/revisions/1/download`, text);
  expect(await byId(1)).toMatchObject({ text });
});

test("grafana.com's limit of requests is told when the tries are used up", async () => {
  machine.upstream.serve(`${api}/1860/revisions/1/download`, status(429));
  expect(await failure(byId(1))).toMatch(/the host answers 429 \(tried \d+ times/);
});

test("a URL is held against its checksum, and is asked again without one", async () => {
  machine.upstream.serve("https://example.com/d.json", text);
  expect(await byUrl(sha256(text))).toMatchObject({ text, revision: undefined });
  const other = JSON.stringify({ title: "Another" });
  machine.upstream.serve("https://example.com/d.json", other);
  expect(await byUrl(sha256(text))).toMatchObject({ text });
  expect(await byUrl()).toMatchObject({ text: other });
  expect(await failure(byUrl(sha256("x")))).toContain("wrong checksum of the dashboard");
});
