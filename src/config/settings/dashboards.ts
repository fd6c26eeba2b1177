import { dashboard } from "../dashboards.ts";
import { listOf, splitList } from "../parsers.ts";
import { same } from "./setting.ts";

/** What is to be seen in Grafana. */
export const dashboardSettings = {
  dashboards: {
    ...same(
      listOf(dashboard, "a list of ids, paths and URLs"),
      ["dashboards"],
      "A,B",
      "",
      "Dashboards for Grafana: ids of grafana.com (1860, or 1860@37 for a revision), .json files, folders of them, or URLs; separated by commas",
    ),
    fromText: splitList(dashboard, /[,\n]/),
  },
};
