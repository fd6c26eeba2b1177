import {
  createChoiceSchema,
  createListSchema,
  createPathSchema,
  createSecretSchema,
  createTextSchema,
  duration,
  port,
  splitText,
} from "../../yaml/primitives.ts";
import { allowed, notInFiles, refuseBecause, type SettingTable } from "./setting.ts";

const variableName = createTextSchema(
  "the name of an environment variable, for example SLACK_URL",
  /^[A-Za-z_]\w*$/,
);

/** The forms of a report. */
const reporters = ["json", "junit", "html", "github", "tap"] as const;
export type Reporter = (typeof reporters)[number];

/** Settings for the local addresses, the login, the timeouts and the folders. */
export const accessSettings = {
  "grafana-user": {
    schema: createTextSchema("a user's name"),
    inFile: ["grafana", "user"],
    inRestricted: allowed,
    metavar: "NAME",
    byDefault: "admin",
    help: "Grafana's administrator",
  },
  "grafana-password": {
    schema: createSecretSchema("a password"),
    inFile: ["grafana", "password"],
    inRestricted: allowed,
    metavar: "SECRET",
    byDefault: "a new one for each run",
    help: "Grafana's administrator's password",
  },
  "prometheus-port": {
    schema: port,
    inFile: ["ports", "prometheus"],
    inRestricted: allowed,
    metavar: "PORT",
    byDefault: "9090",
    help: "Prometheus' port on localhost",
  },
  "grafana-port": {
    schema: port,
    inFile: ["ports", "grafana"],
    inRestricted: allowed,
    metavar: "PORT",
    byDefault: "3000",
    help: "Grafana's port on localhost",
  },
  "alertmanager-port": {
    schema: port,
    inFile: ["ports", "alertmanager"],
    inRestricted: allowed,
    metavar: "PORT",
    byDefault: "9093",
    help: "Alertmanager's port on localhost",
  },
  "busy-port": {
    schema: createChoiceSchema("a way to treat a busy port", ["fail", "other"]),
    inFile: ["ports", "when-busy"],
    inRestricted: allowed,
    metavar: "fail|other",
    byDefault: "fail",
    help: "When one of these ports is taken: stop, or take another one and say which",
  },
  "cluster-timeout": {
    schema: duration,
    inFile: ["timeouts", "cluster"],
    inRestricted: allowed,
    metavar: "TIME",
    byDefault: "2m",
    help: "From k3s' start to its API answering",
  },
  "deploy-timeout": {
    schema: duration,
    inFile: ["timeouts", "deploy"],
    inRestricted: allowed,
    metavar: "TIME",
    byDefault: "5m",
    help: "From the first app's deployment to the last workload ready",
  },
  "verify-timeout": {
    schema: duration,
    inFile: ["timeouts", "verify"],
    inRestricted: allowed,
    metavar: "TIME",
    byDefault: "2m",
    help: "How long a check may take until it must pass",
  },
  "report-dir": {
    schema: createPathSchema,
    inFile: ["report-dir"],
    inRestricted: refuseBecause("it names a folder that is written"),
    metavar: "DIR",
    byDefault: "./monstack-report",
    help: "Where results.json and the other forms of the report go",
  },
  reporter: {
    schema: createListSchema(createChoiceSchema("a reporter", reporters), "a list of reporters"),
    readText: splitText,
    inFile: ["reporters"],
    inRestricted: allowed,
    metavar: "A,B",
    byDefault: "json, junit, html, and github on GitHub",
    help: "Forms of the report: json (always written), junit, html, tap, and github (summary and annotations); the flag can be repeated",
  },
  // No file may set it: else anybody who changes a repository could choose the journal that a teardown obeys.
  "state-dir": {
    schema: createPathSchema,
    inRestricted: notInFiles,
    metavar: "DIR",
    byDefault: "$XDG_STATE_HOME/monstack or ~/.local/state/monstack",
    help: "Where the journal, the kubeconfig and the logs go",
  },
} satisfies SettingTable;

/** Settings for the trust in files, and for the variables that they may name. No file can set these. */
export const trustSettings = {
  trust: {
    schema: createChoiceSchema("a degree of trust", ["full", "restricted"]),
    inRestricted: notInFiles,
    metavar: "full|restricted",
    byDefault: "restricted for pull requests from forks, pull_request_target and the like, else full",
    help: "restricted: files set no programs, hosts, clusters or folders, and read only the workspace (docs/trust.md)",
  },
  env: {
    schema: createListSchema(variableName, "a list of names"),
    readText: splitText,
    inRestricted: notInFiles,
    metavar: "A,B",
    byDefault: "none",
    help: `With trust restricted: environment variables that files may name as \${NAME}; the flag can be repeated`,
  },
} satisfies SettingTable;
