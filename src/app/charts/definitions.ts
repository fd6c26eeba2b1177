import type { KubeObject } from "../../kube/manifest.ts";
import { parseYaml } from "../../lib/yaml-text.ts";
import type { ChartFile } from "../../lockfile/tools.ts";
import { operatorGroup } from "../../monitors/monitors.ts";
import type { Definition } from "../../schemas/operator.ts";
import { readChartCrds } from "../../sources/charts/contents.ts";
import type { Session } from "../session/session.ts";

/** The definitions of the operator's kinds that some charts bring. One that is not YAML is left to helm. */
export async function definitionsIn(
  { context }: Pick<Session, "context">,
  charts: readonly ChartFile[],
): Promise<Definition[]> {
  const texts = (await Promise.all(charts.map((chart) => readChartCrds(context, chart)))).flat();
  return texts
    .filter((text) => text.includes(`group: ${operatorGroup}`))
    .map((text) => ({
      kind: /^ {4}kind: (\w+)/m.exec(text)?.[1] ?? "",
      release: `v${/operator\.prometheus\.io\/version: "?([\w.-]+)/.exec(text)?.[1] ?? ""}`,
      read: () => {
        try {
          return parseYaml(text, { logLevel: "error" });
        } catch {
          return undefined;
        }
      },
    }));
}

/** The same among rendered objects. */
export function definitionsAmong(objects: readonly KubeObject[]): Definition[] {
  return objects
    .filter(({ kind }) => kind === "CustomResourceDefinition")
    .flatMap((object) => {
      const { group, names } = (object["spec"] ?? {}) as { group?: unknown; names?: { kind?: unknown } };
      const release = `v${object.metadata.annotations?.["operator.prometheus.io/version"] ?? ""}`;
      return group === operatorGroup ? [{ kind: String(names?.kind), release, read: () => object }] : [];
    });
}
