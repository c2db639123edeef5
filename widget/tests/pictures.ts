// `npm run pictures` draws the pictures in docs/pictures again.
import { test } from "node:test";
import type { Page } from "playwright-core";
import { useBrowser, visit } from "./browser.ts";
import { STATES } from "./states.ts";

useBrowser();

const theme = (name: string) => (page: Page) =>
  page.locator("clinic-chat").evaluate((chat, name) => chat.setAttribute("theme", name), name);

const PICTURES: [name: string, state: string, look?: (page: Page) => Promise<unknown>][] = [
  ["closed", "closed with one unread"],
  ["greeting", "greeting"],
  ["answer", "answer with source and buttons"],
  ["emergency", "emergency"],
  ["times", "times step, one picked"],
  ["offline", "offline, several waiting"],
  ["menu", "menu"],
  ["dark", "answer with source and buttons", theme("dark")],
  ["low-glare", "answer with source and buttons", theme("calm")],
  [
    "forced-colors",
    "answer with source and buttons",
    (page) => page.emulateMedia({ forcedColors: "active", colorScheme: "dark" }),
  ],
  [
    "right-to-left",
    "answer in Arabic",
    (page) => page.locator("clinic-chat").evaluate((chat) => chat.setAttribute("dir", "rtl")),
  ],
  ["phone", "phone step, error", (page) => page.setViewportSize({ width: 360, height: 640 })],
  [
    "large-text",
    "answer with source and buttons",
    (page) =>
      page.evaluate(() => {
        document.documentElement.style.fontSize = "400%";
      }),
  ],
];

for (const [name, state, look] of PICTURES) {
  test(name, () => {
    const { reach, ...options } = STATES[state] ?? {};
    return visit(
      async (visit) => {
        await reach?.(visit);
        await look?.(visit.page);
        const path = new URL(`../../docs/pictures/widget-${name}.png`, import.meta.url).pathname;
        await visit.page.screenshot({ path });
      },
      {
        ...options,
        context: { viewport: { width: 640, height: 720 }, reducedMotion: "reduce" },
      },
    );
  });
}
