import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { reads, say, useBrowser, visit } from "./browser.ts";
import { ask, LONG, menu } from "./states.ts";

useBrowser();

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
    await ask(visit, LONG);
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
    await ask(visit, LONG);
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
    await ask(visit, LONG, { text: "And more." });
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
    await ask(visit, LONG);
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
    await ask(visit, LONG);
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
    await ask(visit, LONG);
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

test("text spacing as WCAG 1.4.12 names it cuts nothing off", () =>
  visit(async (visit) => {
    const { page } = visit;
    await ask(visit, LONG);
    const cut = await page.locator("dialog").evaluate((dialog) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(
        "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }",
      );
      const root = dialog.getRootNode() as ShadowRoot;
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
      return [...dialog.querySelectorAll("p, button, .bubble, h2")]
        .filter((box) => box.checkVisibility() && !box.closest(".unseen"))
        .filter(
          (box) =>
            box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).display !== "inline",
        )
        .map((box) => box.outerHTML.slice(0, 80));
    });
    assert.deepEqual(cut, []);
  }));

test("whatever has the focus shows an outline and is in sight", () =>
  visit(async (visit) => {
    const { page } = visit;
    await ask(visit, ...Array.from({ length: 5 }, () => LONG));
    await page.getByRole("button", { name: "Menu" }).focus();
    for (let step = 0; step < 30; step++) {
      await page.keyboard.press("Tab");
      const state = await page.evaluate(() => {
        const root = document.querySelector("clinic-chat")?.shadowRoot;
        const focused = root?.activeElement;
        if (!focused) return "page";
        const { left, right, top, bottom } = focused.getBoundingClientRect();
        const middle = root?.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        const { outlineStyle, outlineWidth } = getComputedStyle(focused);
        const shown = outlineStyle === "solid" && Number.parseFloat(outlineWidth) >= 2;
        const inSight = focused.contains(middle ?? null) || middle?.contains(focused);
        return shown && inSight ? "good" : focused.outerHTML;
      });
      if (state === "page") return;
      assert.equal(state, "good");
    }
  }));

test("text follows the size that the page has chosen", () =>
  visit(async (visit) => {
    const { page } = visit;
    await ask(visit, LONG);
    const size = () =>
      page
        .locator(".assistant .bubble")
        .first()
        .evaluate((bubble) => Number.parseFloat(getComputedStyle(bubble).fontSize));
    const before = await size();
    await page.evaluate(() => {
      document.documentElement.style.fontSize = "200%";
    });
    assert.equal(await size(), 2 * before);
  }));

test("a full-screen panel stays above the on-screen keyboard", () =>
  visit(
    async ({ page }) => {
      const height = await page.locator("dialog").evaluate((dialog) => {
        const view = window.visualViewport as VisualViewport;
        Object.defineProperty(view, "height", { value: 300, configurable: true });
        view.dispatchEvent(new Event("resize"));
        return dialog.getBoundingClientRect().height;
      });
      assert.equal(height, 300);
    },
    { context: { viewport: { width: 360, height: 640 } } },
  ));

test("the emergency line, the phone and the way to a person stay in sight", () =>
  visit(async (visit) => {
    const { page } = visit;
    await ask(visit, ...Array.from({ length: 20 }, () => LONG));
    for (const part of ["emergency", "phone", "person"]) {
      const seen = await page.locator(`[part=${part}]`).evaluate((box) => {
        const { left, right, top, bottom } = box.getBoundingClientRect();
        const root = box.getRootNode() as ShadowRoot;
        return box.contains(root.elementFromPoint((left + right) / 2, (top + bottom) / 2));
      });
      assert.ok(seen, part);
    }
  }));

test("the panel says which language it speaks", () =>
  visit(async ({ page }) => assert.equal(await page.locator("dialog").getAttribute("lang"), "en")));

test("lost connections are told in a status region, and refused input in an alert", () =>
  visit(async (visit) => {
    const { page, desk } = visit;
    await ask(visit, { text: "Your number?", input: "callback_number" });
    await say(page, "555");
    await page.getByRole("alert").filter({ hasText: "area code" }).waitFor();
    await desk.stop();
    await say(page, "(310) 555-0199");
    await page.getByRole("status").filter({ hasText: "No connection to the clinic" }).waitFor();
  }));

test("the state of a message is written, not only coloured", () =>
  visit(async ({ page, desk }) => {
    desk.fault = (method) => (method === "POST" ? 422 : undefined);
    await say(page, "hello");
    await page.locator(".failed .meta", { hasText: "Not sent." }).waitFor();
  }));

test("the button keeps its place and its name when the chat closes", () =>
  visit(
    async ({ page }) => {
      const place = () => page.locator(".launcher").boundingBox();
      const before = await place();
      await page.locator(".launcher").click();
      await page.locator("dialog[open]").waitFor();
      await page.keyboard.press("Escape");
      assert.deepEqual(await place(), before);
      await page.getByRole("button", { name: "Chat with us" }).waitFor();
    },
    { open: false },
  ));

test("there is neither sound nor anything else that plays by itself", () =>
  visit(async (visit) => {
    await ask(visit, LONG);
    assert.equal(await visit.page.locator("clinic-chat :is(audio, video, img, iframe)").count(), 0);
    for (const name of ["widget.js", "widget-panel.js"]) {
      const source = await readFile(new URL(`../dist/${name}`, import.meta.url), "utf8");
      assert.doesNotMatch(source, /Audio|speechSynthesis|vibrate/);
    }
  }));
