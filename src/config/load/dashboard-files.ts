import { join } from "node:path";
import { messageOf } from "../../lib/errors.ts";
import { type Mistake, showPath } from "../../yaml/mistakes.ts";
import type { AskedDashboard, DashboardEntry } from "../dashboards.ts";
import type { Config } from "../schema.ts";
import type { NamedFile } from "./named-files.ts";

type ListFolder = (path: string) => Promise<readonly string[]>;

/** Deeper than anybody sorts dashboards; a link that leads back ends here. */
const deepest = 8;

/** Each dashboard by itself: a folder's files by their names, those of its sub-folders in Grafana's folders of these names. */
export async function findDashboards(
  entries: readonly DashboardEntry[],
  from: { readonly cwd: string; readonly listFolder?: ListFolder },
  where: (index: number) => Pick<Mistake, "where" | "path">,
  mistakes: Mistake[],
): Promise<AskedDashboard[]> {
  const found: AskedDashboard[] = [];
  for (const [index, { source, folder, inputs }] of entries.entries()) {
    if (source.kind !== "dir") {
      found.push({ source, folder, inputs, index, isOneOfMany: false });
      continue;
    }
    const complain = (problem: string) => mistakes.push({ ...where(index), problem });
    try {
      const files = await filesBelow(source.path, from.listFolder ?? (async () => []));
      if (files.length === 0)
        complain(`there is no dashboard (a file NAME.json) in the folder ${showPath(from.cwd, source.path)}`);
      for (const { path, below } of files)
        found.push({
          source: { kind: "file", path },
          folder: below.length > 0 ? below.join(" - ") : folder,
          inputs,
          index,
          isOneOfMany: true,
        });
    } catch (error) {
      complain(`the folder ${showPath(from.cwd, source.path)} can't be read: ${messageOf(error)}`);
    }
  }
  return found;
}

interface Found {
  readonly path: string;
  /** The sub-folders that it lies in. */
  readonly below: readonly string[];
}

async function filesBelow(path: string, list: ListFolder, below: readonly string[] = []): Promise<Found[]> {
  const names = (await list(path)).filter((name) => !name.startsWith(".")).sort();
  const files = names
    .filter((name) => name.endsWith(".json"))
    .map((name) => ({ path: join(path, name), below }));
  if (below.length >= deepest) return files;
  const deeper = names
    .filter((name) => !name.endsWith(".json"))
    .map((name) => filesBelow(join(path, name), tolerant(list), [...below, name]));
  return [...files, ...(await Promise.all(deeper)).flat()];
}

/** What lies beside the dashboards and is no folder has nothing in it. */
function tolerant(list: ListFolder): ListFolder {
  return (path) =>
    list(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOTDIR") return [];
      throw error;
    });
}

export function dashboardFiles({ dashboards }: Config): readonly NamedFile[] {
  return dashboards.flatMap(({ source, index }) =>
    source.kind === "file"
      ? [{ path: source.path, what: "dashboard", at: ["dashboards", index] as const }]
      : [],
  );
}
