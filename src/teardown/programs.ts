import { resolve } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Host } from "../host/host.ts";
import type { Known } from "../journal/types.ts";
import { InstallError } from "../lib/errors.ts";
import { isVerifiedProgram } from "../sources/tools/cache.ts";

/**
 * The helm to uninstall with: the one that the settings of this call name; else the journal's, if it is a program of the
 * cache whose bytes are those that its path names.
 * @throws InstallError for any other program
 */
export async function chooseHelm(host: Host, inJournal: string, known: Known): Promise<string> {
  if (known.helm !== undefined) return known.helm;
  if (await isVerifiedProgram(host, inJournal)) return inJournal;
  throw new InstallError(
    `${inJournal} is not run: it is not a verified program of monstack's cache, and no setting of this call names it`,
    { fix: `name the helm to use: --helm-path ${inJournal} (input helm-path)` },
  );
}

/**
 * Refuses a kubeconfig whose context makes this process or helm run a program, unless this call's own settings or the
 * user's environment name the file, as they do for kubectl.
 * @returns what helm is to read instead of the file: the context as it was checked; undefined: the file itself
 * @throws InstallError that names the user in the kubeconfig
 */
export function checkKubeconfig(
  config: KubeConfig,
  path: string,
  { host, known }: { host: Pick<Host, "env">; known: Known },
): string | undefined {
  const { KUBECONFIG = "", HOME } = host.env;
  const own = [known.kubeconfig, ...KUBECONFIG.split(":"), HOME && `${HOME}/.kube/config`];
  if (own.some((one) => one && resolve(one) === path)) return undefined;
  const user = config.getCurrentUser();
  if (user?.exec || user?.authProvider) {
    const what = user.exec ? "runs a program (exec)" : "uses an auth-provider";
    throw new InstallError(
      `${path} is not used: its user ${JSON.stringify(user.name)} ${what}, and only the journal names this file`,
      { fix: `name it in this call: --kubeconfig ${path} (input kubeconfig)` },
    );
  }
  const currentContext = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  const contexts = config.getContexts().filter(({ name }) => name === currentContext);
  const only = { currentContext, contexts, clusters: cluster ? [cluster] : [], users: user ? [user] : [] };
  // Two programs can read one text in two ways; helm gets what this one understood.
  config.loadFromOptions(only);
  return config.exportConfig();
}
