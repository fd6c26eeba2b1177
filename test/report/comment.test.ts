import { describe, expect, it } from "vitest";
import { createMarker, renderComment } from "../../src/report/comment.ts";
import { badResults, failed, goodResults } from "./results.ts";

const marker = createMarker("nightly", "stack");
const noLinks = { reportUrl: undefined, runUrl: undefined, commit: undefined };

describe("the comment on a pull request", () => {
  it("has the verdict and the links", () => {
    const links = {
      reportUrl: "https://github.com/o/r/actions/runs/1/artifacts/2",
      runUrl: "https://github.com/o/r/actions/runs/1",
      commit: "0123456789abcdef0123",
    };
    expect(renderComment(goodResults(), marker, links)).toBe(`<!-- monstack nightly stack -->
### ✅ monstack: verified, 1 check passed (23.0 s)

[Open the report](https://github.com/o/r/actions/runs/1/artifacts/2) · [job summary](https://github.com/o/r/actions/runs/1) · commit 0123456789ab
`);
  });

  it("has the first three reasons of a failure with their fixes, and the checks that did not pass", () => {
    const text = renderComment(badResults(), marker, noLinks);
    expect(text).toContain(
      "- **Deployment monitoring/a, container a: ImagePullBackOff**<br>To fix it: correct the image\n",
    );
    expect(text).toContain("- ... and 2 more in the report\n");
    expect(text).toContain("<details><summary>1 of 2 checks failed, 0 with a warning</summary>");
  });

  it("notifies nobody and links no issue", () => {
    const check = { ...failed, title: "thanks @everybody, see #12 and o/r#3 <img src=x>" };
    const text = renderComment(goodResults({ verified: false, checks: [check] }), marker, noLinks);
    expect(text).not.toMatch(/@\w/);
    expect(text.replace(/&#8203;/g, "")).toContain("thanks @everybody, see #12 and o/r#3 &lt;img src=x&gt;");
    expect(text.replaceAll("#&#8203;", "")).not.toMatch(/(?<!&)#\d/);
  });

  it("has a marker that no name of a workflow ends", () => {
    expect(createMarker("a --> b", "x--y")).toMatch(/^<!-- monstack \S+ \S+ -->$/);
    expect(createMarker("a --> b", "x--y").slice(4, -3)).not.toContain("--");
    expect(createMarker("a", "b")).not.toBe(createMarker("a", "c"));
  });
});
