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
 * Renders a chart with the app's values, with helm (3 or 4) and without a cluster.
 * @param kubeVersion the cluster's version for the templates; undefined: helm's own default
 * @param isRestricted also looks for YAML that helm may read differently; this reads the output a second time
 * @throws UserError if the values don't fit the chart, InstallError if helm can't render it; with helm's message
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
  const renderedObjects = parseRenderedObjects(manifest, app, chart);
  const objects = renderedObjects.filter((object) => getHookEvents(object) === undefined);
  const hooks = renderedObjects.filter((object) =>
    getHookEvents(object)?.some((event) => !event.startsWith("test")),
  );
  const tests = renderedObjects.filter((object) =>
    getHookEvents(object)?.every((event) => event.startsWith("test")),
  );
  const ambiguousYaml = isRestricted ? findAmbiguousYaml(manifest) : undefined;
  return {
    app,
    chart,
    objects,
    hooks,
    tests,
    images: listImages(objects),
    ...(ambiguousYaml ? { unclear: ambiguousYaml } : {}),
  };
}

/**
 * Returns the objects of the rendered manifest.
 * @throws InstallError if the manifest contains something else
 */
function parseRenderedObjects(manifest: string, app: PlannedApp, chart: ChartFile): KubeObject[] {
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

/** A container for which the kubelet asks the registry at every start, even if the node has the image. */
interface AlwaysPulled {
  readonly app: string;
  /** `Deployment grafana`. */
  readonly object: string;
  readonly container: string;
  readonly image: string;
}

/**
 * Returns the containers with the pull policy Always, including those of hooks. The policy is set, or implied by the
 * tag `latest` or a missing tag (https://kubernetes.io/docs/concepts/containers/images/#imagepullpolicy-defaulting).
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

/** Returns the pull policy that kubernetes uses for an image without a set policy. */
function getImpliedPolicy(image: string): string {
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}
