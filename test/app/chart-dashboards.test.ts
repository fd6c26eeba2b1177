// biome-ignore-all lint/suspicious/noTemplateCurlyInString: inputs of Grafana's exports are written so.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addDashboards } from "../../src/app/dashboards.ts";
import { prepare } from "../../src/app/prepare.ts";
import { getValueAt } from "../../src/lib/object.ts";
import { collectWanted } from "../../src/lock/wanted.ts";
import { createUpstream, type Upstream } from "../sources/upstream.ts";
import { openSession } from "./support/session.ts";
import { createWorld, type World } from "./support/world.ts";

const exported = {
  title: "Nodes",
  uid: "nodes",
  __inputs: [{ name: "DS_X", type: "datasource", pluginId: "prometheus" }],
  panels: [{ id: 1, type: "stat", title: "P", datasource: "${DS_X}", targets: [{ expr: "up" }] }],
};
const download = (id: number, revision: number) =>
  `https://grafana.com/api/dashboards/${id}/revisions/${revision}/download`;

let world: World;
let upstream: Upstream;
beforeEach(async () => {
  world = await createWorld();
  upstream = await createUpstream();
});
afterEach(async () => {
  await upstream[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

/** A folder whose Grafana, a stand-in, has dashboards by gnetId in its values, as sbkube's own folder has. */
async function configure(dashboards: string): Promise<void> {
  const values = `datasources:
  datasources.yaml: {datasources: [{name: Prometheus, type: prometheus, uid: prom, isDefault: true}]}
dashboardProviders:
  dashboardproviders.yaml:
    apiVersion: 1
    providers: [{name: default, folder: Team, type: file, options: {path: /var/lib/grafana/dashboards/default}}]
dashboards:
  default:
${dashboards}`;
  const text = (await world.read("monstack.yaml"))
    ?.replace(
      "grafana: {enabled: false}",
      "grafana: {chart: ./grafana, depends_on: [], values: [grafana-values.yaml]}",
    )
    .replace("profile: as-is", "profile: ci")
    .replace("http://127.0.0.1:1/", upstream.origin);
  await mkdir(join(world.folder, "grafana"), { recursive: true });
  await writeFile(
    join(world.folder, "grafana/Chart.yaml"),
    "apiVersion: v2\nname: grafana\nversion: 0.1.0\n",
  );
  await writeFile(join(world.folder, "grafana-values.yaml"), values);
  await writeFile(join(world.folder, "monstack.yaml"), text ?? "");
}

describe("dashboards that the values of Grafana's chart name by gnetId", () => {
  it("are downloaded through the mirrors and mounted where the chart would have put them", async () => {
    await configure("    nodes: {gnetId: 1860, revision: 27, datasource: Prometheus}\n");
    upstream.serve(download(1860, 27), JSON.stringify(exported));
    const { session } = await openSession(world);
    const plan = await addDashboards(session, (await prepare(session)).plan);
    const grafana = plan.apps.find(({ name }) => name === "grafana");
    const entry = getValueAt(grafana?.values ?? {}, ["dashboards", "default", "nodes"]) as { json: string };
    expect(Object.keys(entry)).toEqual(["json"]);
    expect(JSON.parse(entry.json)).toMatchObject({
      uid: "nodes",
      title: "Nodes",
      panels: [{ datasource: { type: "prometheus", uid: "prom" } }],
    });
    expect(plan.dashboards).toMatchObject([
      { uid: "nodes", folder: "Team", revision: 27, panels: 1, origin: download(1860, 27) },
    ]);
    expect(plan.apps.map(({ name }) => name)).not.toContain("monstack-dashboards");
  });

  it("end the run when one can't be had, which the chart hides", async () => {
    await configure("    gone: {gnetId: 424242, revision: 1, datasource: Prometheus}\n");
    const { session } = await openSession(world);
    await expect(addDashboards(session, (await prepare(session)).plan)).rejects.toThrow(
      "dashboard 424242 has no revision 1 on grafana.com",
    );
  });

  it("stay the chart's when they can't be imported, and a warning says where and why", async () => {
    await configure("    logs: {gnetId: 7, revision: 2}\n");
    const loki = { type: "loki", uid: `\${DS_LOKI}` };
    const logs = {
      ...exported,
      __inputs: [{ name: "DS_LOKI", type: "datasource", pluginId: "loki" }],
      panels: [{ id: 1, type: "logs", datasource: loki, targets: [{ refId: "A", expr: '{app="shop"}' }] }],
    };
    upstream.serve(download(7, 2), JSON.stringify(logs));
    const { session, log } = await openSession(world);
    const before = (await prepare(session)).plan;
    const plan = await addDashboards(session, before);
    expect(plan.apps).toEqual(before.apps);
    const warning = log.lines.find(({ message }) => message.includes("left to the chart's own download"));
    expect(warning?.message).toMatch(
      /^dashboard logs \(7 of grafana\.com\) .*wants a datasource of type loki/,
    );
  });

  it("are what a lock wants, each with its place", async () => {
    await configure("    nodes: {gnetId: 1860, revision: 27}\n");
    const { session } = await openSession(world);
    const { plan } = await prepare(session);
    const line = (await readFile(join(world.folder, "grafana-values.yaml"), "utf8"))
      .split("\n")
      .findIndex((text) => text.includes("1860"));
    expect(collectWanted(session.loaded, plan).dashboards).toEqual([
      {
        from: "1860",
        asked: 27,
        sha256: undefined,
        at: { file: "grafana-values.yaml", line: line + 1, column: expect.any(Number) },
      },
    ]);
  });
});
