import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { STATES } from "./states.ts";

test("every test that docs/accessibility.md names exists", async () => {
  const here = new URL("./", import.meta.url);
  const titles = Object.keys(STATES).map((state) => `axe finds nothing: ${state}`);
  for (const name of await readdir(here)) {
    if (!name.endsWith(".test.ts")) continue;
    const source = await readFile(new URL(name, here), "utf8");
    for (const [, title] of source.matchAll(/\btest\(\s*"([^"]+)"/g)) titles.push(title ?? "");
  }
  const guide = await readFile(new URL("../../docs/accessibility.md", here), "utf8");
  const named = [...guide.matchAll(/“([^”]+)”/g)].map(([, title]) =>
    (title ?? "").replace(/\s+/g, " "),
  );
  assert.ok(named.length > 30);
  assert.deepEqual(
    named.filter((title) => !titles.includes(title)),
    [],
  );
});
