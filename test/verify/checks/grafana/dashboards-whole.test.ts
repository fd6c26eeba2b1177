// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Grafana are written so.
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../../src/kube/manifest.ts";
import type { PlannedDashboard } from "../../../../src/model/plan.ts";
import type { FakeDashboard } from "../../../support/fake-grafana.ts";
import { checkIn, failureOf } from "../../open-stack.ts";
import { app, configMap } from "../../rendered-stack.ts";

const id = "dashboards-whole";

/** A Grafana with these dashboards, and charts that bring these objects. */
function withBoards(
  dashboards: readonly FakeDashboard[],
  objects: readonly KubeObject[] = [],
  asked: readonly PlannedDashboard[] = [],
) {
  return checkIn(
    id,
    ({ grafana }) => {
      grafana.dashboards = [...dashboards];
    },
    (stack) => ({
      ...stack,
      rendered: [app("grafana", objects)],
      plan: { ...stack.plan, dashboards: asked },
    }),
  );
}

const panel = { id: 1, title: "P", type: "stat", targets: [{ expr: "up" }] };

function board(model: Record<string, unknown>, more: Partial<FakeDashboard> = {}): FakeDashboard {
  return { uid: "b", title: "Board", model: { title: "Board", panels: [panel], ...model }, ...more };
}

const script = `#!/usr/bin/env sh
curl -skf \\
  --max-time 60 \\
  "https://grafana.com/api/dashboards/315/revisions/3/download" \\
  | sed '/-- .* --/! s/"datasource":.*,/"datasource": "Prometheus",/g' \\
  > "/var/lib/grafana/dashboards/default/k8s.json"
curl -skf "https://example.org/other.json" > "/var/lib/grafana/dashboards/default/other.json"
`;

describe(id, () => {
  it("is skipped when there are no dashboards, and none were brought", async () => {
    expect(await withBoards([])).toMatchObject({
      status: "skipped",
      reason: expect.stringMatching(/no dashboards/),
    });
  });

  it("passes on old rows, variables as datasources, and one from a file", async () => {
    const result = await withBoards(
      [
        board({ panels: undefined, rows: [{ panels: [{ ...panel, datasource: "Prometheus" }] }] }),
        board(
          {
            panels: [{ ...panel, datasource: { uid: "${ds}" } }],
            templating: { list: [{ name: "ds", type: "datasource", query: "prometheus", regex: "/^Prom/" }] },
          },
          { uid: "c", title: "Other", file: "k8s.json" },
        ),
      ],
      [
        configMap("grafana", {
          "download_dashboards.sh": script.split('curl -skf "https://example')[0] ?? "",
        }),
      ],
    );
    expect(result).toMatchObject({ status: "pass", seen: "2 dashboards: Board, Other" });
  });

  it.each([
    [
      "an input that was never filled in",
      { panels: [{ ...panel, datasource: "${DS_PROMETHEUS}" }] },
      "Board: ${DS_PROMETHEUS} was never filled in",
      "dashboard-input-unresolved",
    ],
    ["no panels", { panels: [] }, "Board has no panels", "dashboard-empty"],
    [
      "a schema that the classic API can't show",
      { panels: undefined, elements: {} },
      /^Board: .*schema v2/,
      "dashboard-broken",
    ],
    [
      "a datasource that is gone",
      {
        panels: [
          { ...panel, datasource: { uid: "gone" } },
          { ...panel, id: 2, datasource: { uid: "gone" } },
        ],
      },
      /^Board: its datasource gone does not exist; Grafana has .*Prometheus \(uid prometheus\).* \(2 panels\)$/,
      "dashboard-datasource-missing",
    ],
    [
      "a variable whose datasource is gone",
      { templating: { list: [{ name: "job", query: "label_values(job)", datasource: "Gone" }] } },
      /Gone does not exist.*\(variable \$job\)$/,
      "dashboard-datasource-missing",
    ],
  ])("fails on %s", async (_, model, seen, fault) => {
    const result = await withBoards([board(model)]);
    expect(result).toMatchObject({ status: "fail", fault });
    expect(failureOf(result)?.seen).toEqual(typeof seen === "string" ? seen : expect.stringMatching(seen));
  });

  it("fails when a download brought nothing, and names it", async () => {
    const result = await withBoards(
      [board({}, { file: "default/k8s.json" })],
      [configMap("grafana", { "download_dashboards.sh": script })],
    );
    expect(result).toMatchObject({ status: "fail", fault: "dashboard-missing" });
    expect(failureOf(result)?.seen).toMatch(
      /^other\.json is not in Grafana: the download from https:\/\/example\.org\/other\.json brought no dashboard/,
    );
  });

  it.each([
    ["{ broken", /ConfigMap monitoring\/boards, x\.json: it is not JSON/, "dashboard-broken"],
    [
      JSON.stringify({ title: "Lost", panels: [panel] }),
      /^Lost is not in Grafana, though ConfigMap/,
      "dashboard-missing",
    ],
  ])("fails on a dashboard of the charts: %s", async (json, seen, fault) => {
    const result = await withBoards(
      [board({})],
      [configMap("boards", { "x.json": json }, { grafana_dashboard: "1" })],
    );
    expect(result).toMatchObject({ status: "fail", fault });
    expect(failureOf(result)?.seen).toMatch(seen);
  });

  it("does not take any JSON for a dashboard", async () => {
    const result = await withBoards([board({})], [configMap("other", { "x.json": "{ broken" })]);
    expect(result).toMatchObject({ status: "pass" });
  });

  it("tells of a wrong password once", async () => {
    const result = await checkIn(id, ({ grafana }) => {
      grafana.password = "of an earlier deployment";
    });
    expect(failureOf(result)?.seen).toMatch(/HTTP 401/);
  });

  describe("for a dashboard that the configuration asks for", () => {
    const asked = (more: Partial<PlannedDashboard> = {}): PlannedDashboard => ({
      uid: "b",
      title: "Board",
      folder: undefined,
      origin: "b.json",
      sha256: "",
      revision: undefined,
      panels: 1,
      model: {},
      ...more,
    });

    it("passes in its folder, with its panels", async () => {
      const general = [board({}), board({}, { folder: "General" })];
      for (const one of general)
        expect(await withBoards([one], [], [asked()])).toMatchObject({ status: "pass" });
      const inNodes = await withBoards([board({}, { folder: "Nodes" })], [], [asked({ folder: "Nodes" })]);
      expect(inNodes).toMatchObject({ status: "pass" });
    });

    it.each([
      [
        "in another folder",
        { folder: "Nodes" },
        "Board is in no folder, and was requested in Nodes",
        "dashboard-misplaced",
      ],
      [
        "with another number of panels",
        { panels: 12 },
        "Board has 1 panel, and the requested one has 12",
        "dashboard-differs",
      ],
    ])("fails on one %s", async (_, more, seen, fault) => {
      const result = await withBoards([board({})], [], [asked(more)]);
      expect(result).toMatchObject({ status: "fail", fault });
      expect(failureOf(result)?.seen).toBe(seen);
    });
  });
});
