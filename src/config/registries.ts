import * as z from "zod";
import { getOwnValue } from "../lib/object.ts";
import { didYouMean } from "../lib/suggest.ts";
import { describeMismatch, formatValue } from "../yaml/mistakes.ts";
import {
  addRefusal,
  type Context,
  createPathSchema,
  createReadSchema,
  isHttpUrl,
  trueOrFalse,
} from "../yaml/primitives.ts";
import type { RegistryAccess, Repo } from "./schema.ts";

const example = `for example docker.io: {username: "$\{DOCKER_USER}", password: "$\{DOCKER_TOKEN}"}`;

/** Returns the schema of image registries by host, each with its login and certificate authority. */
export function createRegistriesSchema(context: Context) {
  return z.record(
    registryHost,
    z.preprocess((given) => given ?? {}, createRegistrySchema(context)),
    {
      error: ({ input }) => describeMismatch(input, "a mapping of image registries", example),
    },
  );
}

/** Returns the schema of one registry's login and certificate authority. */
function createRegistrySchema(context: Context) {
  const fields = z.strictObject(
    {
      ...createCredentialSchemas(context, "registry"),
      ca: createPathSchema(context).optional(),
      insecure: trueOrFalse.optional(),
    },
    {
      error: ({ code, input }) =>
        code === "invalid_type"
          ? describeMismatch(input, "a mapping with a registry's login", example)
          : undefined,
    },
  );
  return fields.transform(({ ca, insecure = false, ...login }, issues): RegistryAccess => {
    const credentials = readCredentials(login, issues);
    if (insecure && context.limits?.isRestricted)
      return addRefusal(
        issues,
        "a file can't switch off the verification of a certificate with trust: restricted; expected the registry's certificate authority: ca",
        ["insecure"],
      );
    if (ca !== undefined && insecure)
      return addRefusal(issues, "both a certificate authority and no verification; expected ca alone");
    return { credentials, ca, insecure };
  });
}

/** The schema of a registry's host, with an optional port: `docker.io`, `[::1]:5000`. */
const registryHost = z.string().superRefine((given, issues) => {
  if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/.test(given) || /^\[[0-9a-f:.]+\](:\d+)?$/.test(given)) {
    const name = normalizeRegistryHost(given);
    if (name !== given) issues.addIssue(`${given} is called ${name} here`);
    return;
  }
  const hostOfUrl = /^[a-z]+:\/\/([^/]+)/.exec(given)?.[1];
  const suggestion = hostOfUrl ? `: ${hostOfUrl}` : "";
  const expected = `its host, with its port if need be${suggestion}`;
  issues.addIssue(`${formatValue(given)} is not an image registry; expected ${expected}`);
});

/** Hosts of Docker Hub. Images and registries are configured with the name docker.io for all of them. */
const dockerHub: readonly string[] = ["docker.io", "registry-1.docker.io", "index.docker.io"];

/** Returns the name that `registries` and `mirrors` use for a registry's host (and port). */
export function normalizeRegistryHost(host: string): string {
  return dockerHub.includes(host) ? "docker.io" : host;
}

/** The schema of a chart repository's URL. It refuses a password in the URL, since files must not contain one. */
const repoUrl = z.string({ error: ({ input }) => describeNonRepo(input) }).transform((given, issues) => {
  if (URL.canParse(given) && new URL(given).password !== "")
    return addRefusal(
      issues,
      `there is a password in this URL (not shown); expected a mapping with url, username and password: "$\{NAME}", taken from the environment`,
    );
  return isHttpUrl(given.trim()) ? given.trim() : addRefusal(issues, describeNonRepo(given));
});

function describeNonRepo(given: unknown): string {
  return describeMismatch(given, "a chart repository", "a URL with https:// or http://");
}

/** Returns the schema of a chart repository: its URL, or a mapping with its login. */
export function createRepoSchema(context: Context) {
  const mapping = z
    .strictObject({ url: repoUrl, ...createCredentialSchemas(context, "repository") })
    .transform(({ url, ...login }, issues): Repo => ({ url, credentials: readCredentials(login, issues) }));
  const urlOnly = repoUrl.transform((given): Repo => ({ url: given, credentials: undefined }));
  return z.union([urlOnly, mapping], { error: ({ input }) => describeNonRepo(input) });
}

/**
 * Returns the message for a chart repository that does not exist.
 * @param section the key that the repositories are under
 */
export function describeUnknownRepo(name: string, known: readonly string[], section = "repos"): string {
  return `there is no chart repository ${name} under ${section}; ${didYouMean(name, known)}`;
}

/** The schema of the left side of a mirror: `https://get.helm.sh/`, or an image registry such as `docker.io`. */
const mirroredPrefix = z.string().superRefine((from, issues) => {
  const isUrl = from.includes("://");
  if (isUrl && !/^https?:\/\//.test(from))
    issues.addIssue(
      `${formatValue(from)} can't be mirrored; expected a prefix with https:// or http://, or an image registry such as docker.io`,
    );
  if (!isUrl && !/^[a-z0-9][a-z0-9.-]*(:\d+)?$/i.test(from))
    issues.addIssue(
      `${formatValue(from)} is neither a URL prefix (https://...) nor an image registry (docker.io)`,
    );
});

const mirrorError = ({ input }: { readonly input?: unknown }) =>
  input === null
    ? "has no mirror; expected from=to, for example https://get.helm.sh/=http://mirror/helm/"
    : describeMismatch(input, "a mirror", "a URL with http:// or https://");

/** The schema of mirrors, from a URL prefix or an image registry to the URL that replaces it. */
export const mirrors = z.record(
  mirroredPrefix,
  z.string({ error: mirrorError }).refine(isHttpUrl, { error: mirrorError }),
  {
    error: ({ input }) =>
      describeMismatch(input, "a mapping", "for example https://get.helm.sh/: http://mirror/helm/"),
  },
);

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Returns the zod schemas of the two keys of a login, to be put among the keys of the mapping that the login belongs
 * to. A file can't contain a password: it names an environment variable, as in `${CHARTS_PASSWORD}`.
 * @param owner what the login is for, in messages: `repository`
 */
export function createCredentialSchemas(context: Context, owner: string) {
  return {
    username: createCredentialSchema("username", context, owner).optional(),
    password: createCredentialSchema("password", context, owner).optional(),
  };
}

/**
 * Returns the login in a mapping; undefined if it has none. Adds an issue if only the username or only the password
 * is there.
 */
export function readCredentials(
  { username, password }: { readonly username?: string | undefined; readonly password?: string | undefined },
  issues: z.RefinementCtx,
): Credentials | undefined {
  if (username !== undefined && password !== undefined) return { username, password };
  if (username === password) return undefined;
  return addRefusal(issues, "username and password belong together: one of them is missing");
}

/**
 * Returns the schema of a username or password. A username can be a text or `${NAME}`, a password only `${NAME}`.
 * Without `env`, nothing is fetched, and the value is empty.
 * @param owner what the login is for, in messages: `repository`
 */
function createCredentialSchema(key: "username" | "password", { env, limits }: Context, owner: string) {
  const pattern = key === "password" ? "^\\s*\\$\\{[A-Za-z_]\\w*\\}\\s*$" : "\\S";
  return createReadSchema({ type: "string", pattern }, (given, issues) => {
    const text = typeof given === "string" ? given.trim() : "";
    const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(text)?.[1];
    if (name === undefined) {
      const expected = `$\{NAME}, taken from the environment`;
      if (key === "password") return addRefusal(issues, `invalid value (not shown): expected ${expected}`);
      return text === "" ? addRefusal(issues, describeMismatch(given, "a username", expected)) : text;
    }
    const refusal = limits?.refusesVariable(name);
    if (refusal !== undefined) return addRefusal(issues, refusal);
    if (env === undefined) return "";
    return (
      getOwnValue(env, name) ||
      addRefusal(issues, `the environment has no ${name}; set it to the ${owner}'s ${key}`)
    );
  });
}
