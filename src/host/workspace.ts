import { lstatSync, realpathSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

/** The folder to which a configuration belongs, usually a checkout. */
export interface Workspace {
  /** Absolute. */
  readonly folder: string;
  /** True if a path is below the folder by its name. Does not follow links below the folder. */
  isNamedBelow(path: string): boolean;
  /**
   * Absolute paths of files with logins, from the user or the environment. monstack reads them, but no configuration
   * file may name them.
   */
  readonly secrets: readonly string[];
  /** Returns why a configuration file must not name a path; undefined if the path leads to a file in the folder. */
  findRefusal(path: string): string | undefined;
}

/**
 * Files in a checkout that no file of the same checkout may name: git's own files, which can hold a token, and the
 * logins that google-github-actions/auth writes into the workspace.
 */
const secretNames = /^(\.git|gha-creds-.*\.json)$/i;

/**
 * Returns the workspace of a run: on GitHub the job's if it contains the working folder, else the working folder.
 * @param cwd absolute
 * @param secrets files with logins that the user named, e.g. the kubeconfig
 */
export function findWorkspace(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  secrets: readonly (string | undefined)[] = [],
): Workspace {
  const jobFolder = env["GITHUB_WORKSPACE"];
  const isInJob =
    jobFolder?.startsWith("/") &&
    isBelow(resolveRealPath(cwd) ?? cwd, resolveRealPath(jobFolder) ?? jobFolder);
  const folder = jobFolder !== undefined && isInJob ? jobFolder : cwd;
  const secretPaths = [...secrets, ...secretVariables.flatMap((name) => env[name]?.split(":") ?? [])];
  return createWorkspace(
    folder,
    secretPaths
      .filter((path) => path !== undefined && path !== "")
      .map((path) => resolve(cwd, path as string)),
  );
}

/** Variables that name files with logins, and the runner's own folder. */
const secretVariables = ["KUBECONFIG", "GOOGLE_APPLICATION_CREDENTIALS", "RUNNER_TEMP"];

/**
 * Returns the workspace of a folder. Links are resolved at each call.
 * @param secrets absolute paths of files and folders that no file of the workspace may name
 */
export function createWorkspace(folder: string, secrets: readonly string[] = []): Workspace {
  const root = resolveRealPath(folder) ?? resolve(folder);
  const isNamedBelow = (path: string) =>
    isBelow(resolve(path), root) || isBelow(resolve(path), resolve(folder));
  return {
    folder,
    secrets,
    isNamedBelow,
    findRefusal: (path) => {
      const realPath = resolveDestination(resolve(path));
      if (realPath === undefined) return "it leads through a link to nothing, or in a circle";
      if (!isBelow(realPath, root)) return "it lies outside the workspace";
      const secretName = relative(root, realPath)
        .split(sep)
        .find((name) => secretNames.test(name));
      if (secretName !== undefined) return `${secretName} can hold secrets of the job`;
      const isSecret = (path: string) => !isBelow(root, path) && isBelow(realPath, path);
      return secrets.map((path) => resolveRealPath(path) ?? path).some(isSecret)
        ? "it can hold secrets of the job"
        : undefined;
    },
  };
}

/**
 * Returns the real path of an existing or future file: links are resolved in the part that exists. Undefined for a
 * dangling link, since the file could be created anywhere.
 */
function resolveDestination(path: string): string | undefined {
  const realPath = resolveRealPath(path);
  if (realPath !== undefined) return realPath;
  if (existsAsEntry(path)) return undefined;
  const parentPath = dirname(path);
  const realParent = parentPath === path ? path : resolveDestination(parentPath);
  return realParent === undefined ? undefined : join(realParent, basename(path));
}

/** Returns the path with links resolved; undefined if it does not exist. */
function resolveRealPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** True if a path exists, including a dangling link. A path that can't be read counts as existing. */
function existsAsEntry(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code !== "ENOENT" && code !== "ENOTDIR";
  }
}

/** True if a path is a folder or below it. */
function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}
