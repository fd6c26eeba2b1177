import { InstallError } from "../../lib/errors.ts";
import type { LockedTool } from "../../lockfile/lock.ts";
import type { ToolName } from "../../lockfile/tools.ts";
import { fetchText } from "../web/download.ts";
import { type Web, where } from "../web/http.ts";
import { publishedChecksum } from "./releases.ts";
import { k3sImageListUrl, releaseOf } from "./upstream.ts";
import { resolveVersion } from "./versions.ts";

/** What a tool's host publishes for a version that is asked for, for both architectures. No program is downloaded. */
export async function publishedTool(
  web: Web,
  name: ToolName,
  asked: string,
): Promise<Omit<LockedTool, "asked">> {
  const { version, from } = await resolveVersion(web, name, asked);
  if (from !== "as asked") web.context.log.info(`${name} ${asked} is ${version}, says ${from}`);
  const download = async (arch: "amd64" | "arm64") => ({
    url: releaseOf(name, version, arch).url,
    sha256: await publishedChecksum(web, name, version, arch),
  });
  const [amd64, arm64] = await Promise.all([download("amd64"), download("arm64")]);
  return { version, amd64, arm64 };
}

/**
 * The images that a release of k3s may start, as it lists them. What comes is only a list of names: each image is then
 * locked by the digest that its registry gives.
 */
export async function k3sImageList(web: Web, version: string): Promise<string[]> {
  const url = k3sImageListUrl(version);
  const text = await fetchText(web, url, 1024 ** 2);
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  if (lines.length === 0 || lines.some((line) => !/^[a-z0-9][\w.:/@-]*$/i.test(line)))
    throw new InstallError(`${where(web, url)} is no list of images: ${JSON.stringify(text.slice(0, 80))}`, {
      fix: "put the list on the mirror as it is in k3s' release",
    });
  return lines;
}
