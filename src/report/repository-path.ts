import { dirname, join, relative, resolve } from "node:path";
import type { Host } from "../host/host.ts";
import type { Place, Results } from "./results-schema.ts";
import { mapPlaces } from "./test-results/list-suites.ts";

/**
 * Returns the results with the files of all places relative to the Git repository that they lie in, as tools that
 * annotate a commit need them. A file outside of a repository keeps its path.
 * @param cwd absolute path of the folder that the places are relative to
 */
export async function withRepositoryPaths(
  host: Pick<Host, "files">,
  results: Results,
  cwd: string,
): Promise<Results> {
  const files = [...results.causes, ...(results.atEnd?.causes ?? [])].flatMap(({ at }) =>
    at ? [at.file] : [],
  );
  const paths = new Map<string, string>();
  for (const file of new Set(files)) paths.set(file, await toRepositoryPath(host, resolve(cwd, file), file));
  return mapPlaces(results, (place: Place) => ({ ...place, file: paths.get(place.file) ?? place.file }));
}

/** Returns a file's path in its repository, else `fallback`. */
async function toRepositoryPath(
  { files }: Pick<Host, "files">,
  file: string,
  fallback: string,
): Promise<string> {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    // In a linked worktree `.git` is a file. A folder that may not be read ends the search.
    const isRoot = await files.exists(join(folder, ".git")).catch(() => undefined);
    if (isRoot) return relative(folder, file);
    if (isRoot === undefined || folder === dirname(folder)) return fallback;
  }
}
