import {
  createChoiceSchema,
  createListSchema,
  createPathListSchema,
  createPathSchema,
  createTextSchema,
  splitText,
} from "../../yaml/primitives.ts";
import { allowed, belowWorkspace, notInFiles, refuseBecause, type SettingTable } from "./setting.ts";

export const namespace = createTextSchema(
  "a namespace (lower-case letters, digits and -, at most 63)",
  /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
);

/** Settings for the apps that are deployed, and for their cluster and namespace. */
export const stackSettings = {
  profile: {
    schema: createChoiceSchema("a profile", ["ci", "as-is", "production"]),
    inFile: ["profile"],
    inRestricted: allowed,
    metavar: "NAME",
    byDefault: "ci",
    help: "ci: quick to start, short scrapes, nothing kept; as-is: the charts' own values; production: the charts' own values, and the production checklist is judged too",
  },
  "app-dir": {
    schema: createPathSchema,
    inFile: ["app-dir"],
    inRestricted: belowWorkspace,
    metavar: "DIR",
    help: "A folder of sbkube's (sbkube.yaml, or config.yaml and sources.yaml): its apps are the stack",
  },
  namespace: {
    schema: namespace,
    inFile: ["namespace"],
    inRestricted: allowed,
    metavar: "NAME",
    byDefault: "monitoring",
    help: "Namespace that the stack goes into",
  },
  apps: {
    schema: createListSchema(createTextSchema("an app's name"), "a list of names"),
    readText: splitText,
    inRestricted: notInFiles,
    metavar: "A,B",
    byDefault: "all that are enabled",
    help: "Deploy only these apps and what they depend on",
  },
  kubeconfig: {
    schema: createPathSchema,
    inFile: ["cluster", "kubeconfig"],
    inRestricted: refuseBecause("it chooses the cluster that is changed, and a kubeconfig can name programs"),
    metavar: "PATH",
    help: "Deploy into the existing cluster of this kubeconfig instead of starting k3s",
  },
  context: {
    schema: createTextSchema("a context's name"),
    inFile: ["cluster", "context"],
    inRestricted: refuseBecause("it chooses the cluster that is changed, and a kubeconfig can name programs"),
    metavar: "NAME",
    byDefault: "the kubeconfig's current one",
    help: "Deploy into the existing cluster of this kubeconfig context instead of starting k3s",
  },
  stack: {
    schema: createChoiceSchema("a flavour of the stack", ["plain", "operator"]),
    inFile: ["stack"],
    inRestricted: allowed,
    metavar: "plain|operator",
    byDefault: "plain",
    help: "The apps without a configuration: plain is the charts prometheus and grafana, operator the chart kube-prometheus-stack",
  },
  monitors: {
    schema: createPathListSchema,
    readText: splitText,
    inFile: ["monitors"],
    inRestricted: belowWorkspace,
    metavar: "PATHS",
    help: "Files of ServiceMonitors, PodMonitors, PrometheusRules and ScrapeConfigs; they need the operator; separated by commas",
  },
} satisfies SettingTable;
