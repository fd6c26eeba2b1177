import * as z from "zod";
import { didYouMean } from "../../lib/suggest.ts";
import { mismatch } from "../../yaml/mistakes.ts";
import { type Context, isHttpUrl, refuse } from "../../yaml/primitives.ts";
import type { Repo } from "../schema.ts";
import { credentialKeys, readCredentials } from "./credentials.ts";

const url = z.string({ error: ({ input }) => notARepo(input) }).transform((given, issues) => {
  if (URL.canParse(given) && new URL(given).password !== "")
    return refuse(
      issues,
      `there is a password in this URL (not shown); expected a mapping with url, username and password: "$\{NAME}", taken from the environment`,
    );
  return isHttpUrl(given.trim()) ? given.trim() : refuse(issues, notARepo(given));
});

function notARepo(given: unknown): string {
  return mismatch(given, "a chart repository", "a URL with https:// or http://");
}

/** A chart repository: its URL, or a mapping with its login. */
export function repo(context: Context) {
  const mapping = z
    .strictObject({ url, ...credentialKeys(context, "repository") })
    .transform(({ url, ...login }, issues): Repo => ({ url, credentials: readCredentials(login, issues) }));
  const bare = url.transform((given): Repo => ({ url: given, credentials: undefined }));
  return z.union([bare, mapping], { error: ({ input }) => notARepo(input) });
}

/** @param section the key that the repositories are under */
export function unknownRepo(name: string, known: readonly string[], section = "repos"): string {
  return `there is no chart repository ${name} under ${section}; ${didYouMean(name, known)}`;
}
