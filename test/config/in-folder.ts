import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type ConfigSources, type LoadedConfig, loadConfig } from "../../src/config/load.ts";

/** A real folder with files in it, and `loadConfig` working there. */
export async function inFolder(files: Record<string, string>) {
  const cwd = await mkdtemp(join(tmpdir(), "monstack-config-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), content);
  }
  const load = (sources: Partial<ConfigSources> = {}): Promise<LoadedConfig> =>
    loadConfig({ cwd, env: { HOME: "/home/ann" }, readFile: readIfThere, ...sources });
  /** The message of the error that loading ends with, the folder's path written as CWD. */
  const mistake = async (sources: Partial<ConfigSources> = {}): Promise<string> => {
    const outcome = await load(sources).then(
      () => "it was loaded",
      (error: Error) => `${error.name}: ${error.message}`,
    );
    return outcome.replaceAll(cwd, "CWD");
  };
  return { cwd, load, mistake, [Symbol.asyncDispose]: () => rm(cwd, { recursive: true }) };
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
