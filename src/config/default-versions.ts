import type { ToolName } from "../lockfile/tools.ts";

/** What is installed when nothing else is asked for, and what stands in for a channel that can't be asked. */
export const defaultVersions: Readonly<Record<ToolName, string>> = {
  k3s: "v1.36.3+k3s1",
  helm: "v4.2.3",
  kubectl: "v1.36.3",
};
