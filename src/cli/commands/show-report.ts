import { resolve } from "node:path";
import { showReport } from "../../app/show-report.ts";
import { exitCode } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";

const defaultFolder = "monstack-report";

export const showReportCommand = defineCommand({
  name: "show-report",
  summary: "show the page of a report in the browser, until Ctrl-C",
  operand: {
    term: "[DIR]",
    help: `the report folder; default ./${defaultFolder}`,
    completion: "files",
  },
  examples: [["monstack show-report", "serves report.html at an address of this machine only"]],
  read: (_: object, [folder = defaultFolder]) => ({ folder: resolve(folder) }),
  run: async ({ createContext, print }, { folder }) => {
    await showReport(await createContext(), folder, (url) => print(`${url}\nCtrl-C ends it.\n`));
    return exitCode.verified;
  },
});
