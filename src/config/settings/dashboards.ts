import { flag, yesOrNo } from "../../yaml/parsers.ts";
import { dashboards, dashboardsInText } from "../dashboards.ts";
import { allowed, belowWorkspace, same } from "./setting.ts";

/** What is to be seen in Grafana. */
export const dashboardSettings = {
  dashboards: {
    ...same(
      dashboards,
      ["dashboards"],
      belowWorkspace,
      "A,B",
      "",
      "Dashboards for Grafana: ids of grafana.com (1860, or 1860@37 for a revision), .json files, folders of them, or URLs; separated by commas",
    ),
    fromText: dashboardsInText,
  },
  "take-over-dashboards": {
    ...same(
      flag,
      ["take-over-dashboards"],
      allowed,
      "true|false",
      "true with profile ci, else false",
      "Download the dashboards that the values of Grafana's chart name by gnetId, through mirrors, cache and lock, in the place of the chart, which hides a download that fails",
    ),
    fromText: yesOrNo,
  },
};
