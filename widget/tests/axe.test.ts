import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { useBrowser, visit } from "./browser.ts";
import { STATES } from "./states.ts";

useBrowser();

const axeSource = await readFile(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

async function violations(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}

/** Ways to look at a page; each is undone before the next. */
const MODES: Record<string, (page: Page) => Promise<unknown>> = {
  light: () => Promise.resolve(),
  dark: async (page) => {
    await page.emulateMedia({ colorScheme: "dark" });
    await setOnChat(page, "theme", "");
  },
  "low glare": (page) => setOnChat(page, "theme", "calm"),
  "forced colors": (page) => page.emulateMedia({ forcedColors: "active" }),
  "high contrast": (page) => page.emulateMedia({ contrast: "more" }),
  "right to left": (page) => setOnChat(page, "dir", "rtl"),
  "320 px": (page) => page.setViewportSize({ width: 320, height: 640 }),
  "400 % zoom": (page) => page.setViewportSize({ width: 320, height: 200 }),
  "400 % text": (page) => fontSize(page, "400%"),
};

function setOnChat(page: Page, name: string, value: string): Promise<void> {
  return page
    .locator("clinic-chat")
    .evaluate((chat, [name, value]) => chat.setAttribute(name, value), [name, value] as const);
}

function fontSize(page: Page, size: string): Promise<void> {
  return page.evaluate((size) => {
    document.documentElement.style.fontSize = size;
  }, size);
}

async function undo(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: null, forcedColors: null, contrast: null });
  await page.setViewportSize({ width: 1000, height: 760 });
  await setOnChat(page, "theme", "light");
  await setOnChat(page, "dir", "ltr");
  await fontSize(page, "");
}

for (const [state, { reach, ...options }] of Object.entries(STATES)) {
  test(`axe finds nothing: ${state}`, () =>
    visit(async (visit) => {
      await reach?.(visit);
      await visit.page.evaluate(axeSource);
      for (const [mode, look] of Object.entries(MODES)) {
        await undo(visit.page);
        await look(visit.page);
        assert.deepEqual(await violations(visit.page), [], mode);
      }
      assert.deepEqual(
        visit.offences.filter((offence) => !offence.includes("unloaded")),
        [],
      );
    }, options));
}

test("there are at least 60 states, each seen in the six modes that were asked for", () => {
  assert.ok(Object.keys(STATES).length >= 60);
  const asked = ["light", "dark", "forced colors", "right to left", "320 px", "400 % text"];
  for (const mode of asked) assert.ok(mode in MODES, mode);
});
