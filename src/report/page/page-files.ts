import { join } from "node:path";
import type { Host } from "../../host/host.ts";

/** The names of the page's script and style in the folder of the bundle; scripts/build-page.ts builds them. */
export const pageFileNames = { script: "page.js", style: "page.css" } as const;

/** The text of the page's own files. */
export interface PageFiles {
  readonly script: string;
  readonly style: string;
}

/**
 * Reads the page's own files; undefined if they are missing, which happens only to sources that nobody has built.
 * @param folder the folder of the bundle
 */
export async function readPageFiles(
  { files }: Pick<Host, "files">,
  folder: string,
): Promise<PageFiles | undefined> {
  const script = await files.read(join(folder, pageFileNames.script));
  const style = await files.read(join(folder, pageFileNames.style));
  return script === undefined || style === undefined ? undefined : { script, style };
}
