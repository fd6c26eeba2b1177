import * as z from "zod";
import { mismatch, shown } from "../../yaml/mistakes.ts";
import { type Context, path, refuse, trueOrFalse } from "../../yaml/primitives.ts";
import type { RegistryAccess } from "../schema.ts";
import { credentialKeys, readCredentials } from "./credentials.ts";

const example = `for example docker.io: {username: "$\{DOCKER_USER}", password: "$\{DOCKER_TOKEN}"}`;

/** Image registries by host, each with its login and certificate authority. */
export function registries(context: Context) {
  return z.record(
    host,
    z.preprocess((given) => given ?? {}, access(context)),
    {
      error: ({ input }) => mismatch(input, "a mapping of image registries", example),
    },
  );
}

function access(context: Context) {
  const fields = z.strictObject(
    {
      ...credentialKeys(context, "registry"),
      ca: path(context).optional(),
      insecure: trueOrFalse.optional(),
    },
    {
      error: ({ code, input }) =>
        code === "invalid_type" ? mismatch(input, "a mapping with a registry's login", example) : undefined,
    },
  );
  return fields.transform(({ ca, insecure = false, ...login }, issues): RegistryAccess => {
    const credentials = readCredentials(login, issues);
    if (insecure && context.limits?.isRestricted)
      return refuse(
        issues,
        "a file can't switch off the verification of a certificate with trust: restricted; expected the registry's certificate authority: ca",
        ["insecure"],
      );
    if (ca !== undefined && insecure)
      return refuse(issues, "both a certificate authority and no verification; expected ca alone");
    return { credentials, ca, insecure };
  });
}

const host = z.string().superRefine((given, issues) => {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/.test(given) || /^\[[0-9a-f:.]+\](:\d+)?$/.test(given)) {
    const name = registryName(given);
    if (name !== given) issues.addIssue(`${given} is called ${name} here`);
    return;
  }
  const bare = /^[a-z]+:\/\/([^/]+)/.exec(given)?.[1];
  const expected = `its host, with its port if need be${bare ? `: ${bare}` : ""}`;
  issues.addIssue(`${shown(given)} is not an image registry; expected ${expected}`);
});

/** Docker Hub's hosts, all of them called docker.io where images and registries are configured. */
const dockerHub: readonly string[] = ["docker.io", "registry-1.docker.io", "index.docker.io"];

/** Returns the name in `registries` and `mirrors` of the registry with this host (and port). */
export function registryName(host: string): string {
  return dockerHub.includes(host) ? "docker.io" : host;
}
