import assert from "node:assert/strict";
import { test } from "node:test";
import { reads, say, useBrowser, visit } from "./browser.ts";
import type { Reply } from "./desk.ts";

useBrowser();

const SCRIPTS = [
  "<script>hit()</script>",
  "<img src=x onerror=hit()>",
  '<img src="https://evil.example/pixel.gif">',
  "<svg onload=hit()>",
  "<svg><animate onbegin=hit() attributeName=x dur=1s>",
  '<iframe srcdoc="<script>parent.hit()</script>"></iframe>',
  '<iframe src="javascript:hit()"></iframe>',
  "<object data=javascript:hit()></object>",
  '<embed src="https://evil.example/x.swf">',
  '<link rel=stylesheet href="https://evil.example/x.css">',
  "<style>@import 'https://evil.example/x.css';</style>",
  '<meta http-equiv=refresh content="0;url=https://evil.example">',
  '<base href="https://evil.example/">',
  "<details open ontoggle=hit()>",
  "<video><source onerror=hit()></video>",
  "<audio src=x onerror=hit()>",
  '<form action="https://evil.example"><input autofocus onfocus=hit()></form>',
  "<body onload=hit()>",
  "<math><mtext><script>hit()</script></mtext></math>",
  "<template><script>hit()</script></template>",
  "</div></li></ol><script>hit()</script>",
  "<!--><script>hit()</script>-->",
  "<a href=javascript:hit()>press</a>",
  '<button onclick="hit()">press</button>',
  '"><script>hit()</script>',
  "'-hit()-'",
  "${hit()}{{hit()}}",
  "<x contenteditable onblur=hit()>",
  "\u202e<script>hit()</script>",
  "<scr\u0000ipt>hit()</scr\u0000ipt>",
];
const ADDRESSES = [
  "javascript:hit()",
  "JaVaScRiPt:hit()",
  " javascript:hit()",
  "java\nscript:hit()",
  "java\tscript:hit()",
  "\u0001javascript:hit()",
  "javascript://clinic.example/%0ahit()",
  "data:text/html,<script>hit()</script>",
  "data:text/html;base64,PHNjcmlwdD5oaXQoKTwvc2NyaXB0Pg==",
  "vbscript:hit()",
  "file:///etc/passwd",
  "blob:https://evil.example/1",
  "filesystem:https://evil.example/x",
  "http://evil.example/",
  "//evil.example\\@clinic.example",
  "https://clinic.example@evil.example/",
  "view-source:https://evil.example",
  "intent://evil.example#Intent;end",
  "about:blank",
  "ws://evil.example",
];
const WRAPPERS: ((payload: string) => string)[] = [
  (payload) => payload,
  (payload) => `**${payload}**`,
  (payload) => `- ${payload}\n- **${payload}`,
  (payload) => `[press](${payload})`,
  (payload) => `![image](${payload})`,
];

/** What a hostile desk or a hostile member of staff could put into a message. */
const CORPUS: Reply[] = [
  ...[...SCRIPTS, ...ADDRESSES].flatMap((payload) =>
    WRAPPERS.map((wrap) => ({ text: wrap(payload) })),
  ),
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
