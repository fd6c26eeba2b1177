import { join } from "node:path";
import type { RegistryAccess } from "../../config/schema.ts";
import type { Files, Host } from "../../host/host.ts";
import { trustOf } from "../registries.ts";

/** How helm is run so that it shows a registry what it wants to see. */
export interface HelmAccess {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What `registries` says of a host, for helm. A login stands in a file of its own, in the place of `helm registry
 * login`'s: it is in no command line, and the user's file stays as it is.
 * @param folder where the files that helm reads may lie; it holds the password until it is removed
 */
export async function helmAccess(
  { files, env }: Host,
  folder: string,
  host: string,
  access: RegistryAccess | undefined,
): Promise<HelmAccess> {
  const { insecure, ca } = await trustOf(files, host, access);
  const login = access?.credentials;
  return {
    args: insecure ? ["--insecure-skip-tls-verify"] : [],
    env: {
      ...(await authorities(files, env, folder, ca)),
      ...(login && { HELM_REGISTRY_CONFIG: await loginFile(files, folder, host, login) }),
    },
  };
}

/** As Docker writes it; Docker Hub stands there under a name of its own. */
async function loginFile(
  files: Files,
  folder: string,
  host: string,
  { username, password }: { readonly username: string; readonly password: string },
): Promise<string> {
  const key = host === "docker.io" ? "https://index.docker.io/v1/" : host;
  const auth = Buffer.from(`${username}:${password}`).toString("base64");
  const path = join(folder, "registry-login.json");
  await files.write(path, JSON.stringify({ auths: { [key]: { auth } } }), 0o600);
  return path;
}

/**
 * Node's NODE_EXTRA_CA_CERTS and a registry's own authority for a Go program. SSL_CERT_FILE stands in the place of the
 * system's file of authorities; the system's folder of them, which has the same ones, Go reads besides (crypto/x509,
 * root_unix.go).
 */
async function authorities(
  files: Files,
  env: Host["env"],
  folder: string,
  ca: string | undefined,
): Promise<Record<string, string>> {
  const known = env["SSL_CERT_FILE"] || env["NODE_EXTRA_CA_CERTS"];
  if (ca === undefined) return known ? { SSL_CERT_FILE: known } : {};
  const path = join(folder, "authorities.pem");
  const others = known === undefined ? "" : ((await files.read(known)) ?? "");
  await files.write(path, `${others}\n${ca}`);
  return { SSL_CERT_FILE: path };
}
