import { dashboards, dashboardsInText } from "../dashboards.ts";
import { same } from "./setting.ts";

/** What is to be seen in Grafana. */
export const dashboardSettings = {
  dashboards: {
    ...same(
      dashboards,
      ["dashboards"],
      "A,B",
      "",
      "Dashboards for Grafana: ids of grafana.com (1860, or 1860@37 for a revision), .json files, folders of them, or URLs; separated by commas",
    ),
    fromText: dashboardsInText,
  },
};
