// Builds dist/ from src/. With --check: proves that the committed dist/ is what src/ gives,
// and that it keeps the size budget.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build, transform } from "esbuild";
import { minify } from "terser";

const LOADER_BUDGET = 2 * 1024;
const WHOLE_BUDGET = 12 * 1024;
const PANEL = "widget-panel.js";
const dist = new URL("dist/", import.meta.url);

const minifiedCss = {
  name: "minified-css",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await transform(source, {
        loader: "css",
        minify: true,
        target: ["chrome105", "safari16", "firefox121"],
      });
      return { contents: code.trim().replace(/(--[\w-]+:) /g, "$1"), loader: "text" };
    });
  },
};

/** Points the loader's import of the panel at the built file; the query ends old cache entries. */
const panelAddress = (version) => ({
  name: "panel-address",
  setup({ onResolve }) {
    onResolve({ filter: /\/panel\.ts$/ }, () => ({
      path: `./${PANEL}?v=${version}`,
      external: true,
    }));
  },
});

/** What both files need comes with the loader. */
const sharedWithLoader = {
  name: "shared-with-loader",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/(element|language)\.ts$/ }, () => ({ path: "x", namespace: "loader" }));
    onResolve({ filter: /\/widget\.js$/ }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /^/, namespace: "loader" }, () => ({
      contents: 'export { element, icon, fill, primaryTag } from "./widget.js";',
    }));
  },
};

/** Names that only the panel's own modules use among themselves. */
const INTERNAL =
  /^(store|listener|second|pending|online|say|discard|changed|received|ended|changedElsewhere|startOver|meta|drafted|retryAfter|wake|ask|names|node)$/;

async function bundle(entry, plugins) {
  const result = await build({
    entryPoints: [new URL(entry, import.meta.url).pathname],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    write: false,
    plugins: [minifiedCss, ...plugins],
  });
  const { code } = await minify(result.outputFiles[0].text, {
    module: true,
    ecma: 2022,
    compress: {
      passes: 3,
      unsafe: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      pure_getters: true,
      keep_fargs: false,
      hoist_funs: true,
    },
    mangle: { properties: { regex: INTERNAL } },
  });
  return Buffer.from(code);
}

const panel = await bundle("src/panel.ts", [sharedWithLoader]);
const version = createHash("sha256").update(panel).digest("hex").slice(0, 10);
const files = {
  "widget.js": await bundle("src/widget.ts", [panelAddress(version)]),
  [PANEL]: panel,
};

const gzip = (bytes) => gzipSync(bytes, { level: 9 }).length;
const brotli = (bytes) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

let gzipTotal = 0;
let brotliTotal = 0;
for (const [name, bytes] of Object.entries(files)) {
  gzipTotal += gzip(bytes);
  brotliTotal += brotli(bytes);
  console.log(`${name}: ${bytes.length} bytes, gzip ${gzip(bytes)}, brotli ${brotli(bytes)}`);
}
console.log(`together: gzip ${gzipTotal}, brotli ${brotliTotal}`);

if (process.argv.includes("--check")) {
  for (const [name, bytes] of Object.entries(files)) {
    const committed = await readFile(new URL(name, dist)).catch(() => Buffer.alloc(0));
    if (!committed.equals(bytes)) fail(`dist/${name} is not what src/ builds: run npm run build.`);
  }
  if (gzip(files["widget.js"]) > LOADER_BUDGET) fail(`The loader is over ${LOADER_BUDGET} bytes.`);
  if (gzipTotal > WHOLE_BUDGET) fail(`The widget is over ${WHOLE_BUDGET} bytes.`);
} else {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist);
  for (const [name, bytes] of Object.entries(files)) await writeFile(new URL(name, dist), bytes);
}

function fail(reason) {
  console.error(reason);
  process.exit(1);
}
