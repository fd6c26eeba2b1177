import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Machine, startMachine } from "./support/machine.ts";

const lab = resolve(import.meta.dirname, "../../lab");
const kubectl = join(lab, "out/bin/kubectl");

const board = (title: string, uid: string, more: object = {}) => ({
  uid,
  title,
  schemaVersion: 39,
  panels: [
    {
      id: 1,
      type: "timeseries",
      title: "Targets",
      gridPos: { x: 0, y: 0, w: 12, h: 8 },
      datasource: { type: "prometheus", uid: `\${DS_MINE}` },
      targets: [{ refId: "A", expr: "up", datasource: { type: "prometheus", uid: `\${DS_MINE}` } }],
    },
  ],
  __inputs: [{ name: "DS_MINE", type: "datasource", pluginId: "prometheus" }],
  ...more,
});

/** Of dashboard 3662, as any other file on the web. */
const published = "https://grafana.com/api/dashboards/3662/revisions/2/download";

async function sha256Of(id: number): Promise<string> {
  const bytes = await readFile(join(lab, `dashboards/${id}.json`));
  return createHash("sha256").update(bytes).digest("hex");
}

/** grafana.com as a pod finds it at the machine's address, with a certificate that nobody vouches for. */
const grafanaCom = `
set -e
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=grafana.com -keyout "$1/key.pem" -out "$1/cert.pem" 2> /dev/null
exec ${process.execPath} -e '
  const { readFileSync } = require("node:fs");
  const [, folder] = process.argv;
  const options = { key: readFileSync(folder + "/key.pem"), cert: readFileSync(folder + "/cert.pem") };
  require("node:https").createServer(options, (request, response) => {
    require("node:http").get("http://203.0.113.1/grafana.com" + request.url, (from) => {
      response.writeHead(from.statusCode, from.headers);
      from.pipe(response);
    });
  }).listen(8443, "198.51.100.10", () => console.log("listening"));' "$1"
`;

describe("dashboards", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await startMachine();
  });
  afterAll(async () => await machine[Symbol.asyncDispose]());

  it("come by id, file, folder and URL, into their folders, and outlive a restart of Grafana", async () => {
    await mkdir(join(machine.folder, "boards/team"), { recursive: true });
    await writeFile(join(machine.folder, "mine.json"), JSON.stringify(board("Mine", "mine")));
    await writeFile(join(machine.folder, "boards/one.json"), JSON.stringify(board("One", "one")));
    await writeFile(join(machine.folder, "boards/team/two.json"), JSON.stringify(board("Two", "two")));
    const url = `{ url: "${published}", sha256: "${await sha256Of(3662)}", folder: Prometheus }`;
    const config = `grafana: { password: correct-horse }
dashboards:
  - { id: 1860, revision: 37, folder: Nodes }
  - ${url}
  - { id: 315, folder: Cluster }
  - { id: 6417, folder: Cluster }
  - { file: mine.json, folder: Nodes }
  - { dir: boards, folder: Boards }
`;
    await writeFile(join(machine.folder, "monstack.yaml"), config);
    const up = await machine.monstack(["up"]);
    expect(up.exitCode, up.output).toBe(0);
    const verify = await machine.monstack(["verify"]);
    expect(verify.exitCode, verify.output).toBe(0);

    const search = async () => {
      const url = "http://localhost:3000/api/search?type=dash-db&limit=100";
      const answer = await machine.run(["curl", "-fsS", "-u", "admin:correct-horse", url]);
      const found = JSON.parse(answer.stdout) as { title: string; folderTitle?: string }[];
      return found.map(({ title, folderTitle = "" }) => `${folderTitle}/${title}`).sort();
    };
    const before = await search();
    expect(before).toHaveLength(7);
    expect(before).toEqual(expect.arrayContaining(["Nodes/Mine", "Boards/One", "team/Two"]));
    expect(before.filter((one) => one.startsWith("Cluster/"))).toHaveLength(2);
    expect(before.filter((one) => one.startsWith("Prometheus/"))).toHaveLength(1);
    const record = JSON.parse(await readFile(join(machine.folder, "state/stack.json"), "utf8"));
    expect(record.plan.dashboards.map(({ revision }: { revision?: number }) => revision)).toContain(37);

    // Without a volume all that it knew is gone with the pod.
    const gone = await machine.run([
      ...[kubectl, "--kubeconfig", record.kubeconfig, "-n", "monitoring"],
      ...["delete", "pod", "-l", "app.kubernetes.io/name=grafana", "--wait"],
    ]);
    expect(gone.exitCode, gone.output).toBe(0);
    const again = await machine.monstack(["verify"]);
    expect(again.exitCode, again.output).toBe(0);
    expect(await search()).toEqual(before);
    const results = await machine.results();
    const panels = results.dashboards.find(({ uid }) => uid === "mine")?.panels;
    expect(panels).toMatchObject([{ title: "Targets", status: "data" }]);
    const down = await machine.monstack(["down"]);
    expect(down.exitCode, down.output).toBe(0);
  });

  it("that can't be had end the run with what is wrong, and nothing is left", async () => {
    const missing = await machine.monstack(["run", "--dashboards", "999999"]);
    expect(missing.exitCode, missing.output).toBe(3);
    expect(missing.stderr).toMatch(/error: .*grafana\.com has no dashboard 999999/);
    const wrong = `dashboards:\n  - { url: "${published}", sha256: "${"f".repeat(64)}" }\n`;
    await writeFile(join(machine.folder, "monstack.yaml"), wrong);
    const other = await machine.monstack(["run"]);
    expect(other.exitCode, other.output).toBe(3);
    expect(other.stderr).toContain(await sha256Of(3662));
    expect(other.stderr).toContain("f".repeat(64));
    expect(other.stderr).not.toContain("deploying");
    const loki = { type: "loki", uid: `\${DS_LOKI}` };
    const foreign = board("Logs", "logs", {
      __inputs: [{ name: "DS_LOKI", type: "datasource", pluginId: "loki" }],
      panels: [
        {
          id: 1,
          type: "logs",
          datasource: loki,
          targets: [{ refId: "A", expr: '{app="shop"}', datasource: loki }],
        },
      ],
    });
    await writeFile(join(machine.folder, "logs.json"), JSON.stringify(foreign));
    await writeFile(join(machine.folder, "monstack.yaml"), "dashboards:\n  - logs.json\n");
    const refused = await machine.monstack(["run"]);
    expect(refused.exitCode, refused.output).toBe(2);
    expect(refused.stderr).toMatch(
      /monstack\.yaml:2:5: dashboard Logs \(logs\.json\): its input DS_LOKI wants a datasource of type loki/,
    );
    expect(await machine.results()).toMatchObject({ teardown: { leaks: [] } });
  });

  it("that the chart's own download brings show data, and those that it doesn't bring are told", async () => {
    const provider = {
      name: "default",
      type: "file",
      options: { path: "/var/lib/grafana/dashboards/default" },
    };
    const grafana = {
      dashboardProviders: { "dashboardproviders.yaml": { apiVersion: 1, providers: [provider] } },
      dashboards: {
        default: {
          nodes: {
            gnetId: 1860,
            revision: 37,
            curlOptions: "-skf --connect-to grafana.com:443:198.51.100.10:8443",
          },
          // With a datasource its init container pipes curl into sed, and says that all is well.
          gone: { gnetId: 424242, revision: 1, datasource: "Prometheus" },
        },
      },
    };
    const server = machine.start(["bash", "-c", grafanaCom, "grafana.com", machine.folder]);
    await expect.poll(() => server.streams.output, { timeout: 20_000 }).toContain("listening");
    await writeFile(
      join(machine.folder, "monstack.yaml"),
      JSON.stringify({ "take-over-dashboards": false, apps: { grafana: { values: grafana } } }),
    );
    const run = await machine.monstack(["run"]);
    server.kill("SIGKILL");
    expect(run.exitCode, run.output).toBe(1);
    expect(run.stderr).toMatch(
      /gone\.json is not in Grafana: the download from .*424242.* brought no dashboard/,
    );
    expect(run.stderr).toContain("set take-over-dashboards: true");
    expect(run.stderr).not.toContain("nodes.json is not in Grafana");
    const { dashboards } = await machine.results();
    const panels = dashboards.find(({ uid }) => uid === "lab-1860")?.panels ?? [];
    expect(panels.filter(({ status }) => status === "data").length, run.output).toBeGreaterThan(3);
  });
});
