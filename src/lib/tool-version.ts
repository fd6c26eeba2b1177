/** The tools that monstack downloads. */
type ToolName = "k3s" | "helm" | "kubectl";

/** Matches a release such as v1.36.3 or v1.37.0-rc.1. */
const plainReleasePattern =
  /^v\d{1,5}\.\d{1,5}\.\d{1,5}(?:-[0-9A-Za-z]{1,32}(?:[.-][0-9A-Za-z]{1,32}){0,7})?$/;

/** Match the names of releases as upstream writes them: `v1.36.3+k3s1`, `v1.37.0-rc.1+k3s1`, `v4.1.4`. */
const releasePatterns: Readonly<Record<ToolName, RegExp>> = {
  k3s: /^v\d{1,5}\.\d{1,5}\.\d{1,5}(?:-[0-9A-Za-z]{1,32}(?:[.-][0-9A-Za-z]{1,32}){0,7})?\+k3s\d{1,3}$/,
  helm: plainReleasePattern,
  kubectl: plainReleasePattern,
};

/** Describes the expected form of a release, for messages. */
export const releaseExamples: Readonly<Record<ToolName, string>> = {
  k3s: "a release such as v1.36.3+k3s1",
  helm: "a release such as v4.1.4",
  kubectl: "a release such as v1.36.3",
};

/**
 * True if a text has the form of a release of that tool. Such a text is safe as a folder's name and as a part of a
 * URL.
 */
export function isRelease(tool: ToolName, version: string): boolean {
  return version.length <= 100 && releasePatterns[tool].test(version);
}
