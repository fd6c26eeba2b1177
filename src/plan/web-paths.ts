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
 * Returns a mistake for each probe of a program that goes to another path than the program serves, and for Prometheus
 * if it sends alerts to another path than Alertmanager serves. The pod would never be ready, or no alert would
 * arrive. The charts do not derive one path from the other. Pure.
 */
export function findWrongPaths(apps: readonly PlannedApp[]): ValueMistake[] {
  return apps.flatMap(({ name: app, chart, values }) => {
    const judgeAt = (
      serverPath: Path,
      judge: (values: Values, serverPath: Path) => readonly Omit<ValueMistake, "app">[],
    ) => {
      const serverValues = serverPath.length === 0 ? values : getValueAt(values, serverPath);
      return isMapping(serverValues) && (serverPath.length === 0 || serverValues["enabled"] !== false)
        ? judge(serverValues, serverPath)
        : [];
    };
    const judgeChart = {
      prometheus: () => [
        ...judgeAt(["server"], judgePrometheusProbes),
        ...judgeAt(["alertmanager"], judgeProbes),
        ...(hasOwnAlerting(values) ? [] : judgeAt(["alertmanager"], judgeAlertPath)),
        ...judgeAt(["prometheus-pushgateway"], judgeProbes),
      ],
      alertmanager: () => judgeAt([], judgeProbes),
      "prometheus-pushgateway": () => judgeAt([], judgeProbes),
    }[getChartName(chart)];
    return (judgeChart?.() ?? []).map((mistake) => ({ app, ...mistake }));
  });
}

/**
 * Returns a mistake if Prometheus' probes go to another path than it serves. The chart passes prefixURL and baseURL
 * to Prometheus as flags, but its probes and reloads follow prefixURL alone. Probes of the user's own and replaced
 * flags are not judged.
 */
function judgePrometheusProbes(server: Values, serverPath: Path): Omit<ValueMistake, "app">[] {
  const served = findServedPath(server, serverPath, ["prefixURL"], ["baseURL"]);
  const probedPath = trimPath(findText(server, ["prefixURL"]) ?? "");
  const hasOwnProbesOrFlags =
    Boolean(server["tcpSocketProbeEnabled"]) || isFilled(server["defaultFlagsOverride"]);
  if (served === undefined || served.path === probedPath || hasOwnProbesOrFlags) return [];
  const expectedSetting = `expected server.prefixURL: ${served.path || "/"}`;
  const rootSuggestion = probedPath === "" ? ", or prefixURL: / if a proxy takes the path away" : "";
  return [
    {
      path: served.key,
      problem: `Prometheus serves below ${served.path || "/"} with this, and the chart's probes request ${probedPath}/-/ready: its pod is never ready; ${expectedSetting}${rootSuggestion}`,
    },
  ];
}

const probeKeys = ["livenessProbe", "readinessProbe", "startupProbe"];

/**
 * Returns a mistake for each probe of Alertmanager or Pushgateway that requests a path outside the served path. `/` is
 * allowed, because it redirects to the served path.
 */
function judgeProbes(values: Values, serverPath: Path): Omit<ValueMistake, "app">[] {
  const served = findServedPath(values, serverPath, [], ["baseURL"]);
  if (served === undefined || served.path === "") return [];
  return probeKeys.flatMap((probe) => {
    const path = findText(values, [probe, "httpGet", "path"]);
    if (path === undefined || trimPath(path) === "" || `${trimPath(path)}/`.startsWith(`${served.path}/`))
      return [];
    return [
      {
        path: [...serverPath, probe, "httpGet", "path"],
        problem: `the program serves below ${served.path} (${served.key.join(".")}), and this probe requests ${path}: its pod is never ready; expected ${served.path}${path}`,
      },
    ];
  });
}

/**
 * Returns a mistake if Prometheus sends alerts to another path than Alertmanager serves. Prometheus sends them to the
 * path in `alertmanager.prefixURL`.
 */
function judgeAlertPath(alertmanager: Values, serverPath: Path): Omit<ValueMistake, "app">[] {
  const served = findServedPath(alertmanager, serverPath, [], ["baseURL"]);
  const alertPath = trimPath(findText(alertmanager, ["prefixURL"]) ?? "");
  if (served === undefined || served.path === alertPath) return [];
  return [
    {
      path: served.key,
      problem: `Alertmanager serves below ${served.path || "/"} with this, and Prometheus sends alerts below ${alertPath || "/"}: none arrives; expected alertmanager.prefixURL: ${served.path || "/"}`,
    },
  ];
}

/**
 * Returns the served path and the key that sets it; undefined if nothing sets it, or if it is a template. The route
 * prefix counts before the external URL, and an explicit flag before the chart's own key.
 * @param prefixKey key of the route prefix in the values; empty if the chart has none
 * @param externalUrlKey key of the external URL in the values
 */
function findServedPath(
  values: Values,
  serverPath: Path,
  prefixKey: Path,
  externalUrlKey: Path,
): ServedPath | undefined {
  const findFlagOrKey = (name: string, key: Path) => {
    const flags = ["extraFlags", "extraArgs"].flatMap((list) => {
      const argumentValues = values[list];
      if (isMapping(argumentValues))
        return typeof argumentValues[name] === "string"
          ? [{ text: argumentValues[name], key: [list, name] }]
          : [];
      const texts = (Array.isArray(argumentValues) ? argumentValues : []).map(
        (argument) => `--${String(argument).replace(/^-+/, "")}`,
      );
      const text = findFlag(texts, name);
      return text === undefined ? [] : [{ text, key: [list] }];
    });
    const keyValue = key.length > 0 ? findText(values, key) : undefined;
    return [...flags, ...(keyValue === undefined ? [] : [{ text: keyValue, key }])].find(
      ({ text }) => text !== "",
    );
  };
  const routePrefix = findFlagOrKey("web.route-prefix", prefixKey);
  const pathSource = routePrefix ?? findFlagOrKey("web.external-url", externalUrlKey);
  if (pathSource === undefined || pathSource.text.includes("{{")) return undefined;
  return {
    path: resolveServedPath(routePrefix?.text, pathSource.text),
    key: [...serverPath, ...pathSource.key],
  };
}

/** True if the user's values name the Alertmanagers themselves. */
function hasOwnAlerting(values: Values): boolean {
  const alerting = getValueAt(values, ["serverFiles", "prometheus.yml", "alerting"]);
  return alerting !== undefined || isFilled(getValueAt(values, ["server", "alertmanagers"]));
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

/** Returns the path of a URL as Go parses it: a text without a scheme is a path as a whole. */
export function getUrlPath(url: string): string {
  const afterHost = /^[^/?#]*:\/\/[^/?#]*(.*)$/s.exec(url)?.[1] ?? url;
  return /^[^?#]*/.exec(afterHost)?.[0] ?? "";
}

/** Returns a path in one form: `prometheus`, `/prometheus` and `/prometheus/` are the same path. */
export function trimPath(path: string): string {
  const inner = path.replace(/^\/+/, "").replace(/(?<!\/)\/+$/, "");
  return inner === "" ? "" : `/${inner}`;
}

/**
 * Returns the value of a flag in a program's arguments: `--name=value`, or `--name` and the next argument; undefined if
 * it is missing.
 */
export function findFlag(args: readonly string[], name: string): string | undefined {
  const index = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  if (index < 0) return undefined;
  return args[index]?.includes("=") ? args[index]?.slice(name.length + 3) : args[index + 1];
}
