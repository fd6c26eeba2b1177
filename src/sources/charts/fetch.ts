import type { Config } from "../../config/schema.ts";
import type { Context } from "../../host/host.ts";
import { UserError } from "../../lib/errors.ts";
import type { ChartFile, Tool } from "../../lockfile/tools.ts";
import type { ChartRef } from "../../model/plan.ts";
import { createWeb, openSupply, type SourcesOptions } from "../web/web.ts";
import { readLocalChart } from "./archive.ts";
import { createObjectsChart } from "./objects.ts";
import { fetchOciChart } from "./oci.ts";
import { fetchRepoChart } from "./repo.ts";

interface ChartOptions extends SourcesOptions {
  /** Needed for charts in an image registry (`oci://`). */
  readonly helm?: Promise<Tool>;
  /** Needed for kustomizations. */
  readonly kubectl?: Promise<Tool>;
  /** The folder for the chart that monstack writes for objects without a chart; required for them. */
  readonly folder?: string;
}

/**
 * Returns a chart on this machine: from its repository or registry (through the mirrors, checksum verified, kept in the
 * cache), or the user's own folder or archive.
 * @throws InstallError if it can't be fetched, UserError if the path contains no chart, Interrupted
 */
export async function fetchChart(
  context: Context,
  config: Pick<Config, "mirrors"> & Partial<Pick<Config, "repos" | "registries">>,
  ref: ChartRef,
  options: ChartOptions = {},
): Promise<ChartFile> {
  if (ref.kind === "path") return readLocalChart(context, ref.path);
  if (ref.kind === "objects" || ref.kind === "manifests" || ref.kind === "kustomize") {
    const { folder, kubectl, supply = openSupply } = options;
    if (folder === undefined) throw new Error("a chart of objects needs a folder to be written to");
    return createObjectsChart(context, ref, { folder, kubectl, supply });
  }
  const web = createWeb(context, config, options);
  if (ref.kind === "repo") {
    const login = config.repos?.[ref.repo]?.credentials;
    const credentials = login && { host: ref.repoUrl, ...login };
    return fetchRepoChart({ ...web, credentials }, ref);
  }
  if (options.helm === undefined) throw new UserError(`chart ${ref.url}: helm is needed to pull it`);
  return fetchOciChart({ ...web, registries: config.registries }, ref, await options.helm);
}
