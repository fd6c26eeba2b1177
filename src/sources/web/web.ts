import type { Config, Registries } from "../../config/schema.ts";
import type { Context, Trust } from "../../host/host.ts";
import { showUrl } from "../../lib/redact/urls.ts";
import { type Mirrors, mirrored } from "./mirrors.ts";
import { defaultPatience, type Patience } from "./patience.ts";
import { openSupply, type Supply } from "./supply.ts";

/** What every request needs. */
export interface Web {
  readonly context: Context;
  readonly mirrors: Mirrors;
  readonly patience: Patience;
  readonly supply: Supply;
  /** What one host wants to see; shown to no other, not to a mirror either. */
  readonly credentials?: HostCredentials | undefined;
  /** How who answers is known, redirects included, and what fixes it where that fails; undefined: as Node knows them. */
  readonly known?: { readonly by: Trust; readonly fix: string } | undefined;
  /** What image registries want to see, charts' among them; see `images/registry.ts` and `charts/helm-access.ts`. */
  readonly registries?: Registries | undefined;
}

export interface SourcesOptions {
  readonly patience?: Partial<Patience>;
  /** Default: no lock, and the network. */
  readonly supply?: Supply;
}

export function createWeb(context: Context, config: Pick<Config, "mirrors">, options: SourcesOptions): Web {
  const { patience, supply = openSupply } = options;
  return { context, mirrors: config.mirrors, patience: { ...defaultPatience, ...patience }, supply };
}

export interface HostCredentials {
  /** A URL of the host, e.g. the repository's. */
  readonly host: string;
  readonly username: string;
  readonly password: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body in pieces; ends in an error when it was cut off or stood still. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface RequestOptions {
  readonly method?: "GET" | "HEAD";
  /** Take the redirect itself for the answer. */
  readonly redirect?: "manual";
  /** What comes is held against a checksum of its own, so that a redirect may lead to any host (over https). */
  readonly verified?: boolean;
  /** Beside its own, or instead of them; names in lower case. A function is asked at each try. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>);
  /** What a refusal means to who asks. Its error is final; undefined: what a refusal always means. */
  readonly explain?: (refusal: Refusal) => Error | undefined;
  /** Another status than 2xx that `read` understands. */
  readonly accepts?: number;
  /** Bytes that are kept from tries that broke off. One that brought much makes the tries count anew. */
  readonly kept?: () => number;
}

/** An answer of another status than 2xx. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  /** Of who answered, after redirects. */
  readonly url: string;
  /** The beginning of its body, 4 KB at most. */
  readonly text: string;
}

/** The URL, with the mirror that was really asked, for a message. */
export function where(web: Web, url: string): string {
  const asked = mirrored(url, web.mirrors);
  return asked === url ? showUrl(url) : `${showUrl(url)} (through ${showUrl(asked)})`;
}

/** The same for a line of progress: the hosts alone. */
export function whence(web: Web, url: string): string {
  const { host } = new URL(url);
  const asked = new URL(mirrored(url, web.mirrors));
  return asked.href === new URL(url).href ? host : `${host} (through ${asked.protocol}//${asked.host})`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
