import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { test } from "node:test";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { reads, say, useBrowser, type Visit, visit } from "./browser.ts";
import type { Reply } from "./desk.ts";

useBrowser();

const axeSource = await readFile(
  createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
  "utf8",
);

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: { run: () => Promise<AxeResults> } }).axe.run(),
  );
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
}

/** Ways to look at a page; each is undone by the next. */
const MODES: Record<string, (page: Page) => Promise<void>> = {
  light: () => Promise.resolve(),
  dark: (page) => page.emulateMedia({ colorScheme: "dark" }),
  "forced colors": (page) => page.emulateMedia({ forcedColors: "active" }),
  "high contrast": (page) => page.emulateMedia({ contrast: "more" }),
  "low glare": (page) => setOnChat(page, "theme", "calm"),
  "right to left": (page) => setOnChat(page, "dir", "rtl"),
  "320 px": (page) => page.setViewportSize({ width: 320, height: 640 }),
  "400 % zoom": (page) => page.setViewportSize({ width: 320, height: 200 }),
};

function setOnChat(page: Page, name: string, value: string): Promise<void> {
  return page
    .locator("clinic-chat")
    .evaluate((chat, [name, value]) => chat.setAttribute(name, value), [name, value] as const);
}

async function undo(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: null, forcedColors: null, contrast: null });
  await page.setViewportSize({ width: 1000, height: 760 });
  await setOnChat(page, "theme", "light");
  await setOnChat(page, "dir", "ltr");
}

const long: Reply = {
  text: "**A long answer** begins here.\n\nIt has parts:\n- one\n- two\n\nCall (310) 555-0142.",
  source: { title: "The clinic's article", url: "https://clinic.example/article" },
  buttons: [
    { id: "one", title: "What are trigger points?" },
    { id: "two", title: "Request an appointment" },
  ],
};

async function ask({ page, desk }: Visit, ...replies: Reply[]): Promise<void> {
  const shown = await page.locator("ol .bubble").count();
  desk.reply = () => replies;
  await say(page, "a question");
  await page
    .locator("ol .bubble")
    .nth(shown + replies.length)
    .waitFor();
}

const menu = (page: Page) => page.getByRole("button", { name: "Menu" }).click();

const STATES: Record<string, (visit: Visit) => Promise<unknown>> = {
  greeting: () => Promise.resolve(),
  "answer with source and buttons": (visit) => ask(visit, long),
  safety: (visit) => ask(visit, { text: "**Call 911 now.**\n\n- Do not drive.", kind: "safety" }),
  "staff message": (visit) => ask(visit, { text: "A nurse will call.", author: "staff" }),
  "name step": (visit) => ask(visit, { text: "Your name?", input: "patient_name" }),
  "phone step": (visit) => ask(visit, { text: "Your number?", input: "callback_number" }),
  "phone error": async (visit) => {
    await ask(visit, { text: "Your number?", input: "callback_number" });
    await say(visit.page, "555");
    await visit.page.getByRole("alert").filter({ hasText: "area code" }).waitFor();
  },
  "times step": (visit) => ask(visit, { text: "When?", input: "preferred_times" }),
  waiting: async ({ page, desk }) => {
    desk.fault = (method) => (method === "POST" ? "hang" : undefined);
    await say(page, "hello");
    await page.getByText("Sending…").waitFor();
  },
  offline: async ({ page, desk }) => {
    await desk.stop();
    await say(page, "hello");
    await page.getByText("Waiting to be sent").waitFor();
  },
  failed: async ({ page, desk }) => {
    desk.fault = (method) => (method === "POST" ? 422 : undefined);
    await say(page, "hello");
    await page.getByRole("button", { name: "Try again" }).waitFor();
  },
  menu: ({ page }) => menu(page),
  "forget question": async ({ page }) => {
    await menu(page);
    await page.getByRole("button", { name: "Forget this conversation" }).click();
  },
  "long history": async (visit) => {
    await ask(visit, ...Array.from({ length: 40 }, () => long));
  },
  "closed with unread": async (visit) => {
    await ask(visit, long);
    await visit.page.keyboard.press("Escape");
    visit.desk.push({ text: "later" });
    await visit.page.locator(".badge").waitFor();
  },
};

for (const [state, reach] of Object.entries(STATES)) {
  test(`axe finds nothing: ${state} in ${Object.keys(MODES).length} modes`, () =>
    visit(
      async (visit) => {
        await reach(visit);
        for (const [mode, look] of Object.entries(MODES)) {
          await undo(visit.page);
          await look(visit.page);
          assert.deepEqual(await violations(visit.page), [], mode);
        }
        assert.deepEqual(visit.offences, []);
      },
      { attributes: 'theme="light"' },
    ));
}

test("opening moves the focus to the input, Escape closes and gives it back", () =>
  visit(
    async ({ page }) => {
      await page.locator(".launcher").focus();
      await page.keyboard.press("Enter");
      await page.locator("#field:focus").waitFor();
      await page.keyboard.press("Escape");
      await page.locator(".launcher:focus").waitFor();
    },
    { open: false },
  ));

test("Escape in the menu closes only the menu", () =>
  visit(async ({ page }) => {
    await menu(page);
    await page.keyboard.press("Escape");
    assert.ok(await page.locator("dialog[open]").isVisible());
    assert.equal(await page.locator("#menu").isVisible(), false);
    await page.locator("[aria-controls=menu]:focus").waitFor();
  }));

test("beside the page Tab reaches everything and leaves the panel", () =>
  visit(async (visit) => {
    const { page } = visit;
    await ask(visit, long);
    await page.getByRole("link", { name: "A link" }).focus();
    const reached: string[] = [];
    for (let step = 0; step < 14; step++) {
      await page.keyboard.press("Tab");
      reached.push(
        await page.evaluate(() => {
          const focused = document.activeElement?.shadowRoot?.activeElement;
          return (
            focused?.getAttribute("aria-label") || focused?.textContent || focused?.id || "page"
          );
        }),
      );
    }
    const path = [
      "Menu",
      "Close chat",
      "Call (310) 555-0142",
      "Talk to a person",
      "911",
      "Conversation",
      "(310) 555-0142",
      "Source: The clinic's article (opens in a new tab)",
      "What are trigger points?",
      "Request an appointment",
      "field",
      "Send",
      "page",
    ];
    assert.deepEqual(reached.slice(0, path.length), path);
  }));

test("on a phone the panel is modal and keeps the focus", () =>
  visit(
    async ({ page }) => {
      assert.ok(await page.locator("dialog").evaluate((dialog) => dialog.matches(":modal")));
      for (let step = 0; step < 20; step++) {
        await page.keyboard.press("Tab");
        const outside = await page.evaluate(() => document.activeElement?.tagName === "A");
        assert.equal(outside, false);
      }
      await page.setViewportSize({ width: 900, height: 700 });
      await page.waitForFunction(
        () => !document.querySelector("clinic-chat")?.shadowRoot?.querySelector("dialog:modal"),
      );
    },
    { context: { viewport: { width: 360, height: 640 } } },
  ));

test("pressing a button leaves the focus inside the panel", () =>
  visit(async (visit) => {
    await ask(visit, long);
    await visit.page.getByRole("button", { name: "Request an appointment" }).press("Enter");
    await visit.page.locator("#field:focus").waitFor();
  }));

/** Collects what the live region says from now on. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const spoken: string[] = [];
    Object.assign(window, { spoken });
    const region = document.querySelector("clinic-chat")?.shadowRoot?.querySelector("[role=log]");
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) {
        for (const node of addedNodes) spoken.push(node.textContent ?? "");
      }
    }).observe(region as Element, { childList: true, subtree: true });
  });
  return () => page.evaluate(() => (window as unknown as { spoken: string[] }).spoken);
}

test("each new message is announced once, with its source and buttons", () =>
  visit(async (visit) => {
    const spoken = await listen(visit.page);
    await ask(visit, long, { text: "And more." });
    assert.deepEqual(await spoken(), [
      "Assistant: A long answer begins here.\n\nIt has parts:\n- one\n- two\n\nCall (310) 555-0142.\n" +
        "Source: The clinic's article\n" +
        "Suggested replies: What are trigger points?, Request an appointment",
      "Assistant: And more.",
    ]);
  }));

test("history is not announced", () =>
  visit(async (visit) => {
    const { page, desk } = visit;
    await ask(visit, long);
    await page.reload();
    await page.locator("[role=log]").waitFor({ state: "attached" });
    const spoken = await listen(page);
    await reads(page, "A long answer");
    desk.push({ text: "Something new" });
    await reads(page, "Something new");
    assert.deepEqual(await spoken(), ["Clinic staff: Something new"]);
  }));

test("nothing moves under reduced motion", () =>
  visit(
    async ({ page, desk }) => {
      desk.fault = (method) => (method === "POST" ? "hang" : undefined);
      await say(page, "hello");
      await page.getByText("Sending…").waitFor();
      const moving = await page.evaluate(() => document.getAnimations().length);
      assert.equal(moving, 0);
    },
    { context: { reducedMotion: "reduce" } },
  ));

test("nothing overflows sideways at 320 px, at 400 % zoom and with text at 400 %", () =>
  visit(async (visit) => {
    const { page } = visit;
    await ask(visit, long);
    const overflow = () =>
      page.locator("dialog").evaluate((dialog) => {
        const boxes = [...dialog.querySelectorAll("*")].filter((box) => !box.matches(".unseen"));
        return boxes
          .filter(
            (box) => box.getBoundingClientRect().right > document.documentElement.clientWidth + 1,
          )
          .map((box) => box.outerHTML.slice(0, 80));
      });
    for (const [width, height] of [
      [320, 640],
      [320, 200],
    ] as const) {
      await page.setViewportSize({ width, height });
      assert.deepEqual(await overflow(), [], `${width} by ${height}`);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.evaluate(() => {
      document.documentElement.style.fontSize = "400%";
    });
    assert.deepEqual(await overflow(), [], "text at 400 %");
  }));

test("every target is at least 24 px high and wide", () =>
  visit(async (visit) => {
    const { page, desk } = visit;
    await ask(visit, long);
    desk.fault = (method) => (method === "POST" ? 422 : undefined);
    await say(page, "refused");
    await page.getByRole("button", { name: "Try again" }).waitFor();
    await menu(page);
    const small = await page.locator("dialog").evaluate((dialog) =>
      [...dialog.querySelectorAll("button, input, textarea, .phone")]
        .filter((target) => target.checkVisibility())
        .filter((target) => {
          const { width, height } = target.getBoundingClientRect();
          return width < 24 || height < 24;
        })
        .map((target) => target.outerHTML),
    );
    assert.deepEqual(small, []);
  }));
