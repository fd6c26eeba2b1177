import type { Measurements } from "../../../src/report/measurements-schema.ts";
import type { Results } from "../../../src/report/results-schema.ts";

type Drawn = Measurements["dashboards"][number];
type Panel = Drawn["panels"][number];
type Wave = (base: number, swing: number, phase: number) => [number, number | null][];

interface SampleDashboard {
  readonly drawn: Drawn;
  readonly result: Results["dashboards"][number];
}

/** Returns a dashboard with a panel of each type, in a grid as Grafana has it. */
export function drawSampleDashboard(index: number, wave: Wave): SampleDashboard {
  const uid = `sample-${index}`;
  const title = index === 0 ? "Node Exporter" : `Kubernetes / Compute Resources ${index}`;
  const panels = listPanels(index, wave).map((panel, place) => ({ ...panel, id: place + 1 }));
  return {
    drawn: { uid, title, panels },
    result: {
      uid,
      title,
      panels: panels.map(({ id, title: name, type, dead, data }) => ({
        ...{ id, title: name, type, known: false, queries: [`sum(rate(sample_${id}_total[5m]))`] },
        status: type === "text" ? "static" : dead ? "empty" : "data",
        ...(data.kind === "none" ? { why: data.why } : {}),
      })),
    },
  };
}

function listPanels(index: number, wave: Wave): Omit<Panel, "id">[] {
  const series = (names: readonly string[], base: number, swing: number): Panel["data"] => ({
    kind: "series",
    series: names.map((name, place) => ({ name, points: wave(base * (place + 1), swing, place + index) })),
  });
  const thresholds = [
    { from: null, color: "green" },
    { from: 70, color: "#EAB839" },
    { from: 90, color: "dark-red" },
  ];
  const mounts = ["/", "/boot", "/var/lib/rancher", "/home"];
  return [
    {
      ...{
        title: "CPU busy",
        type: "gauge",
        grid: { x: 0, y: 0, w: 4, h: 5 },
        unit: "percent",
        min: 0,
        max: 100,
        thresholds,
        dead: false,
      },
      data: series(["busy"], 73, 3),
    },
    {
      ...{
        title: "Memory used",
        type: "stat",
        grid: { x: 4, y: 0, w: 4, h: 5 },
        unit: "bytes",
        thresholds,
        dead: false,
      },
      data: series(["used"], 3.1e9, 2e8),
    },
    {
      ...{ title: "Pods", type: "stat", grid: { x: 8, y: 0, w: 8, h: 5 }, unit: "short", dead: false },
      data: series(["running", "pending", "failed"], 4, 0),
    },
    {
      ...{
        title: "Disk used",
        type: "bargauge",
        grid: { x: 16, y: 0, w: 8, h: 5 },
        unit: "percentunit",
        dead: false,
      },
      data: series(mounts, 0.21, 0),
    },
    {
      ...{
        title: "Network by device",
        type: "timeseries",
        grid: { x: 0, y: 5, w: 12, h: 8 },
        unit: "Bps",
        dead: false,
      },
      data: series(["receive eth0", "transmit eth0", "receive cni0"], 240_000, 60_000),
    },
    {
      ...{
        title: "CPU by mode",
        type: "timeseries",
        grid: { x: 12, y: 5, w: 12, h: 8 },
        unit: "percentunit",
        max: 1,
        dead: false,
      },
      data: series(["user", "system", "iowait", "idle"], 0.15, 0.05),
    },
    {
      ...{
        title: "Hardware temperature",
        type: "timeseries",
        grid: { x: 0, y: 13, w: 8, h: 6 },
        unit: "celsius",
        dead: true,
      },
      data: { kind: "none", why: "no series is called node_hwmon_temp_celsius: this machine has no sensors" },
    },
    {
      ...{ title: "Largest metrics", type: "table", grid: { x: 8, y: 13, w: 10, h: 6 }, dead: false },
      data: {
        kind: "table",
        columns: ["metric", "job", "series"],
        rows: Array.from({ length: 9 }, (_, row) => [
          `apiserver_request_duration_seconds_${row}`,
          "apiserver",
          1842 - row * 97,
        ]),
      },
    },
    {
      ...{ title: "About", type: "text", grid: { x: 18, y: 13, w: 6, h: 6 }, dead: false },
      data: {
        kind: "text",
        text: "# Node Exporter\nOne row for each node.\n\n<b>Shown as text</b>, never as HTML.",
      },
    },
    {
      ...{
        title: "Requests by latency",
        type: "heatmap",
        grid: { x: 0, y: 19, w: 12, h: 6 },
        unit: "reqps",
        row: "Details",
        dead: false,
      },
      data: series(["0.1", "0.5", "1", "+Inf"], 12, 2),
    },
  ];
}
