import { createHost } from "../../../src/host/create.ts";
import type { Signed } from "../../../src/sources/signatures/program.ts";
import { createWeb } from "../../../src/sources/web/web.ts";
import { createMachine, type Machine, quick } from "../machine.ts";

/** A machine whose PATH begins with a folder of its own: programs that are put there are the ones that are run. */
export async function createSigningMachine(env: Record<string, string> = {}, path = process.env.PATH) {
  const machine = await createMachine();
  const bin = `${machine.home}/bin`;
  const host = {
    ...(await createHost({ PATH: `${bin}:${path}`, HOME: machine.home, ...env })),
    arch: "amd64" as const,
  };
  await host.files.mkdir(bin);
  return Object.assign(machine, { bin, context: { ...machine.context, host }, host });
}

interface Fake {
  readonly exitCode: number;
  /** To its standard error. */
  readonly says?: string;
  /** To its standard output. */
  readonly prints?: string;
  /** Of its --help; empty: it knows no such command. */
  readonly help?: string;
}

/** A program on disk that writes its arguments to `<name>.argv`, and what it is told to its standard error. */
export async function fakeProgram(
  { bin, host }: Machine & { bin: string },
  name: string,
  { exitCode, says = "", prints = "", help = "--certificate-identity" }: Fake,
): Promise<() => Promise<string[]>> {
  const helps = `case "$*" in *--help) echo '${help}'; exit ${help === "" ? 1 : 0} ;; esac`;
  const script = `#!/bin/sh\n${helps}\necho '${prints}'\nprintf '%s\\n' "$@" >${bin}/${name}.argv\nenv >${bin}/${name}.env\ncat >&2 <<'END'\n${says}\nEND\nexit ${exitCode}\n`;
  await host.files.write(`${bin}/${name}`, script, 0o755);
  return async () => ((await host.files.read(`${bin}/${name}.argv`)) ?? "").trimEnd().split("\n");
}

export function signed(machine: Machine, about: Omit<Signed, "web">): Signed {
  return { ...about, web: createWeb(machine.context, machine.config, quick) };
}
