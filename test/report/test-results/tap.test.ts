import { expect, it } from "vitest";
import { renderTap } from "../../../src/report/test-results/tap.ts";
import { failed, goodResults, passed } from "../results.ts";

it("renders every outcome in TAP 14, and no text as a directive", () => {
  const skipped = {
    ...passed,
    id: "b",
    title: "B",
    status: "skipped",
    reason: "not #deployed\nhere",
  } as const;
  const text = renderTap(
    goodResults({ apps: [], checks: [{ ...passed, title: "a # TODO \\ x\nok 9" }, failed, skipped] }),
  );
  expect(text).toBe(`TAP version 14
1..4
ok 1 - checks: targets-up: a \\# TODO \\\\ x ok 9
not ok 2 - checks: grafana-query: Grafana answers a query
  ---
  type: "grafana-query"
  message: "expected frames | with data, seen an <empty> answer\\nfrom the proxy"
  details: "the data source points elsewhere\\nto fix it: set its url"
  ...
ok 3 - checks: b: B # SKIP not \\#deployed here
ok 4 - teardown: nothing-left: After the teardown nothing is left
`);
});
