import { defineConfig, type Plugin } from "rolldown";
import { buildOperatorSchemas } from "./scripts/build-operator-schemas.ts";
import { buildPage } from "./scripts/build-page.ts";
import { type BuiltFiles, buildUpstream } from "./scripts/build-upstream.ts";
import { renderLicenses } from "./scripts/licenses.ts";
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

/**
 * What is made beside the code: the program that judges by upstream's own code, the schemas of the operator's kinds,
 * the script and the style of report.html, and the notices of all that is bundled.
 */
function otherFiles(): Plugin {
  let upstream: BuiltFiles;
  let schemas: Buffer;
  const isFresh = process.env["BUILD_UPSTREAM"] === "always";
  return {
    name: "other-files",
    buildStart() {
      upstream = buildUpstream("dist", isFresh);
      schemas = buildOperatorSchemas("dist", isFresh);
    },
    async generateBundle(_, bundle) {
      const page = await buildPage();
      const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
      const modules = [...chunks.flatMap(({ moduleIds }) => moduleIds), ...page.modules];
      const licenses = renderLicenses({ modules, schemas, goNotices: upstream["licenses.txt"] });
      const files = { ...upstream, ...page.files, [schemasFile]: schemas, "licenses.txt": licenses };
      for (const [fileName, source] of Object.entries(files))
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
  plugins: [asciiOnly, otherFiles()],
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
