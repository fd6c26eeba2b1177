import { listOf, oneOf, path, splitList, text } from "../../yaml/parsers.ts";
import { allowed, belowWorkspace, notInFiles, refused, same } from "./setting.ts";

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What is deployed, and where. */
export const stackSettings = {
  profile: same(
    oneOf("a profile", ["ci", "as-is", "production"]),
    ["profile"],
    allowed,
    "NAME",
    "ci",
    "ci: quick to start, short scrapes, nothing kept; as-is: the charts' own values; production: the charts' own values, and the production checklist is judged too",
  ),
  "app-dir": same(
    path,
    ["app-dir"],
    belowWorkspace,
    "DIR",
    "",
    "A folder of sbkube's (sbkube.yaml, or config.yaml and sources.yaml): its apps are the stack",
  ),
  namespace: same(
    text("a namespace (lower-case letters, digits and -, at most 63)", (name) => label.test(name)),
    ["namespace"],
    allowed,
    "NAME",
    "monitoring",
    "Namespace that the stack goes into",
  ),
  apps: {
    ...same(
      text("an app's name"),
      undefined,
      notInFiles,
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
    refused("it chooses the cluster that is changed, and a kubeconfig can name programs"),
    "PATH",
    "",
    "Deploy into the existing cluster of this kubeconfig instead of starting k3s",
  ),
  context: same(
    text("a context's name"),
    ["cluster", "context"],
    refused("it chooses the cluster that is changed, and a kubeconfig can name programs"),
    "NAME",
    "the kubeconfig's current one",
    "Deploy into the existing cluster of this kubeconfig context instead of starting k3s",
  ),
};
