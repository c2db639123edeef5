// Lets node run the TypeScript of src/ and tests/ as it stands (types are checked by `npm run check`).
import { register } from "node:module";

register(
  `data:text/javascript,${encodeURIComponent(`
import { readFile } from "node:fs/promises";
import { transform } from ${JSON.stringify(import.meta.resolve("esbuild"))};
export async function load(url, context, next) {
  if (!url.endsWith(".ts")) return next(url, context);
  const source = await readFile(new URL(url), "utf8");
  const { code } = await transform(source, { loader: "ts", format: "esm", target: "es2022", sourcemap: "inline" });
  return { format: "module", source: code, shortCircuit: true };
}`)}`,
);
