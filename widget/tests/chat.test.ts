import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { bubbles, openChat, pageOf, reads, say, useBrowser, visit, watch } from "./browser.ts";
import { Desk, type Reply } from "./desk.ts";

useBrowser();

const answer: Reply = {
  text: "**Neuromuscular therapy** is hands-on care.\n\nIt works on:\n- trigger points\n- stuck muscles",
  source: { title: "The clinic's article", url: "https://clinic.example/article" },
  buttons: [
    { id: "one", title: "What are trigger points?" },
    { id: "two", title: "Request an appointment" },
  ],
};

test("a visitor opens the chat, asks and reads the answer with its source", () =>
  visit(
    async ({ page, offences }) => {
      await say(page, "What is neuromuscular therapy?");
      await reads(page, "hands-on care");
      const source = page.getByRole("link", { name: "Source: The clinic's article" });
      assert.equal(await source.getAttribute("href"), "https://clinic.example/article");
      assert.equal(await page.locator(".bubble strong").textContent(), "Neuromuscular therapy");
      assert.deepEqual(await page.locator(".bubble ul li").allInnerTexts(), [
        "trigger points",
        "stuck muscles",
      ]);
      assert.deepEqual(offences, []);
    },
    {
      prepare: (desk) => {
        desk.reply = () => [answer];
      },
    },
  ));

test("the greeting says what this is and offers questions", () =>
  visit(async ({ page, desk }) => {
    await page.getByText("Automated assistant, not a clinician").waitFor();
    await page.getByRole("button", { name: "Can shoes cause headaches?" }).click();
    await reads(page, "Answer to: Can shoes");
    assert.deepEqual(desk.patientTexts, ["Can shoes cause headaches?"]);
    assert.equal(await page.locator(".choices:visible").count(), 0);
  }));

test("pressing a button sends its id and puts the buttons away", () =>
  visit(async ({ page, desk }) => {
    const pressed: (string | undefined)[] = [];
    desk.reply = (_, button) => {
      pressed.push(button);
      return [answer];
    };
    await say(page, "hello");
    await page.getByRole("button", { name: "What are trigger points?" }).click();
    await desk.until(() => pressed.length === 2);
    await reads(page, "What are trigger points?");
    assert.deepEqual(pressed, [undefined, "one"]);
    await page.locator(".choices:visible").waitFor();
    assert.equal(await page.locator(".choices:visible").count(), 1);
  }));

test("the conversation is there after a reload and on the next page", () =>
  visit(async ({ page, desk }) => {
    await say(page, "remember me");
    await reads(page, "Answer to: remember me");
    const before = await bubbles(page);
    await page.reload();
    await reads(page, "Answer to: remember me");
    await page.goto(`${desk.origin}/next`);
    await reads(page, "Answer to: remember me");
    assert.deepEqual(await bubbles(page), before);
    assert.equal(desk.conversations.length, 1);
  }));

test("a draft survives a reload", () =>
  visit(async ({ page }) => {
    await page.locator("#field").fill("half a thought");
    await page.reload();
    await page.locator("dialog[open]").waitFor();
    assert.equal(await page.locator("#field").inputValue(), "half a thought");
  }));

test("messages written offline wait, and are sent once and in order", () =>
  visit(async ({ page, desk }) => {
    await say(page, "first");
    await reads(page, "Answer to: first");
    await page.context().setOffline(true);
    await page.getByText("No connection to the clinic").waitFor();
    await say(page, "second");
    await say(page, "third");
    await page.getByText("Waiting to be sent").nth(1).waitFor();
    await page.context().setOffline(false);
    await reads(page, "Answer to: third");
    assert.deepEqual(desk.patientTexts, ["first", "second", "third"]);
    await page.getByText("No connection to the clinic").waitFor({ state: "hidden" });
  }));

test("a desk that cannot store a message says at once what to do", () =>
  visit(async ({ page, desk }) => {
    desk.fault = (method, path) =>
      method === "POST" && path.endsWith("/messages") ? 503 : undefined;
    await say(page, "my face is drooping");
    await page.locator("p.status", { hasText: "Said by the desk with 503." }).waitFor();
    desk.fault = () => undefined;
    await reads(page, "Answer to: my face is drooping");
    assert.equal(await page.locator("p.status").textContent(), "");
  }));

test("a desk that restarts loses nothing", () =>
  visit(async ({ page, desk }) => {
    await say(page, "before");
    await reads(page, "Answer to: before");
    await desk.stop();
    await say(page, "during");
    await page.getByText("Waiting to be sent").waitFor();
    await desk.start();
    await reads(page, "Answer to: during");
    assert.deepEqual(desk.patientTexts, ["before", "during"]);
  }));

test("a refused message can be tried again", () =>
  visit(async ({ page, desk }) => {
    desk.fault = (method) => (method === "POST" ? 403 : undefined);
    await say(page, "please");
    await page.getByText("Not sent.").first().waitFor();
    desk.fault = () => undefined;
    await page.getByRole("button", { name: "Try again" }).click();
    await reads(page, "Answer to: please");
    assert.deepEqual(desk.patientTexts, ["please"]);
  }));

test("a refused message can be edited", () =>
  visit(async ({ page, desk }) => {
    desk.fault = (method) => (method === "POST" ? 413 : undefined);
    await say(page, "too much");
    await page.getByRole("button", { name: "Edit" }).click();
    assert.equal(await page.locator("#field").inputValue(), "too much");
    assert.deepEqual(await page.locator("li.patient").count(), 0);
  }));

test("the state of a message goes from sending to sent", () =>
  visit(async ({ page, desk }) => {
    desk.fault = (method, path) =>
      method === "POST" && path.endsWith("/messages") ? { delay: 300 } : undefined;
    await say(page, "hello");
    await page.getByText("Sending…").waitFor();
    await page.locator(".typing:visible").waitFor();
    await page.getByText("· Sent").waitFor();
    assert.equal(await page.locator(".typing:visible").count(), 0);
  }));

test("two tabs show the same conversation", () =>
  visit(async ({ page, desk }) => {
    const other = await page.context().newPage();
    await other.goto(`${desk.origin}/`);
    await openChat(other);
    await say(page, "from the first");
    await reads(page, "Answer to: from the first");
    await other.bringToFront();
    await reads(other, "Answer to: from the first");
    await say(other, "from the second");
    await reads(other, "Answer to: from the second");
    await page.bringToFront();
    await reads(page, "Answer to: from the second");
    assert.deepEqual(await bubbles(page), await bubbles(other));
    assert.equal(desk.conversations.length, 1);
  }));

test("what one tab forgets, the other no longer shows", () =>
  visit(async ({ page, desk }) => {
    await say(page, "a secret");
    await reads(page, "Answer to: a secret");
    const other = await page.context().newPage();
    await other.goto(`${desk.origin}/`);
    await openChat(other);
    await reads(other, "Answer to: a secret");
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("button", { name: "Forget this conversation" }).click();
    await page.getByRole("button", { name: "Erase it" }).click();
    await desk.until(() => desk.conversations.length === 0);
    await other.locator("li.patient").waitFor({ state: "detached" });
    await page.getByText("Erased here").first().waitFor();
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.ok(!kept.includes("token-") && !kept.includes("secret"), kept);
  }));

test("starting over shows the greeting and begins another conversation", () =>
  visit(async ({ page, desk }) => {
    await say(page, "old");
    await reads(page, "Answer to: old");
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("button", { name: "Start over" }).click();
    await page.locator("li.patient").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Request an appointment" }).waitFor();
    await say(page, "new");
    await reads(page, "Answer to: new");
    assert.equal(desk.conversations.length, 2);
  }));

test("when the session expires, the conversation stays above a line and goes on below", () =>
  visit(async ({ page, desk }) => {
    await say(page, "old");
    await reads(page, "Answer to: old");
    desk.expireSessions();
    await say(page, "new");
    await reads(page, "Answer to: new");
    const lines = await page.locator("ol > li").allInnerTexts();
    const order = ["old", "Answer to: old", "A new one begins", "new", "Answer to: new"];
    const found = order.map((text) => lines.findIndex((line) => line.includes(text)));
    assert.ok(found.every((at) => at >= 0) && found[2] === 3, lines.join("|"));
  }));

test("unread messages are counted on the launcher", () =>
  visit(async ({ page, desk }) => {
    await say(page, "hello");
    await reads(page, "Answer to: hello");
    await page.keyboard.press("Escape");
    desk.push({ text: "A nurse will call you.", author: "staff" });
    await page.locator(".badge", { hasText: "1" }).waitFor();
    await page.reload();
    await page.locator(".badge", { hasText: "1" }).waitFor();
    await page.locator(".launcher").click();
    await reads(page, "A nurse will call you.");
    await page.getByText("Clinic staff").first().waitFor();
    assert.equal(await page.locator(".badge").count(), 0);
  }));

test("each booking step has its keyboard and its autocomplete hint", () =>
  visit(async ({ page, desk }) => {
    const steps = ["patient_name", "callback_number", "visit_reason", "preferred_times"];
    let step = 0;
    desk.reply = () => [{ text: `Step ${step}`, input: steps[step++] ?? null }];
    const field = page.locator("#field");
    await say(page, "book");
    await page.getByLabel("Your full name").waitFor();
    assert.equal(await field.getAttribute("autocomplete"), "name");
    await say(page, "Ana Example");
    await page.getByLabel("Phone number with area code").waitFor();
    assert.equal(await field.getAttribute("type"), "tel");
    assert.equal(await field.getAttribute("autocomplete"), "tel");
    await say(page, "(310) 555-0199");
    await page.getByLabel("Reason for the visit").waitFor();
    await say(page, "migraine");
    await page.getByLabel("Days and times that suit you").waitFor();
    await page.getByLabel("Pick a day and time").fill("2030-05-14T14:30");
    await page.getByRole("button", { name: "Add" }).click();
    assert.match(await field.inputValue(), /^Tuesday, May 14, 2030 at 2:30/);
    await field.press("Enter");
    await reads(page, "Step 4");
    assert.equal(await page.locator("#moment:visible").count(), 0);
    await page.getByLabel("Your message").waitFor();
  }));

test("an incomplete phone number gets an inline error, a question does not", () =>
  visit(async ({ page, desk }) => {
    desk.reply = () => [{ text: "Which number?", input: "callback_number" }];
    await say(page, "book");
    await page.getByLabel("Phone number with area code").waitFor();
    await say(page, "555");
    await page.getByRole("alert").filter({ hasText: "area code" }).waitFor();
    assert.equal(await page.locator("#field").getAttribute("aria-invalid"), "true");
    await page.getByRole("button", { name: "Ask something else" }).click();
    await say(page, "Is it covered?");
    await desk.until(() => desk.patientTexts.length === 2);
    assert.deepEqual(desk.patientTexts, ["book", "Is it covered?"]);
  }));

test("short answers show the first part and the rest on request", () =>
  visit(async ({ page, desk }) => {
    desk.reply = () => [answer];
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("button", { name: "Short answers" }).click();
    await say(page, "What is it?");
    await reads(page, "hands-on care");
    assert.equal(await page.locator(".bubble ul").count(), 0);
    await page.getByRole("button", { name: "Show all" }).click();
    await page.locator(".bubble ul").waitFor();
  }));

test("a safety answer is never shortened", () =>
  visit(async ({ page, desk }) => {
    desk.reply = () => [{ text: "Call 911.\n\nDo not drive.", kind: "safety" }];
    await page.getByRole("button", { name: "Menu" }).click();
    await page.getByRole("button", { name: "Short answers" }).click();
    await say(page, "worst headache");
    await reads(page, "Do not drive.");
    const call = page.locator(".safety").getByRole("link", { name: "911" });
    assert.equal(await call.getAttribute("href"), "tel:911");
  }));

test("the clinic can be called and a person asked for with one press", () =>
  visit(async ({ page, desk }) => {
    const phone = page.getByRole("link", { name: "Call (310) 555-0142" });
    assert.equal(await phone.getAttribute("href"), "tel:+13105550142");
    await page.getByRole("button", { name: "Talk to a person" }).click();
    await desk.until(() => desk.patientTexts.length === 1);
    assert.deepEqual(desk.patientTexts, ["Talk to a person"]);
  }));

test("the transcript downloads as plain text", () =>
  visit(async ({ page, desk, offences }) => {
    desk.reply = () => [answer];
    await say(page, "What is it?");
    await reads(page, "hands-on care");
    await page.getByRole("button", { name: "Menu" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download this conversation" }).click(),
    ]);
    const text = await readFile(await download.path(), "utf8");
    assert.match(text, /You:\nWhat is it\?/);
    assert.match(text, /Assistant:\nNeuromuscular therapy is hands-on care\./);
    assert.match(text, /Source: The clinic's article https:\/\/clinic\.example\/article/);
    assert.deepEqual(offences, []);
  }));

test("Spanish pages get Spanish words", () =>
  visit(
    async ({ page, desk }) => {
      await page.getByPlaceholder("Su mensaje").waitFor();
      assert.ok(desk.requests.some(({ path }) => path.includes("locale=es")));
    },
    { html: 'lang="es-MX"' },
  ));

test("a page can replace words, in a language of its own too", () =>
  visit(
    async ({ page, desk }) => {
      desk.files["/words.js"] =
        `document.querySelector("clinic-chat").labels = { fr: { launch: "Écrivez-nous", message: "Votre message" } };`;
      desk.files["/"] = pageOf({ html: 'lang="fr"' }).replace(
        "</body>",
        '<script type="module" src="/words.js"></script></body>',
      );
      await page.goto(desk.origin);
      await page.locator("clinic-chat .launcher").click();
      await page.getByPlaceholder("Votre message").waitFor();
    },
    { open: false },
  ));

test("the page can open, prefill, send and close, and hears of it without what was said", () =>
  visit(
    async ({ page, desk }) => {
      await page.evaluate(() => {
        const heard: string[] = [];
        Object.assign(window, { heard });
        for (const type of ["chat-open", "chat-close", "chat-message", "chat-unread"]) {
          document.addEventListener(type, (event) => {
            heard.push(`${type} ${JSON.stringify((event as CustomEvent).detail)}`);
          });
        }
      });
      const chat = page.locator("clinic-chat");
      await chat.evaluate((element) => (element as HTMLElementTagNameMap["clinic-chat"]).open());
      await page.locator("dialog[open]").waitFor();
      await chat.evaluate((element) =>
        (element as HTMLElementTagNameMap["clinic-chat"]).prefill("edit me"),
      );
      assert.equal(await page.locator("#field").inputValue(), "edit me");
      await chat.evaluate((element) =>
        (element as HTMLElementTagNameMap["clinic-chat"]).send("from the page"),
      );
      await reads(page, "Answer to: from the page");
      await chat.evaluate((element) => (element as HTMLElementTagNameMap["clinic-chat"]).close());
      assert.equal(await page.locator("dialog[open]").count(), 0);
      desk.push({ text: "later" });
      await page.locator(".badge").waitFor();
      const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
      assert.deepEqual([...heard].sort(), [
        "chat-close {}",
        'chat-message {"id":1,"author":"patient"}',
        'chat-message {"id":2,"author":"assistant"}',
        'chat-message {"id":3,"author":"staff"}',
        "chat-open {}",
        'chat-unread {"count":1}',
      ]);
    },
    { open: false },
  ));

test("a panel that cannot be fetched says so and can be tried again", () =>
  visit(
    async ({ page }) => {
      await page.route("**/widget-panel.js*", (route) => route.abort());
      await page.reload();
      await page.locator(".launcher").click();
      await page.getByText("The chat could not be loaded.").waitFor();
      await page.unroute("**/widget-panel.js*");
      await openChat(page);
    },
    { open: false },
  ));

test("it works from a page of another origin", () =>
  visit(
    async ({ page, desk }) => {
      const clinic = await new Desk().start();
      try {
        clinic.files["/"] = pageOf().replace("/widget.js", `${desk.origin}/widget.js`);
        const offences = watch(page, desk.origin).filter((entry) => !entry.startsWith("request"));
        await page.goto(`${clinic.origin}/`);
        await openChat(page);
        await say(page, "across");
        await reads(page, "Answer to: across");
        assert.deepEqual(desk.patientTexts, ["across"]);
        assert.deepEqual(offences, []);
      } finally {
        await clinic.stop();
      }
    },
    { open: false },
  ));

test("a removed element leaves nothing running", () =>
  visit(async ({ page, desk }) => {
    await say(page, "hello");
    await reads(page, "Answer to: hello");
    await desk.until(() => desk.streams === 1);
    await page.evaluate(() => document.querySelector("clinic-chat")?.remove());
    await desk.until(() => desk.streams === 0);
  }));

test("a conversation begun on one site does not show on another", () =>
  visit(async ({ page, desk }) => {
    await say(page, "for this site only");
    await reads(page, "Answer to: for this site only");
    const other = await new Desk().start();
    try {
      other.files["/"] = pageOf({ attributes: `api="${desk.origin}"` });
      await page.goto(`${other.origin}/`);
      await openChat(page);
      assert.equal(await page.getByText("for this site only").count(), 0);
      await say(page, "and this for the other");
      await reads(page, "Answer to: and this");
      assert.equal(desk.conversations.length, 2);
    } finally {
      await other.stop();
    }
  }));

test("as a module it can be given another name", () =>
  visit(
    async ({ page, desk }) => {
      desk.files["/own.js"] =
        'import { ClinicChat } from "/widget.js"; customElements.define("own-chat", class extends ClinicChat {});';
      desk.files["/"] = pageOf()
        .replace('src="/widget.js"', 'src="/own.js"')
        .replaceAll("clinic-chat", "own-chat");
      await page.goto(`${desk.origin}/`);
      await page.locator("own-chat .launcher").click();
      await page.locator("own-chat dialog[open]").waitFor();
    },
    { open: false },
  ));
