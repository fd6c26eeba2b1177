import type { Session } from "../../src/app/session/session.ts";
import type { Command, Print } from "../../src/cli/command.ts";

/** Runs a command on an open session, as the CLI does. @returns the exit code */
export async function runCommand(
  command: Command,
  session: Session,
  flags: object,
  print: Print = () => {},
): Promise<number> {
  return await command.prepare(flags, []).run({
    print,
    printJson: print,
    createHost: async () => session.context.host,
    createContext: async () => session.context,
    withSession: (work) => work(session),
  });
}
