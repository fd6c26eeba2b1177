import { sortByComponentApp } from "../model/chart-keys.ts";
import { findEndpoints } from "../stack/discover.ts";
import type { ResourceRight, RightsInput } from "./types.ts";
import { core, discovery, rights, type Use } from "./use.ts";

/** An archive is read, and written, in the pod where Prometheus' data is. */
export function backupUses({
  apps,
  config,
  also,
}: Pick<RightsInput, "apps" | "config" | "also">): ResourceRight[] {
  const purposes = [
    ...(config.keep.metrics || also.includes("backup") ? ["backup"] : []),
    ...(also.includes("restore") ? ["restore"] : []),
  ];
  const { prometheus, grafana } = findEndpoints(apps);
  if (prometheus === undefined) return [];
  const here = [prometheus.namespace];
  const withGrafana = [...new Set([...here, grafana?.namespace ?? prometheus.namespace])];
  const finds: readonly Use[] = [
    [["list"], discovery, "endpointslices", "stack"],
    [["get"], core, "pods", "stack"],
  ];
  const executes: Use = [["get", "create"], core, "pods/exec", "stack"];
  const adds: Use = [["patch"], core, "pods/ephemeralcontainers", "stack"];
  // Without a shell in Prometheus' image, a container of Grafana's is added beside it (src/backup/data-folder.ts).
  const isShellless = sortByComponentApp("prometheus", apps).some(({ images }) =>
    images.some((image) => /\/prometheus:[^/]*distroless/.test(image)),
  );
  const namespaces = isShellless ? withGrafana : here;
  return purposes.flatMap((purpose) => [
    ...finds.flatMap((use) => rights(use, namespaces, purpose, "run")),
    ...rights(executes, here, purpose, "run"),
    ...(isShellless ? rights(adds, here, purpose, "run") : []),
  ]);
}
