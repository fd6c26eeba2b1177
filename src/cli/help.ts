import { overrides } from "../config/settings.ts";
import { commands, ownFlags } from "./args.ts";

/** The whole help, 100 columns wide. */
export function helpText(): string {
  const commandLines = Object.entries(commands).map(([name, what]) => row(name, what, 10));
  const flagLines = ownFlags.map(({ name, metavar, help }) => row(flag(name, metavar), help, 28));
  const settingLines = overrides.map(({ name, metavar, help, default: byDefault }) =>
    row(flag(name, metavar), byDefault === "" ? help : `${help} (default ${byDefault})`, 28),
  );
  return `monstack: Prometheus and Grafana on k3s, from a bare Linux machine, proven to work, and taken
away again.

Usage: monstack COMMAND [OPTIONS]

Commands
${commandLines.join("\n")}

Try it, as root or as a user who may sudo without a password
  monstack run            installs, deploys, verifies, reports and cleans up: about half a minute
  monstack up             leaves it running: Grafana at http://localhost:3000, Prometheus at :9090
  monstack verify         proves that it still works
  monstack down           takes it away

Options
${flagLines.join("\n")}

Settings, also in monstack.yaml; a flag wins over the file
${settingLines.join("\n")}

Exit codes
    0  verified
    1  the stack failed verification
    2  the configuration, its lock file, a bundle or the command line is wrong
    3  it could not be installed, bundled, backed up or restored
    4  torn down, but something is left
  130  interrupted, and torn down
`;
}

function flag(name: string, metavar: string): string {
  return `--${name}${metavar === "" ? "" : ` ${metavar}`}`;
}

/** A name and its explanation, wrapped at 100 columns. */
function row(name: string, explanation: string, indent: number): string {
  const width = 100 - indent - 4;
  const lines = [""];
  for (const word of explanation.split(" ")) {
    const last = lines[lines.length - 1] ?? "";
    if (last !== "" && last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
  }
  const pad = " ".repeat(indent + 4);
  const head = `  ${name}`;
  const [first = "", ...rest] = lines;
  const firstLine = head.length >= pad.length ? `${head}\n${pad}${first}` : head.padEnd(pad.length) + first;
  return [firstLine, ...rest.map((line) => pad + line)].join("\n");
}
