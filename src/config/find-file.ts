import { resolve } from "node:path";
import { messageOf, UserError } from "../lib/errors.ts";
import type { ConfigSources } from "./sources.ts";

/** Says that the working folder is one of sbkube's, when nobody named it: another stack than expected would be deployed. */
export async function unreadAppDir({ cwd, readFile }: ConfigSources): Promise<string[]> {
  const isThere = async (name: string) =>
    (await readFile(resolve(cwd, name)).catch(() => undefined)) !== undefined;
  const [whole, sources, config] = await Promise.all(
    ["sbkube.yaml", "sources.yaml", "config.yaml"].map(isThere),
  );
  if (whole) return ["sbkube.yaml is here and not read; --app-dir . takes it"];
  return sources && config
    ? ["sources.yaml and config.yaml are here and not read; --app-dir . takes them"]
    : [];
}

/**
 * The configuration file that is named; else monstack.yaml or monstack.yml in the working folder, else in the app
 * directory. Undefined when there is none.
 * @throws UserError when the named one isn't there, or one can't be read
 */
export async function findFile(
  sources: ConfigSources,
  warnings: string[],
): Promise<{ path: string; content: string } | undefined> {
  const read = async (path: string) => {
    try {
      return await sources.readFile(path);
    } catch (error) {
      throw new UserError(`the configuration file ${path} can't be read: ${messageOf(error)}`, {
        cause: error,
      });
    }
  };
  if (sources.file) {
    const path = resolve(sources.cwd, sources.file);
    const content = await read(path);
    if (content !== undefined) return { path, content };
    throw new UserError(`there is no configuration file ${path}`, {
      fix: "name one that exists, or none to get the defaults",
    });
  }
  const appDir = sources.flags?.["app-dir"] || sources.inputs?.["app-dir"];
  const folders = new Set([sources.cwd, ...(appDir ? [resolve(sources.cwd, appDir)] : [])]);
  const paths = [...folders].flatMap((folder) =>
    ["monstack.yaml", "monstack.yml"].map((name) => resolve(folder, name)),
  );
  const contents = await Promise.all(paths.map(async (path) => ({ path, content: await read(path) })));
  const [first, second] = contents.filter(
    (one): one is { path: string; content: string } => one.content !== undefined,
  );
  if (first && second) warnings.push(`${first.path} is used; ${second.path} is there too and is ignored`);
  return first;
}
