import type { Results } from "../../results-schema.ts";
import { type Content, make, makeCode, makeFolded, makeSection, makeTable } from "./dom.ts";
import { makeBadge, makeMark, statusWords } from "./status.ts";

/** Most rows of a table of targets. */
const shownTargets = 300;

/** Returns the section with Prometheus' targets, those that are not up first. */
export function drawTargets({ targets }: Results): HTMLElement | undefined {
  if (targets.length === 0) return undefined;
  const jobs = [...Map.groupBy(targets, ({ job }) => job)];
  const down = targets.filter(({ health }) => health !== "up");
  const ordered = [...down, ...targets.filter(({ health }) => health === "up")];
  return makeSection(
    "targets",
    "Targets",
    make(
      "p",
      {},
      makeMark(down.length === 0 ? "good" : "bad", down.length === 0 ? "Good" : "Bad"),
      ` ${targets.length - down.length} of ${targets.length} up, in ${jobs.length} ${jobs.length === 1 ? "job" : "jobs"}.`,
    ),
    makeTable({
      caption: "Targets by job",
      columns: ["job", "up", "targets"],
      numeric: [1, 2],
      rows: jobs.map(([job, found]) => [
        job,
        found.filter(({ health }) => health === "up").length,
        found.length,
      ]),
    }),
    makeFolded(
      `All ${targets.length} targets`,
      { open: down.length > 0 && down.length <= 20 },
      makeTable({
        caption: "Targets",
        columns: ["job", "address", "health", "last error"],
        rows: ordered
          .slice(0, shownTargets)
          .map(({ job, url, health, lastError }) => [
            job,
            makeCode(url),
            makeBadge({ tone: health === "up" ? "good" : health === "down" ? "bad" : "none", word: health }),
            lastError,
          ]),
      }),
      ordered.length > shownTargets &&
        make("p", { class: "quiet" }, `and ${ordered.length - shownTargets} more in results.json`),
    ),
  );
}

/** Returns the section of the production checklist. */
export function drawChecklist({ checklist = [] }: Results): HTMLElement | undefined {
  if (checklist.length === 0) return undefined;
  return makeSection(
    "checklist",
    "Production checklist",
    make(
      "ul",
      { class: "checks notable" },
      ...checklist.map(({ title, status, evidence, fix }) =>
        make(
          "li",
          {},
          make("h3", {}, makeBadge(statusWords[status]), " ", title),
          make(
            "ul",
            { class: "evidence" },
            ...evidence.map(({ met, text }) =>
              make("li", {}, makeMark(met ? "good" : "bad", met ? "Met" : "Not met"), " ", text),
            ),
          ),
          fix !== undefined && make("p", { class: "fix" }, make("strong", {}, "To fix it: "), fix),
        ),
      ),
    ),
  );
}

/** Returns the section with the versions of everything that was used, with checksums and digests. */
export function drawVersions({ versions, cluster, monstack }: Results): HTMLElement {
  const { tools, charts, images, imageDigests = [], dashboards } = versions;
  const digests = new Map(imageDigests.map(({ image, digest }) => [image, digest]));
  const names = [...new Set([...images, ...digests.keys()])].toSorted();
  const rows: Content[][] = [
    ["monstack", monstack, "", ""],
    ...(cluster.version === undefined ? [] : [[`Kubernetes (${cluster.kind})`, cluster.version, "", ""]]),
    ...tools.map(({ name, version, origin, sha256, signature }) => [
      name,
      version,
      signature?.status === "verified" ? `${origin}; signed by ${signature.signer}` : origin,
      makeDigest(sha256),
    ]),
    ...charts.map(({ app, chart, version, appVersion, sha256 }) => [
      `chart ${chart}`,
      version,
      `app ${app}${appVersion === "" ? "" : `, version ${appVersion}`}`,
      sha256 === undefined ? "" : makeDigest(sha256),
    ]),
    ...dashboards.map(({ title, origin, revision, sha256 }) => [
      `dashboard ${title}`,
      revision === undefined ? "" : `revision ${revision}`,
      origin,
      makeDigest(sha256),
    ]),
  ];
  return makeSection(
    "versions",
    "Versions",
    makeTable({ caption: "Versions", columns: ["what", "version", "from", "sha256"], rows }),
    names.length > 0 &&
      makeFolded(
        `${names.length} images with their digests`,
        {},
        makeTable({
          caption: "Images",
          columns: ["image", "digest"],
          rows: names.map((image) => {
            const digest = digests.get(image);
            return [image, digest === undefined ? "unknown" : makeDigest(digest)];
          }),
        }),
      ),
  );
}

/** Returns the start of a checksum; the whole of it is the title, and is printed. */
function makeDigest(digest: string): HTMLElement {
  const start = digest.replace(/^sha256:/, "").slice(0, 12);
  return make(
    "code",
    { class: "digest", title: digest },
    start,
    make("span", { class: "rest" }, digest.replace(/^sha256:/, "").slice(12)),
  );
}

/** Returns the section with what monstack set and adapted by itself. */
export function drawSettings({ profile, profileSettings, adaptations }: Results): HTMLElement | undefined {
  if (profileSettings.length === 0 && adaptations.length === 0) return undefined;
  return makeSection(
    "settings",
    "What monstack set",
    profileSettings.length > 0 &&
      makeFolded(
        `Profile ${profile}: ${profileSettings.length} ${profileSettings.length === 1 ? "value" : "values"} that your configuration left open`,
        {},
        makeTable({
          caption: `Values of profile ${profile}`,
          columns: ["app", "key", "value", "why"],
          rows: profileSettings.map(({ app, path, value, why }) => [
            app,
            makeCode(path),
            makeCode(JSON.stringify(value) ?? ""),
            why,
          ]),
        }),
      ),
    adaptations.length > 0 &&
      makeFolded(
        `Adapted to this host: ${adaptations.length} ${adaptations.length === 1 ? "thing" : "things"}`,
        {},
        makeTable({
          caption: "Adaptations",
          columns: ["found", "done"],
          rows: adaptations.map(({ found, done }) => [found, done]),
        }),
      ),
  );
}
