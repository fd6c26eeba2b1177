import { join } from "node:path";
import type { Host } from "../../host/host.ts";
import { InstallError } from "../../lib/errors.ts";
import type { Signature } from "../../lockfile/tools.ts";
import { fetchText } from "../web/download.ts";
import { HttpStatusError } from "../web/http-errors.ts";
import { applyMirrors } from "../web/mirrors.ts";
import { showRequest, type Web } from "../web/web.ts";

/** Whether a program is on this machine. */
export async function isInstalled(host: Host, program: string): Promise<boolean> {
  const folders = (host.env["PATH"] ?? "").split(":").filter((folder) => folder !== "");
  const found = await Promise.all(folders.map((folder) => host.files.exists(join(folder, program))));
  return found.includes(true);
}

export function createUncheckedSignature(why: string): Signature {
  return { status: "unchecked", why };
}

/** Whether a host responds at all. It is requested here, since a program's message could come from the signature's author. */
export async function isReachable({ context, mirrors }: Web, url: string): Promise<boolean> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(10_000)]);
  try {
    const answer = await context.host.fetchOutside(applyMirrors(url, mirrors), {
      method: "HEAD",
      redirect: "manual",
      signal,
    });
    await answer.body?.cancel();
    return true;
  } catch {
    return false;
  }
}

/** Returns the error for a wrong signature, which is never only a warning. */
export function createSignatureError(what: string, why: string): InstallError {
  return new InstallError(`signature verification failed for ${what}: ${why}; the download was discarded`, {
    fix: "the host or the mirror serves something else than was signed: don't use it, find out why",
  });
}

/** Fetches a file that is published beside a download, or returns why it is missing. An empty response and a web page don't count. */
export async function fetchPublished(
  { web }: Pick<Signed, "web">,
  url: string,
): Promise<{ text: string } | { text: undefined; why: string }> {
  try {
    const text = await fetchText(web, url, 1024 ** 2);
    if (text.trim() !== "" && !/^\s*</.test(text)) return { text };
    return {
      text: undefined,
      why: `${showRequest(web, url)} is ${text.trim() === "" ? "empty" : "a web page"}`,
    };
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    const isMissing = error instanceof HttpStatusError && error.status === 404;
    return { text: undefined, why: isMissing ? `not found: ${showRequest(web, url)}` : error.message };
  }
}

/** Returns the last line of a program's output. */
export function getLastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}

/** The result of a check. `isUnpublished`: the publisher itself reports that it published no signature, so it is not missing because of a mirror. */
export type SignatureResult = Signature & { readonly isUnpublished?: true };

/** A download whose signature is verified. */
export interface Signed {
  readonly web: Web;
  /** As it is published, e.g. `v4.2.3`. */
  readonly version: string;
  /** Where it came from, before mirrors. */
  readonly url: string;
  /** The bytes as they came; absolute. */
  readonly path: string;
}
