import assert from "node:assert/strict";
import { test } from "node:test";
import { reads, say, useBrowser, visit } from "./browser.ts";
import type { Reply } from "./desk.ts";
import { ADDRESSES, SCRIPTS, TEXTS } from "./hostile.ts";

useBrowser();

/** What a hostile desk or a hostile member of staff could put into a message. */
const CORPUS: Reply[] = [
  ...TEXTS.map((text) => ({ text })),
  ...SCRIPTS.map((payload) => ({
    text: "title",
    source: { title: payload, url: "https://clinic.example/" },
    buttons: [{ id: "x", title: payload }],
  })),
  ...ADDRESSES.map((url) => ({ text: "source", source: { title: "Source", url } })),
  ...["constructor", "__proto__", "<b>"].map((input) => ({ text: "slot", input })),
];

const ALLOWED = new Set(["P", "UL", "LI", "STRONG", "BR", "A", "DIV", "BUTTON", "SPAN", "TIME"]);

test(`${CORPUS.length} hostile messages neither run, nor fetch, nor leave a bad link`, () =>
  visit(async ({ page, desk, offences }) => {
    await page.evaluate(() => {
      Object.assign(window, { hits: 0, hit: () => (window as unknown as { hits: number }).hits++ });
    });
    page.on("dialog", (dialog) => offences.push(`dialog: ${dialog.message()}`));
    desk.reply = () => CORPUS;
    await say(page, "attack");
    await page
      .locator("ol > li")
      .nth(CORPUS.length + 1)
      .waitFor();
    const { tags, addresses, handlers } = await page.evaluate(() => {
      const list = document.querySelector("clinic-chat")?.shadowRoot?.querySelector("ol");
      const nodes = [...(list?.querySelectorAll("*") ?? [])];
      for (const node of nodes) if (node instanceof HTMLButtonElement) node.focus();
      return {
        tags: [...new Set(nodes.map((node) => node.tagName))],
        addresses: nodes.flatMap((node) => node.getAttribute("href") ?? []),
        handlers: nodes.filter((node) =>
          node.getAttributeNames().some((name) => name.startsWith("on") || name === "src"),
        ).length,
      };
    });
    assert.deepEqual(
      tags.filter((tag) => !ALLOWED.has(tag)),
      [],
    );
    assert.deepEqual(
      addresses.filter((href) => !/^(https:\/\/(clinic|evil)\.example\/|tel:)/.test(href)),
      [],
    );
    assert.ok(!addresses.some((href) => href.includes("@")));
    assert.equal(handlers, 0);
    assert.equal(await page.evaluate(() => (window as unknown as { hits: number }).hits), 0);
    assert.deepEqual(offences, []);
  }));

test("hostile words from the clinic's configuration stay words", () =>
  visit(
    async ({ page, offences }) => {
      await page.locator(".launcher").click();
      await reads(page, "<img src=x onerror=hit()>");
      assert.equal(await page.locator("clinic-chat img").count(), 0);
      const phone = await page.locator(".phone").getAttribute("href");
      assert.equal(phone, "tel:1");
      assert.deepEqual(offences, []);
    },
    {
      open: false,
      prepare: (desk) => {
        const evil = "<img src=x onerror=hit()>";
        desk.config = {
          clinic: { name: evil, phone_display: evil, phone_tel: "javascript:hit(1)" },
          notice: evil,
          emergency: evil,
          greeting: evil,
          suggestions: [{ title: evil, text: evil }],
        };
      },
    },
  ));

test("what a patient writes is shown as written", () =>
  visit(async ({ page }) => {
    const text = "**not bold** <b>not</b> https://clinic.example";
    await say(page, text);
    await reads(page, text);
    assert.equal(await page.locator(".patient .bubble *").count(), 0);
  }));

test("answers from a captive portal are not taken for the desk's", () =>
  visit(async ({ page, desk }) => {
    await page.route("**/api/chat/**", (route) =>
      route.fulfill({ status: 200, contentType: "text/html", body: "<h1>Hotel Wi-Fi</h1>" }),
    );
    await say(page, "hello");
    await page.getByText("Waiting to be sent").waitFor();
    await page.unroute("**/api/chat/**");
    await page.context().setOffline(true);
    await page.context().setOffline(false);
    await reads(page, "Answer to: hello");
    assert.deepEqual(desk.patientTexts, ["hello"]);
  }));

test("the token travels in the Authorization header only, and no cookie is set", () =>
  visit(async ({ page, desk }) => {
    await say(page, "hello");
    await reads(page, "Answer to: hello");
    await desk.until(() => desk.streams === 1);
    const urls = desk.requests.map(({ path }) => path).join(" ");
    assert.ok(!urls.includes("token-"));
    assert.ok(
      desk.requests.some(({ authorization }) => authorization?.startsWith("Bearer token-")),
    );
    assert.deepEqual(await page.context().cookies(), []);
  }));

test("a page that is only looked at makes no request to the desk", () =>
  visit(
    async ({ page, desk }) => {
      await page.waitForFunction(() =>
        performance.getEntriesByType("resource").some(({ name }) => name.includes("widget-panel")),
      );
      await page.evaluate(() => new Promise(requestAnimationFrame));
      assert.deepEqual(desk.requests, []);
    },
    { open: false },
  ));
