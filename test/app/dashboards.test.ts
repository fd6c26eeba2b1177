// biome-ignore-all lint/suspicious/noTemplateCurlyInString: inputs of Grafana's exports are written so.
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { addDashboards } from "../../src/app/dashboards.ts";
import { prepare } from "../../src/app/prepare.ts";
import { createRoles } from "../../src/app/rbac.ts";
import { openSession } from "./support/session.ts";
import { createWorld, type World } from "./support/world.ts";

const board = (title: string, input: string, more: object = {}) => ({
  title,
  __inputs: [{ name: input, type: "datasource", pluginId: "prometheus" }],
  panels: [{ id: 1, type: "stat", title: "P", datasource: `\${${input}}`, targets: [{ expr: "up" }] }],
  ...more,
});

/** A folder with dashboards in it, and a configuration that names them; Grafana's chart is a stand-in. */
async function withFiles(world: World, files: Record<string, object>, dashboards: string): Promise<void> {
  const chart = "apiVersion: v2\nname: grafana\nversion: 0.1.0\n";
  const datasource = "{name: Prometheus, type: prometheus, uid: prom}";
  const text = `${(await world.read("monstack.yaml"))?.replace(
    "grafana: {enabled: false}",
    `grafana: {chart: ./grafana, depends_on: [], values: {datasources: {d.yaml: {datasources: [${datasource}]}}}}`,
  )}dashboards:\n${dashboards}`;
  const all = {
    "grafana/Chart.yaml": chart,
    "monstack.yaml": text,
    ...Object.fromEntries(Object.entries(files).map(([name, model]) => [name, JSON.stringify(model)])),
  };
  for (const [name, content] of Object.entries(all)) {
    await mkdir(dirname(join(world.folder, name)), { recursive: true });
    await writeFile(join(world.folder, name), content);
  }
}

/** What becomes of the plan, or the message that it ends with. */
async function planned(files: Record<string, object>, dashboards: string) {
  await using world = await createWorld();
  await withFiles(world, files, dashboards);
  const { session, log } = await openSession(world);
  const prepared = await prepare(session);
  const plan = await addDashboards(session, prepared.plan).catch((error: Error) => error.message);
  return { plan, log, warnings: session.draft.warnings };
}

describe("the dashboards of the plan", () => {
  it("are imported, each with its place in Grafana; an input may be missing in some of a folder's", async () => {
    const files = {
      "boards/a.json": board("A", "DS_A"),
      "boards/Team/b.json": board("B", "DS_B", { uid: "b" }),
    };
    const { plan } = await planned(files, "  - {dir: boards, folder: Mine, inputs: {DS_B: other}}\n");
    expect(plan).toMatchObject({
      dashboards: [
        {
          title: "A",
          uid: expect.stringMatching(/^file-[0-9a-f]{16}$/),
          folder: "Mine",
          origin: "boards/a.json",
          panels: 1,
          model: { panels: [{ datasource: { uid: "prom" } }] },
        },
        { title: "B", uid: "b", folder: "Team", model: { panels: [{ datasource: "other" }] } },
      ],
    });
  });

  it("that can't be shown are all named with their places", async () => {
    const files = {
      "boards/a.json": board("A", "DS_A"),
      "same.json": board("a", "DS_A"),
      "no-panels.json": board("Empty", "DS_A", { panels: [] }),
      "list.json": [],
    };
    const items = ["{dir: boards, inputs: {DS_Z: x}}", "same.json", "no-panels.json", "list.json"];
    const { plan } = await planned(files, items.map((item) => `  - ${item}\n`).join(""));
    const lines = String(plan).split("\n");
    expect(lines.map((line) => line.replace(/^monstack\.yaml:\d+:5: /, ""))).toEqual([
      "dashboard Empty (no-panels.json): it has no panels",
      "list.json is not a dashboard: it is JSON, but not an object",
      "none of its dashboards has an input DS_Z; they have DS_A",
      "same.json and boards/a.json are both dashboard a in the same folder; leave one of them out, or give it another uid and title",
    ]);
    expect(lines.every((line) => line.startsWith("monstack.yaml:"))).toBe(true);
  });

  it("whose datasource is another Grafana's get this one's, and that is a warning", async () => {
    const panels = [{ id: 1, type: "stat", title: "P", datasource: { type: "prometheus", uid: "PBFA97" } }];
    const { plan, log, warnings } = await planned({ "a.json": { title: "A", panels } }, "  - a.json\n");
    expect(plan).toMatchObject({ dashboards: [{ model: { panels: [{ datasource: { uid: "prom" } }] } }] });
    const said =
      "dashboard A (a.json): its datasource PBFA97 is not this Grafana's: Prometheus takes its place";
    expect(warnings).toEqual([said]);
    expect(log.lines.filter(({ level }) => level === "warn").map(({ message }) => message)).toContain(said);
  });

  it("have their rights among the printed ones", async () => {
    await using world = await createWorld();
    await withFiles(world, { "a.json": board("A", "DS_A") }, "  - a.json\n");
    const { session } = await openSession(world);
    const subject = { kind: "User", name: "jane" } as const;
    const roles = await createRoles(session, { subject, createNamespaces: false, also: [] });
    expect(roles).toContain("sh.helm.release.v1.monstack-dashboards.v1");
  });
});
