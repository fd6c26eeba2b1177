import * as z from "zod";
import { mismatch, shown } from "../../yaml/mistakes.ts";
import { isHttpUrl } from "../../yaml/primitives.ts";

/** `https://get.helm.sh/`, or an image registry such as `docker.io`. */
const prefix = z.string().superRefine((from, issues) => {
  const isUrl = from.includes("://");
  if (isUrl && !/^https?:\/\//.test(from))
    issues.addIssue(
      `${shown(from)} can't be mirrored; expected a prefix with https:// or http://, or an image registry such as docker.io`,
    );
  if (!isUrl && !/^[a-z0-9][a-z0-9.-]*(:\d+)?$/i.test(from))
    issues.addIssue(`${shown(from)} is neither a URL prefix (https://...) nor an image registry (docker.io)`);
});

const mirrorError = ({ input }: { readonly input?: unknown }) =>
  input === null
    ? "has no mirror; expected from=to, for example https://get.helm.sh/=http://mirror/helm/"
    : mismatch(input, "a mirror", "a URL with http:// or https://");

/** From a URL prefix or an image registry to the URL that stands in for it. */
export const mirrors = z.record(
  prefix,
  z.string({ error: mirrorError }).refine(isHttpUrl, { error: mirrorError }),
  {
    error: ({ input }) =>
      mismatch(input, "a mapping", "for example https://get.helm.sh/: http://mirror/helm/"),
  },
);
