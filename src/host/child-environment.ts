type Env = Readonly<Record<string, string | undefined>>;

/** Variables that a program needs to work, to find its own files, or to reach the network. */
const passedOn: ReadonlySet<string> = new Set([
  ...["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "TMPDIR", "LD_LIBRARY_PATH"],
  ...["LANG", "LANGUAGE", "TZ"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"],
  ...["http_proxy", "https_proxy", "no_proxy", "all_proxy"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "NIX_SSL_CERT_FILE"],
  ...["NODE_EXTRA_CA_CERTS", "NODE_OPTIONS", "NODE_USE_SYSTEM_CA"],
  ...["GODEBUG", "GOMAXPROCS", "GOMEMLIMIT"],
  ...["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"],
  // Where helm, gh, gpg and cosign keep what they know: paths and names, no secrets.
  ...["DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "GH_CONFIG_DIR", "GH_HOST", "GNUPGHOME"],
  ...["TUF_ROOT", "TUF_MIRROR", "SIGSTORE_ROOT_FILE"],
  ...["SIGSTORE_REKOR_PUBLIC_KEY", "SIGSTORE_CT_LOG_PUBLIC_KEY_FILE"],
]);

/** Prefixes of variables that only the program of that name reads. */
const passedOnFamilies = /^(LC|HELM|K3S|CONTAINERD)_/;

/** Matches the variables of a job's runner: tokens, addresses of its services, inputs. */
const runnerVariable = /^(ACTIONS|GITHUB|INPUT|RUNNER|STATE)_/i;

/** True if a variable belongs to the job's runner. */
export function isRunnersVariable(name: string): boolean {
  return runnerVariable.test(name);
}

/**
 * Returns the environment that every command gets. An allow list: the environment also has a job's tokens and the
 * secrets of its other steps, and no program that monstack runs needs them.
 */
export function selectChildEnvironment(env: Env): Record<string, string> {
  return selectVariables(env, (name) => passedOn.has(name) || passedOnFamilies.test(name));
}

/**
 * Returns the additional environment of a command that reads the user's kubeconfig, without the runner's variables.
 * The kubeconfig may name a program that logs in to a cloud (aws, gcloud, kubelogin, ...), and any variable can be one
 * that this program reads.
 */
export function selectLoginEnvironment(env: Env): Record<string, string> {
  return selectVariables(env, (name) => !isRunnersVariable(name) && !passedOn.has(name));
}

/** Returns the variables with which a process of the action reaches the runner's cache. */
export function selectRunnerEnvironment(env: Env): Record<string, string> {
  return selectVariables(env, (name) => /^(ACTIONS|GITHUB|RUNNER)_/.test(name));
}

/** Returns the variables that have a value and whose name `isWanted` accepts. */
function selectVariables(env: Env, isWanted: (name: string) => boolean): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && isWanted(entry[0]),
    ),
  );
}
