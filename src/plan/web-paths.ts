import { getValueAt, isMapping, type Values } from "../lib/object.ts";
import { getChartName } from "../model/chart.ts";
import type { PlannedApp, ValueMistake } from "../model/plan.ts";

type Path = readonly string[];

/** The path below which a program is served, and the key that sets it. */
interface ServedPath {
  readonly path: string;
  readonly key: Path;
}

/**
 * Probes, and Prometheus' own requests, that request the root of a program that is served below a path: its pod is never ready, or
 * no alert arrives. The charts do not derive one from the other. Pure.
 */
export function findWrongPaths(apps: readonly PlannedApp[]): ValueMistake[] {
  return apps.flatMap(({ name: app, chart, values }) => {
    const found = (at: Path, is: (values: Values, at: Path) => readonly Omit<ValueMistake, "app">[]) => {
      const own = at.length === 0 ? values : getValueAt(values, at);
      return isMapping(own) && (at.length === 0 || own["enabled"] !== false) ? is(own, at) : [];
    };
    const all = {
      prometheus: () => [
        ...found(["server"], judgePrometheusProbes),
        ...found(["alertmanager"], judgeProbes),
        ...(hasOwnAlerting(values) ? [] : found(["alertmanager"], judgeAlertPath)),
        ...found(["prometheus-pushgateway"], judgeProbes),
      ],
      alertmanager: () => found([], judgeProbes),
      "prometheus-pushgateway": () => found([], judgeProbes),
    }[getChartName(chart)];
    return (all?.() ?? []).map((one) => ({ app, ...one }));
  });
}

/** Judges Prometheus' probes. The chart makes flags of prefixURL and baseURL; its probes and reloads follow prefixURL alone. */
function judgePrometheusProbes(server: Values, at: Path): Omit<ValueMistake, "app">[] {
  const served = findServedPath(server, at, ["prefixURL"], ["baseURL"]);
  const configured = trimPath(findText(server, ["prefixURL"]) ?? "");
  const hasOwn = Boolean(server["tcpSocketProbeEnabled"]) || isFilled(server["defaultFlagsOverride"]);
  if (served === undefined || served.path === configured || hasOwn) return [];
  const right = `expected server.prefixURL: ${served.path || "/"}`;
  const root = configured === "" ? ", or prefixURL: / if a proxy takes the path away" : "";
  return [
    {
      path: served.key,
      problem: `Prometheus serves below ${served.path || "/"} with this, and the chart's probes request ${configured}/-/ready: its pod is never ready; ${right}${root}`,
    },
  ];
}

const probeKeys = ["livenessProbe", "readinessProbe", "startupProbe"];

/** Alertmanager and Pushgateway have their probes' paths in the values; `/` leads on to the path. */
function judgeProbes(values: Values, at: Path): Omit<ValueMistake, "app">[] {
  const served = findServedPath(values, at, [], ["baseURL"]);
  if (served === undefined || served.path === "") return [];
  return probeKeys.flatMap((probe) => {
    const path = findText(values, [probe, "httpGet", "path"]);
    if (path === undefined || trimPath(path) === "" || `${trimPath(path)}/`.startsWith(`${served.path}/`))
      return [];
    return [
      {
        path: [...at, probe, "httpGet", "path"],
        problem: `the program serves below ${served.path} (${served.key.join(".")}), and this probe requests ${path}: its pod is never ready; expected ${served.path}${path}`,
      },
    ];
  });
}

/** Prometheus sends alerts to the path that `alertmanager.prefixURL` names. */
function judgeAlertPath(alertmanager: Values, at: Path): Omit<ValueMistake, "app">[] {
  const served = findServedPath(alertmanager, at, [], ["baseURL"]);
  const configured = trimPath(findText(alertmanager, ["prefixURL"]) ?? "");
  if (served === undefined || served.path === configured) return [];
  return [
    {
      path: served.key,
      problem: `Alertmanager serves below ${served.path || "/"} with this, and Prometheus sends alerts below ${configured || "/"}: none arrives; expected alertmanager.prefixURL: ${served.path || "/"}`,
    },
  ];
}

/** Finds the path in the keys of the chart, or in explicit flags; undefined if nothing sets it. */
function findServedPath(values: Values, at: Path, prefix: Path, external: Path): ServedPath | undefined {
  const flag = (name: string, key: Path) => {
    const flags = ["extraFlags", "extraArgs"].flatMap((list) => {
      const held = values[list];
      if (isMapping(held))
        return typeof held[name] === "string" ? [{ text: held[name], key: [list, name] }] : [];
      const texts = (Array.isArray(held) ? held : []).map((one) => `--${String(one).replace(/^-+/, "")}`);
      const text = findFlag(texts, name);
      return text === undefined ? [] : [{ text, key: [list] }];
    });
    const own = key.length > 0 ? findText(values, key) : undefined;
    return [...flags, ...(own === undefined ? [] : [{ text: own, key }])].find(({ text }) => text !== "");
  };
  const route = flag("web.route-prefix", prefix);
  const found = route ?? flag("web.external-url", external);
  if (found === undefined || found.text.includes("{{")) return undefined;
  return { path: resolveServedPath(route?.text, found.text), key: [...at, ...found.key] };
}

function hasOwnAlerting(values: Values): boolean {
  const own = getValueAt(values, ["serverFiles", "prometheus.yml", "alerting"]);
  return own !== undefined || isFilled(getValueAt(values, ["server", "alertmanagers"]));
}

function findText(values: Values, path: Path): string | undefined {
  const text = getValueAt(values, path);
  return typeof text === "string" && text !== "" ? text : undefined;
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/**
 * Returns the path below which Prometheus or Alertmanager serves everything, without a slash at its end; empty for the root.
 * Both take `--web.route-prefix`, and where that is not set the path of `--web.external-url`.
 */
export function resolveServedPath(routePrefix: string | undefined, externalUrl: string | undefined): string {
  return trimPath(routePrefix || getUrlPath(externalUrl ?? ""));
}

/** Returns the path of a URL as Go reads it: a text without a scheme is a path as a whole. */
export function getUrlPath(url: string): string {
  const afterHost = /^[^/?#]*:\/\/[^/?#]*(.*)$/s.exec(url)?.[1] ?? url;
  return /^[^?#]*/.exec(afterHost)?.[0] ?? "";
}

/** `prometheus`, `/prometheus` and `/prometheus/` are the same path. */
export function trimPath(path: string): string {
  const inner = path.replace(/^\/+/, "").replace(/(?<!\/)\/+$/, "");
  return inner === "" ? "" : `/${inner}`;
}

/** Returns the value of a flag among a program's arguments: `--name=value`, or `--name` and the value after it. */
export function findFlag(args: readonly string[], name: string): string | undefined {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (at < 0) return undefined;
  return args[at]?.includes("=") ? args[at]?.slice(name.length + 3) : args[at + 1];
}
