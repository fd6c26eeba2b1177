import { toFullImageName } from "../lib/image.ts";
import { formatCount } from "../lib/text.ts";
import { escapeMarkdown, renderFolded, renderTable } from "./markdown.ts";
import type { Results } from "./results-schema.ts";

/** Returns the section with the versions of tools, cluster, charts and images. */
export function renderVersions({ monstack, cluster, versions }: Results): string[] {
  const rows = [
    ["monstack", monstack, ""],
    ...versions.tools.map(({ name, version, origin, signature }) => [
      name,
      version,
      [origin, ...(signature ? [formatSignature(signature)] : [])].join("; "),
    ]),
    ...(cluster.version === undefined ? [] : [[`Kubernetes (${cluster.kind})`, cluster.version, ""]]),
    ...versions.charts.map(({ app, chart, version, appVersion }) => [
      `chart ${chart} (app ${app})`,
      version,
      appVersion && `app version ${appVersion}`,
    ]),
  ];
  return ["### Versions", "", ...renderTable(["what", "version", "from"], rows)];
}

/** Returns the folded list of images. */
export function renderImageList({ versions }: Results): string[] {
  const images = renderImages(versions);
  return renderFolded(formatCount(images.length, "image"), images);
}

/** Formats whether a tool's signature was verified. */
function formatSignature(signature: NonNullable<Results["versions"]["tools"][number]["signature"]>): string {
  return signature.status === "verified"
    ? `signed by ${signature.signer}, ${signature.by} says`
    : `its signature could not be checked: ${signature.why}`;
}

/**
 * Returns a line for each image, with its digest if known. Includes images that no chart rendered, such as an
 * operator's or k3s' own.
 */
function renderImages({ images, imageDigests = [] }: Results["versions"]): string[] {
  const digests = new Map(imageDigests.map(({ image, digest }) => [image, digest]));
  const all = [...new Set([...images.map(toFullImageName), ...digests.keys()])].sort();
  return all.map((image) => {
    const digest = digests.get(image);
    return `- ${escapeMarkdown(image)}${digest === undefined ? "" : ` \`${digest.replaceAll(/[^\w:.+-]/g, "")}\``}`;
  });
}

/** Returns the collapsed sections with the profile's values and the adaptations to this host. */
export function renderSettings({ profile, profileSettings, adaptations }: Results): string[] {
  const settings = profileSettings.map(({ app, path, value, why }) => [
    app,
    path,
    JSON.stringify(value) ?? "",
    why,
  ]);
  const adapted = adaptations.map(({ found, done }) => [found, done]);
  return [
    ...renderFolded(
      `Profile ${profile}: ${formatCount(settings.length, "value")} set where yours were open`,
      renderTable(["app", "key", "value", "why"], settings),
    ),
    ...renderFolded(
      `Adapted to this host: ${formatCount(adapted.length, "thing")}`,
      renderTable(["found", "done"], adapted),
    ),
  ];
}
