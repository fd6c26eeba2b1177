import { initFolder } from "../../app/init/init.ts";
import { exitCode } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";

export const initCommand = defineCommand({
  name: "init",
  summary: "write monstack.yaml and a workflow for what is in this folder; nothing is overwritten",
  examples: [["monstack init", "what it finds, and what it takes each file for, is printed"]],
  read: () => undefined,
  run: async ({ createHost, print }) => {
    const { lines, mistakes } = await initFolder(await createHost(), process.cwd());
    for (const line of lines) print(`${line}\n`);
    if (mistakes !== undefined) {
      print(`\nThe configuration is not valid yet:\n${mistakes}\n`);
      return exitCode.badConfig;
    }
    print("\nNext: `monstack plan` shows what a run would do, `monstack run` does it.\n");
    return exitCode.verified;
  },
});
