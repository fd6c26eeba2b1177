/** Arguments of `k3s server` whose value is a secret, and the variable that k3s reads it from as well (docs.k3s.io/cli/server). */
const variables: Readonly<Record<string, string>> = {
  "--token": "K3S_TOKEN",
  "-t": "K3S_TOKEN",
  "--agent-token": "K3S_AGENT_TOKEN",
  "--datastore-endpoint": "K3S_DATASTORE_ENDPOINT",
  "--vpn-auth": "K3S_VPN_AUTH",
  "--etcd-s3-access-key": "AWS_ACCESS_KEY_ID",
  "--etcd-s3-secret-key": "AWS_SECRET_ACCESS_KEY",
  "--etcd-s3-session-token": "AWS_SESSION_TOKEN",
};

export interface SplitArguments {
  /** Anybody on the machine can read these. */
  readonly args: readonly string[];
  /** The secrets, by their variables. */
  readonly env: Readonly<Record<string, string>>;
}

/** Takes the secrets out of k3s' command line, which every user of the machine can read. */
export function splitSecretArguments(given: readonly string[]): SplitArguments {
  const args: string[] = [];
  const env: Record<string, string> = {};
  for (let at = 0; at < given.length; at++) {
    const arg = given[at] ?? "";
    const [name = "", value] = arg.split(/=(.*)/s, 2);
    // Go's flags take one dash or two.
    const variable = variables[name] ?? (name.startsWith("-") ? variables[`-${name}`] : undefined);
    if (variable === undefined) args.push(arg);
    else {
      if (value === undefined) at++;
      env[variable] = value ?? given[at] ?? "";
    }
  }
  return { args, env };
}
