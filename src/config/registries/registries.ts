import { isMapping } from "../../lib/object.ts";
import { didYouMean } from "../../lib/suggest.ts";
import { shown } from "../../yaml/mistakes.ts";
import { flag, inKey, type Parser, type Problem, path, problem } from "../../yaml/parsers.ts";
import type { Registries, RegistryAccess } from "../schema.ts";
import { credentials } from "./credentials.ts";

const keys = ["username", "password", "ca", "insecure"];
const right = `right would be e.g. docker.io: {username: "\${DOCKER_USER}", password: "\${DOCKER_TOKEN}"}`;

/** Image registries by host, each with what it wants to see. Their passwords come from the environment. */
export const registries: Parser<Registries> = (given, base) => {
  if (!isMapping(given)) return problem(`${shown(given)} is not a mapping of image registries; ${right}`);
  const value: Record<string, RegistryAccess> = {};
  const problems: Problem[] = [];
  for (const [host, access] of Object.entries(given)) {
    const wrong = wrongHost(host);
    const parsed =
      wrong === undefined ? registry(access ?? {}, base) : { problems: inKey(problem(wrong).problems) };
    if ("problems" in parsed)
      problems.push(...parsed.problems.map((one) => ({ ...one, at: [host, ...one.at] })));
    else value[host] = parsed.value;
  }
  return problems.length > 0 ? { problems } : { value };
};

const registry: Parser<RegistryAccess> = (given, base) => {
  if (!isMapping(given)) return problem(`${shown(given)} is not what a registry wants to see; ${right}`);
  const { username, password, ca, insecure, ...others } = given;
  const problems: Problem[] = Object.keys(others).map((key) => ({
    at: [key],
    text: `unknown key; ${didYouMean(key, keys)}`,
  }));
  const login = credentials({ username, password }, base, "registry");
  const file = ca === undefined ? { value: undefined } : path(ca, base);
  const skips = insecure === undefined ? { value: false } : flag(insecure, base);
  if ("problems" in login) problems.push(...login.problems);
  if ("problems" in file) problems.push(...file.problems.map((one) => ({ ...one, at: ["ca"] })));
  if ("problems" in skips) problems.push(...skips.problems.map((one) => ({ ...one, at: ["insecure"] })));
  if (problems.length > 0 || "problems" in login || "problems" in file || "problems" in skips)
    return { problems };
  if (skips.value && base.limits?.isRestricted)
    return problem(
      "a file can't do without the verification of a certificate with trust: restricted; name the registry's certificate authority: ca",
      ["insecure"],
    );
  if (file.value !== undefined && skips.value)
    return problem("a certificate authority and no verification at once; right would be ca alone");
  return { value: { credentials: login.value, ca: file.value, insecure: skips.value } };
};

function wrongHost(host: string): string | undefined {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/.test(host) || /^\[[0-9a-f:.]+\](:\d+)?$/.test(host))
    return registryName(host) === host ? undefined : `${host} is called ${registryName(host)} here`;
  const bare = /^[a-z]+:\/\/([^/]+)/.exec(host)?.[1];
  return `${shown(host)} is not an image registry; right would be its host, with its port if need be${bare ? `: ${bare}` : ""}`;
}

/** Docker Hub's hosts, all of them called docker.io where images and registries are configured. */
const hub: readonly string[] = ["docker.io", "registry-1.docker.io", "index.docker.io"];

/** How `registries` and `mirrors` call who has this host (with its port). */
export function registryName(host: string): string {
  return hub.includes(host) ? "docker.io" : host;
}
