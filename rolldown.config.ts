import { defineConfig, type Plugin } from "rolldown";
import { buildOperatorSchemas } from "./scripts/build-operator-schemas.ts";
import { buildPage } from "./scripts/build-page.ts";
import { type BuiltFiles, buildUpstream } from "./scripts/build-upstream.ts";
import { schemasFile } from "./src/schemas/operator.ts";

// A source text with one character beyond Latin-1 takes two bytes for each of its characters, for as long as it runs.
const asciiOnly: Plugin = {
  name: "ascii-only",
  renderChunk(code, { name }) {
    const other = /(?<!\\)(?:\\\\)*\\[^\0-\x7f]|String\.raw`[^`]*[^\0-\x7f]/.exec(code);
    if (other) this.error(`an escape in ${name} would change what this means: ${other[0]}`);
    return code.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  },
};

/** The program that judges by upstream's own code, beside the process that runs it. */
function upstreamProgram(): Plugin {
  let files: BuiltFiles;
  return {
    name: "upstream-program",
    buildStart() {
      files = buildUpstream("dist", process.env["BUILD_UPSTREAM"] === "always");
    },
    generateBundle() {
      for (const [fileName, source] of Object.entries(files))
        this.emitFile({ type: "asset", fileName, source });
    },
  };
}

/** The schemas of the operator's kinds. */
function operatorSchemas(): Plugin {
  let source: Buffer;
  return {
    name: "operator-schemas",
    buildStart() {
      source = buildOperatorSchemas("dist", process.env["BUILD_UPSTREAM"] === "always");
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: schemasFile, source });
    },
  };
}

/** The script and the style of report.html. */
function reportPage(): Plugin {
  return {
    name: "report-page",
    async generateBundle() {
      for (const [fileName, source] of Object.entries(await buildPage()))
        this.emitFile({ type: "asset", fileName, source });
    },
  };
}

// One ESM bundle per door, with shared chunks. The bundle is committed: a GitHub Action runs from its
// repository as it is, without an install step.
export default defineConfig({
  input: {
    main: "src/action/main.ts",
    post: "src/action/post.ts",
    cli: "src/cli/main.ts",
    forward: "src/forward/main.ts",
    transfer: "src/action/transfer-main.ts",
    upstream: "src/upstream/main.ts",
  },
  platform: "node",
  tsconfig: "tsconfig.json",
  plugins: [asciiOnly, upstreamProgram(), operatorSchemas(), reportPage()],
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "chunks/[name].js",
    cleanDir: true,
    comments: false, // they are half of the bundle, and stay in memory with it; all notices are in licenses.txt
    minify: false,
  },
});
