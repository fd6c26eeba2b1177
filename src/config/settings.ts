import { mirrorsFromFile, mirrorsFromText } from "./mirrors.ts";
import {
  duration,
  listOf,
  oneOf,
  type Parser,
  path,
  port,
  secret,
  splitList,
  text,
  toolVersion,
} from "./parsers.ts";

/** A setting that the file, the action's inputs and the CLI's flags share. */
export interface Setting<T> {
  /** What inputs and flags hold: always a text. */
  readonly fromText: Parser<T>;
  readonly fromFile: Parser<T>;
  /** Key path in the file; undefined when it can't stand there. */
  readonly inFile: readonly [string] | readonly [string, string] | undefined;
  readonly metavar: string;
  readonly help: string;
  /** The default in words. */
  readonly byDefault: string;
}

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const paths = "a list of paths";
// What `sources` can resolve: each release host knows other names that move.
const k3sVersion = toolVersion(
  "v1.36.3+k3s1, a minor like v1.36, stable or latest",
  /^(v\d+\.\d+(\.\d+(-[0-9A-Za-z.]+)?\+k3s\d+)?|stable|latest)$/,
);
const helmVersion = toolVersion(
  "v4.2.3, v4, v3 or stable",
  /^(v\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?|v[34]|stable)$/,
);
const kubectlVersion = toolVersion(
  "v1.36.3, a minor like v1.36, or stable",
  /^(v\d+\.\d+(\.\d+(-[0-9A-Za-z.]+)?)?|stable)$/,
);

/** Every setting by its name, in the order in which `--help` shows them. */
export const settings = {
  profile: same(
    oneOf("a profile", ["ci", "as-is", "production"]),
    ["profile"],
    "NAME",
    "ci",
    "ci: quick to start, short scrapes, nothing kept; as-is: the charts' own values; production: like as-is for now, its own checks are still to come",
  ),
  namespace: same(
    text("a namespace (lower-case letters, digits and -, at most 63)", (name) => label.test(name)),
    ["namespace"],
    "NAME",
    "monitoring",
    "Namespace that the stack goes into",
  ),
  apps: {
    ...same(
      text("an app's name"),
      undefined,
      "A,B",
      "all that are enabled",
      "Deploy only these apps and what they depend on",
    ),
    fromText: splitList(text("an app's name"), /[,\n]/),
    fromFile: listOf(text("an app's name"), "a list of names"),
  },
  kubeconfig: same(
    path,
    ["cluster", "kubeconfig"],
    "PATH",
    "",
    "Deploy into the existing cluster of this kubeconfig instead of starting k3s",
  ),
  context: same(
    text("a context's name"),
    ["cluster", "context"],
    "NAME",
    "the kubeconfig's current one",
    "Deploy into the existing cluster of this kubeconfig context instead of starting k3s",
  ),
  "k3s-version": same(
    k3sVersion,
    ["k3s", "version"],
    "VERSION",
    "v1.36.3+k3s1",
    "k3s: an exact version, a minor (v1.36), stable or latest",
  ),
  "k3s-path": same(path, ["k3s", "path"], "PATH", "", "A k3s on this machine instead of a download"),
  "k3s-args": {
    ...same(
      listOf(text("an argument"), "a list of arguments"),
      ["k3s", "args"],
      "ARGS",
      "",
      "Added to the end of k3s' command line; separated by spaces, or one a line",
    ),
    fromText: splitArgs,
  },
  "k3s-images": {
    ...same(
      listOf(path, paths),
      ["k3s", "images"],
      "PATHS",
      "",
      "Image archives, or folders of them, that k3s imports at its start; separated by commas",
    ),
    fromText: splitList(path, /[,\n]/),
  },
  "helm-version": same(
    helmVersion,
    ["helm", "version"],
    "VERSION",
    "v4.2.3",
    "helm: an exact version, v4, v3 or stable",
  ),
  "helm-path": same(path, ["helm", "path"], "PATH", "", "A helm on this machine instead of a download"),
  "kubectl-version": same(
    kubectlVersion,
    ["kubectl", "version"],
    "VERSION",
    "v1.36.3",
    "kubectl: an exact version, a minor (v1.36) or stable",
  ),
  "kubectl-path": same(
    path,
    ["kubectl", "path"],
    "PATH",
    "",
    "A kubectl on this machine instead of a download",
  ),
  mirrors: {
    ...same(
      mirrorsFromFile,
      ["mirrors"],
      "FROM=TO",
      "",
      "Where to get things instead: URL prefixes (https://get.helm.sh/=http://mirror/helm/) and image registries (docker.io=http://mirror:5000); separated by commas or line breaks",
    ),
    fromText: mirrorsFromText,
  },
  "grafana-user": same(
    text("a user's name"),
    ["grafana", "user"],
    "NAME",
    "admin",
    "Grafana's administrator",
  ),
  "grafana-password": same(
    secret("a password"),
    ["grafana", "password"],
    "SECRET",
    "a new one for each run",
    "Grafana's administrator's password",
  ),
  "prometheus-port": same(port, ["ports", "prometheus"], "PORT", "9090", "Prometheus' port on localhost"),
  "grafana-port": same(port, ["ports", "grafana"], "PORT", "3000", "Grafana's port on localhost"),
  "alertmanager-port": same(
    port,
    ["ports", "alertmanager"],
    "PORT",
    "9093",
    "Alertmanager's port on localhost",
  ),
  "busy-port": same(
    oneOf("a way to treat a busy port", ["fail", "other"]),
    ["ports", "when-busy"],
    "fail|other",
    "fail",
    "When one of these ports is taken: stop, or take another one and say which",
  ),
  "cluster-timeout": same(
    duration,
    ["timeouts", "cluster"],
    "TIME",
    "2m",
    "From k3s' start to its API answering",
  ),
  "deploy-timeout": same(
    duration,
    ["timeouts", "deploy"],
    "TIME",
    "5m",
    "From the first app's deployment to the last workload ready",
  ),
  "verify-timeout": same(
    duration,
    ["timeouts", "verify"],
    "TIME",
    "2m",
    "How long a check may take until it must pass",
  ),
  "report-dir": same(
    path,
    ["report-dir"],
    "DIR",
    "./monstack-report",
    "Where results.json and the summary go",
  ),
  "state-dir": same(
    path,
    ["state-dir"],
    "DIR",
    "$XDG_STATE_HOME/monstack or ~/.local/state/monstack",
    "Where the journal, the kubeconfig and the logs go",
  ),
};

export type SettingName = keyof typeof settings;

/** Settings with their values parsed; what nobody set is not there. */
export type Settings = { [K in SettingName]?: (typeof settings)[K] extends Setting<infer T> ? T : never };

/** What inputs and flags can set, all of it text. An empty input counts as not set. */
export type ConfigOverrides = { readonly [K in SettingName]: string | undefined };

/** The settings as data: `--help`, action.yml and the docs are made from it. */
export const overrides: readonly { name: SettingName; metavar: string; help: string; default: string }[] =
  settingNames().map((name) => ({
    name,
    metavar: settings[name].metavar,
    help: settings[name].help,
    default: settings[name].byDefault,
  }));

export function settingNames(): SettingName[] {
  return Object.keys(settings) as SettingName[];
}

function same<T>(
  parse: Parser<T>,
  inFile: Setting<T>["inFile"],
  metavar: string,
  byDefault: string,
  help: string,
): Setting<T> {
  return { fromText: parse, fromFile: parse, inFile, metavar, byDefault, help };
}

/** One a line when there are several lines, else separated by spaces. */
function splitArgs(
  given: unknown,
  base: Parameters<Parser<unknown>>[1],
): ReturnType<Parser<readonly string[]>> {
  const separator = typeof given === "string" && given.trim().includes("\n") ? /\n/ : /\s+/;
  return splitList(text("an argument"), separator)(given, base);
}
