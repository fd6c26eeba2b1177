import { dirname } from "node:path";
import type { Context } from "../host/host.ts";
import {
  findAmbiguousYaml,
  getHookEvents,
  type KubeObject,
  listImages,
  listPodSpecs,
  parseManifest,
} from "../kube/manifest.ts";
import { InstallError } from "../lib/errors.ts";
import type { ChartFile, Tool } from "../lockfile/tools.ts";
import type { PlannedApp } from "../model/plan.ts";
import type { RenderedApp } from "../model/rendered.ts";
import { helmEnv, toHelmError, withValuesFile } from "./helm.ts";

/**
 * Renders a chart with the app's values, without a cluster, by helm itself (3 or 4).
 * @param kubeVersion the cluster's version for the templates; undefined: helm's own default
 * @param isRestricted also looks for what helm may read in another way, which costs a second reading of the output
 * @throws UserError when the values don't fit the chart, InstallError when helm can't render it; with helm's message.
 */
export async function renderApp(
  context: Context,
  helm: Tool,
  app: PlannedApp,
  chart: ChartFile,
  { kubeVersion, isRestricted = false }: { kubeVersion?: string; isRestricted?: boolean } = {},
): Promise<RenderedApp> {
  const manifest = await withValuesFile(context, app, async (values) => {
    const options = ["-n", app.namespace, "-f", values, "--include-crds"];
    if (kubeVersion) options.push("--kube-version", kubeVersion);
    try {
      const argv = [helm.path, "template", app.release, chart.path, ...options] as const;
      return (
        await context.host.exec(argv, {
          env: { ...helmEnv, HELM_CACHE_HOME: dirname(values) },
          timeoutMs: 60_000,
        })
      ).stdout;
    } catch (error) {
      throw toHelmError("rendering", app, chart, error);
    }
  });
  const all = parse(manifest, app, chart);
  const objects = all.filter((object) => getHookEvents(object) === undefined);
  const hooks = all.filter((object) => getHookEvents(object)?.some((event) => !event.startsWith("test")));
  const tests = all.filter((object) => getHookEvents(object)?.every((event) => event.startsWith("test")));
  const unclear = isRestricted ? findAmbiguousYaml(manifest) : undefined;
  return { app, chart, objects, hooks, tests, images: listImages(objects), ...(unclear ? { unclear } : {}) };
}

function parse(manifest: string, app: PlannedApp, chart: ChartFile): KubeObject[] {
  try {
    return parseManifest(manifest, app.namespace);
  } catch (cause) {
    throw new InstallError(
      `app ${app.name}: chart ${chart.name} ${chart.version} renders to something else than objects`,
      {
        cause,
        fix: "Correct the chart, or the values that end up in its templates; `helm template` shows what it renders.",
      },
    );
  }
}

/** A container whose image the kubelet asks the registry for each time, whatever is on the node. */
interface AlwaysPulled {
  readonly app: string;
  /** `Deployment grafana`. */
  readonly object: string;
  readonly container: string;
  readonly image: string;
}

/**
 * Containers with the pull policy Always, those of hooks too: written out, or implied by a tag `latest` (or none) without another policy
 * (https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting).
 */
export function findAlwaysPulled(apps: readonly RenderedApp[]): AlwaysPulled[] {
  return apps.flatMap(({ app, objects, hooks = [] }) =>
    [...objects, ...hooks].flatMap((object) =>
      listPodSpecs(object)
        .flatMap((pod) => [...(pod.initContainers ?? []), ...(pod.containers ?? [])])
        .flatMap(({ name, image, imagePullPolicy }) =>
          typeof image === "string" && (imagePullPolicy ?? getImpliedPolicy(image)) === "Always"
            ? [
                {
                  app: app.name,
                  object: `${object.kind} ${object.metadata.name}`,
                  container: String(name),
                  image,
                },
              ]
            : [],
        ),
    ),
  );
}

function getImpliedPolicy(image: string): string {
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}
