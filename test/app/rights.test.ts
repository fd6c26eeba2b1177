import { expect, test } from "vitest";
import { runJob } from "../../src/app/job.ts";
import { createRoles } from "../../src/app/rbac.ts";
import { doctorCommand } from "../../src/cli/commands/doctor.ts";
import { runCommand } from "../support/run-command.ts";
import { openSession } from "./support/session.ts";
import { createWorld } from "./support/world.ts";

const job = { mode: "run", verifyAfterUp: false, keepOnFailure: false, replace: false } as const;

test("rights that the run lacks are all named before anything is changed, with the way to fix it", async () => {
  await using world = await createWorld();
  world.cluster.lacks = /^(create deployments|watch pods|delete secrets)$/;
  const { session, log } = await openSession(world);
  const { exitCode, results } = await runJob(session, job);
  expect(exitCode).toBe(3);
  expect(world.cluster.changes).toEqual([]);
  expect((await world.helmCalls()).map((call) => call.split(" ")[0])).toEqual(["version", "template"]);
  const [cause] = results.causes;
  expect(cause).toMatchObject({ id: "rights-missing", sureness: "certain" });
  expect(cause?.how).toEqual([
    "watch pods (core API group) in namespace monitoring (readiness of the workloads)",
    expect.stringMatching(
      /^delete secrets \(core API group\) named sh\.helm\.release\.v1\.thing\.v1, .* in namespace monitoring \(helm's records: thing\)$/,
    ),
    "create deployments (API group apps) in namespace monitoring (releases: thing)",
  ]);
  expect(cause?.fix).toContain("`monstack rbac`");
  expect(log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  expect(results.teardown?.leaks).toEqual([]);
});

test("what only the diagnosis would need is a warning", async () => {
  await using world = await createWorld();
  world.cluster.lacks = /^list (events|storageclasses)$/;
  const { session, log } = await openSession(world);
  const { exitCode } = await runJob(session, job);
  expect(exitCode).toBe(0);
  const [warning = ""] = log.lines.flatMap(({ level, message }) => (level === "warn" ? [message] : []));
  expect(warning).toMatch(/list storageclasses .* in the whole cluster \(diagnosis\)\n/);
  expect(warning).toMatch(/list events .* in namespace monitoring/);
});

test("a namespace that is not there yet needs its own rights", async () => {
  await using world = await createWorld();
  world.cluster.lacks = /^(create|delete) namespaces$/;
  const { session } = await openSession(world);
  const { results } = await runJob(session, job);
  expect(results.causes[0]?.how).toEqual([
    "create namespaces (core API group) in the whole cluster (made and taken away: namespace monitoring)",
    "delete namespaces (core API group) named monitoring in namespace monitoring (made and taken away: namespace monitoring)",
  ]);
});

test("the roles are those of the charts as they are rendered, and the cluster is not asked", async () => {
  await using world = await createWorld();
  const { session } = await openSession(world);
  const subject = { kind: "User", name: "jane" } as const;
  const text = await createRoles(session, { subject, createNamespaces: false, also: [] });
  expect(text).toMatch(/resources: \[deployments\]\n {4}resourceNames: \[server\]\n/);
  expect(text).toContain("kind: Namespace\nmetadata: {name: monitoring}");
  expect(text).not.toContain("rolebindings");
  const { session: strict } = await openSession(world, { flags: { profile: "production" } });
  const judged = await createRoles(strict, { subject, createNamespaces: false, also: [] });
  expect(judged).toMatch(/# checks: production-rbac\n .*\n {4}resources: \[clusterrolebindings, /);
  const later = await createRoles(session, { subject, createNamespaces: false, also: ["checklist"] });
  expect(later).toMatch(/# checks: production-rbac\n .*\n {4}resources: \[clusterrolebindings, /);
  expect(text).not.toContain("production-rbac");
  const alone = await createRoles(session, { subject, createNamespaces: true, also: [] });
  expect(alone).not.toContain("kind: Namespace");
  expect(alone).toMatch(/resources: \[namespaces\]\n {4}verbs: \[create\]/);
  expect(world.cluster.requests).toEqual([]);
});

test("doctor names what is missing, and what a run could do without", async () => {
  await using world = await createWorld();
  const told = async () => {
    const { session } = await openSession(world);
    const lines: string[] = [];
    const code = await runCommand(doctorCommand, session, {}, (text) => lines.push(text.trimEnd()));
    return { code, lines };
  };
  const good = await told();
  expect(good.code).toBe(0);
  expect(good.lines.at(-1)).toBe("ok       this user has every right that a run needs");
  world.cluster.lacks = /^(create deployments|list resourcequotas)$/;
  const { code, lines } = await told();
  expect(code).toBe(3);
  expect(lines).toContainEqual(expect.stringMatching(/^warning {2}the diagnosis .*: list resourcequotas /));
  expect(lines).toContainEqual(expect.stringMatching(/^problem {2}the run .*: create deployments /));
  expect(lines.at(-1)).toContain("`monstack rbac`");
  expect(world.cluster.changes).toEqual([]);
});
