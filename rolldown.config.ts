import { defineConfig } from "rolldown";

// One ESM bundle per door, with shared chunks. The bundle is committed: a GitHub Action runs from its
// repository as it is, without an install step.
export default defineConfig({
  input: {
    main: "src/action/main.ts",
    post: "src/action/post.ts",
    cli: "src/cli/main.ts",
    forward: "src/forward/main.ts",
    transfer: "src/action/transfer-main.ts",
  },
  platform: "node",
  tsconfig: "tsconfig.json",
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name].js",
    cleanDir: true,
    comments: { legal: false }, // all notices are in licenses.txt
    minify: false,
  },
});
