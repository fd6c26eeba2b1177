import { isMapping } from "../../lib/object.ts";
import { didYouMean } from "../../lib/suggest.ts";
import { shown } from "../../yaml/mistakes.ts";
import {
  absolutePath,
  flag,
  listOf,
  oneOf,
  type Parser,
  type Problem,
  path,
  problem,
  text,
} from "../../yaml/parsers.ts";
import type { AppConfig } from "../schema.ts";

type Values = Exclude<AppConfig["values"][number], { set: unknown }>;
type Dependency = AppConfig["dependsOn"][number];

/** A release's name, as helm accepts it. */
export const releaseName = text("a release's name (lower-case letters, digits and -, at most 53)", (name) =>
  /^[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?$/.test(name),
);

export const enabled = flag;

/** `repo/name`, `oci://...`, or a path, which is made absolute. */
export const chart: Parser<string> = (given, base) => {
  const parsed = text("a chart; right would be repo/name, ./folder or oci://registry/name")(given, base);
  if ("problems" in parsed) return parsed;
  if (/^oci:\/\/[^/]*@/.test(parsed.value))
    return problem(
      `there is a login in this URL (not shown); expected the registry's username and password under registries`,
    );
  if (/^(\.{0,2}\/|~\/)/.test(parsed.value)) return absolutePath(parsed.value, base);
  if (/^oci:\/\/[^/]+\/.+$/.test(parsed.value) || /^[^/:\s]+\/[^/:\s]+$/.test(parsed.value)) return parsed;
  return problem(
    `${shown(parsed.value)} is not a chart; right would be repo/name, ./folder or oci://registry/name`,
  );
};

/** A path, a mapping, or a list of either. */
export const values: Parser<readonly Values[]> = (given, base) => {
  if (given === null) return { value: [] };
  return listOf(oneOfValues, "a path, a mapping or a list of these")(
    isMapping(given) ? [given] : given,
    base,
  );
};

const oneOfValues: Parser<Values> = (given, base) => {
  if (isMapping(given)) return { value: { inline: given } };
  if (typeof given === "string" && given.trim() !== "") {
    const file = absolutePath(given.trim(), base);
    return "problems" in file ? file : { value: { file: file.value } };
  }
  return problem(`${shown(given)} is not values for a chart; right would be a path or a mapping`);
};

/** A name, `{app, until}`, or a list of either. */
export const dependencies: Parser<readonly Dependency[]> = (given, base) => {
  if (given === null) return { value: [] };
  return listOf(dependency, "a list of apps' names")(isMapping(given) ? [given] : given, base);
};

const dependency: Parser<Dependency> = (given, base) => {
  if (!isMapping(given)) {
    const name = text("an app's name")(given, base);
    return "problems" in name ? name : { value: { app: name.value, until: "ready" } };
  }
  const unknown = Object.keys(given).filter((key) => key !== "app" && key !== "until");
  const problems: Problem[] = unknown.map((key) => ({
    at: [key],
    text: `unknown key; ${didYouMean(key, ["app", "until"])}`,
  }));
  const app = text("an app's name")(given.app, base);
  const until = oneOf("what to wait for", ["applied", "ready"])(
    given.until === undefined ? "ready" : given.until,
    base,
  );
  if ("problems" in app) problems.push(...app.problems.map((one) => ({ ...one, at: ["app"] })));
  if ("problems" in until) problems.push(...until.problems.map((one) => ({ ...one, at: ["until"] })));
  if (problems.length > 0 || "problems" in app || "problems" in until) return { problems };
  return { value: { app: app.value, until: until.value } };
};

/** Files of Kubernetes objects, made absolute. */
export const manifests: Parser<readonly string[]> = (given, base) => {
  const parsed = listOf(path, "a list of paths")(given, base);
  if ("problems" in parsed || parsed.value.length > 0) return parsed;
  return problem("an empty list deploys nothing; right would be the paths of files with Kubernetes objects");
};

/** A folder with a kustomization, made absolute. */
export const kustomize: Parser<string> = (given, base) =>
  base.limits?.isRestricted
    ? problem(
        "a kustomization reads files of its own choice, which a file may not do with trust: restricted; build it beforehand and name what comes of it under manifests",
      )
    : path(given, base);

/** Labels or annotations: texts by their keys. */
export const metadata: Parser<Readonly<Record<string, string>>> = (given, base) => {
  if (given === null) return { value: {} };
  if (!isMapping(given))
    return problem(`${shown(given)} is not a mapping; right would be e.g. team: observability`);
  const problems = Object.entries(given).flatMap(([key, value]): Problem[] => {
    const parsed = text("a text")(value, base);
    return "problems" in parsed ? parsed.problems.map((one) => ({ ...one, at: [key] })) : [];
  });
  return problems.length > 0 ? { problems } : { value: given as Record<string, string> };
};
