import type { BrowserContextOptions, Page } from "playwright-core";
import { openChat, reads, say, type Visit } from "./browser.ts";
import type { Desk, Reply } from "./desk.ts";

/** A state that a patient can see, and how it comes about. */
export interface State {
  reach?: (visit: Visit) => Promise<unknown>;
  attributes?: string;
  html?: string;
  context?: BrowserContextOptions;
  prepare?: (desk: Desk) => void;
  open?: boolean;
}

const SOURCE = { title: "The clinic's article", url: "https://clinic.example/article" };
const buttons = (...titles: string[]) => titles.map((title, id) => ({ id: `1-${id}`, title }));

export const LONG: Reply = {
  text: "**A long answer** begins here.\n\nIt has parts:\n- one\n- two\n\nCall (310) 555-0142.",
  source: SOURCE,
  buttons: buttons("What are trigger points?", "Request an appointment"),
};

/** Asks, and waits for these answers. */
export async function ask({ page, desk }: Visit, ...replies: Reply[]): Promise<void> {
  const shown = await page.locator("ol .bubble").count();
  desk.reply = () => replies;
  await say(page, "a question");
  await page
    .locator("ol .bubble")
    .nth(shown + replies.length)
    .waitFor();
}

export const menu = (page: Page) => page.getByRole("button", { name: "Menu" }).click();

const choose = async (page: Page, name: string) => {
  await menu(page);
  await page.getByRole("button", { name, exact: true }).click();
};
const answers = (...replies: Reply[]): State => ({ reach: (visit) => ask(visit, ...replies) });
const step = (input: string, text: string, filled = ""): State => ({
  reach: async (visit) => {
    await ask(visit, { text, input });
    if (filled) await visit.page.locator("#field").fill(filled);
  },
});
/** The desk answers what is posted in this way. */
const posts = (fault: number | "hang", shows: string, ...texts: string[]): State => ({
  reach: async ({ page, desk }) => {
    desk.fault = (method, path) =>
      method === "POST" && path.endsWith("/messages") ? fault : undefined;
    for (const text of texts) await say(page, text);
    await page
      .getByText(shows)
      .nth(fault === 422 ? texts.length - 1 : 0)
      .waitFor();
  },
});
const closedWith = (count: number): State => ({
  reach: async (visit) => {
    await ask(visit, LONG);
    await visit.page.keyboard.press("Escape");
    for (let n = 0; n < count; n++) visit.desk.push({ text: `later ${n}` });
    await visit.page.locator(".badge", { hasText: `${count}` }).waitFor();
  },
});
const away: State["reach"] = async ({ page, desk }) => {
  await desk.stop();
  await say(page, "hello");
  await page.getByText("Waiting to be sent").waitFor();
};

export const STATES: Record<string, State> = {
  // Closed
  closed: { open: false },
  "closed with one unread": closedWith(1),
  "closed with a dozen unread": closedWith(12),
  "closed, could not be loaded": {
    open: false,
    reach: async ({ page }) => {
      await page.route("**/widget-panel.js*", (route) => route.abort());
      await page.reload();
      await page.locator(".launcher").click();
      await page.getByText("The chat could not be loaded.").waitFor();
    },
  },
  // Just opened
  greeting: {},
  "greeting without suggestions": {
    prepare: (desk) => {
      desk.config = { ...desk.config, suggestions: [] };
    },
  },
  "greeting of a clinic with a long name": {
    prepare: (desk) => {
      const name = "The Example Centre for Headache, Neuromuscular and Facial Pain Care of Anytown";
      desk.config = { ...desk.config, clinic: { ...desk.config.clinic, name } };
    },
  },
  "in Spanish": {
    html: 'lang="es"',
    open: false,
    reach: async ({ page }) => {
      await page.locator(".launcher").click();
      await page.getByRole("button", { name: "Hablar con una persona" }).waitFor();
    },
  },
  "first opened while the desk is away": {
    open: false,
    reach: async ({ page, desk }) => {
      await page.waitForFunction(() =>
        performance.getEntriesByType("resource").some(({ name }) => name.includes("panel")),
      );
      await desk.stop();
      await page.locator(".launcher").click();
      await page.locator("dialog[open]").waitFor();
    },
  },
  "modal on a phone": { context: { viewport: { width: 360, height: 640 }, hasTouch: true } },
  // Answers
  "short answer": answers({ text: "Yes." }),
  "answer with source and buttons": answers(LONG),
  "answer with a list": answers({ text: "- one\n- two\n- **three**" }),
  "answer with bold": answers({ text: "This is **important** to know." }),
  "answer with a phone number": answers({ text: "Call (310) 555-0142." }),
  "answer with an e-mail address": answers({ text: "Write to desk@clinic.example." }),
  "answer with a web address": answers({ text: "See https://clinic.example/visit for the way." }),
  "answer with a source that is no link": answers({
    text: "As said.",
    source: { title: "An old leaflet", url: "javascript:0" },
  }),
  "answer with a long word": answers({ text: `See ${"neuromuscular".repeat(12)}.` }),
  "answer with many buttons": answers({
    text: "Which did you mean?",
    buttons: buttons(
      "Trigger points",
      "Referred pain",
      "Posture",
      "Feet",
      "Botox",
      "Something else",
    ),
  }),
  "answer with a long button": answers({
    text: "Did you mean this?",
    buttons: buttons("How can the sternocleidomastoid muscle in the neck cause a headache?"),
  }),
  "answer of many paragraphs": answers({ text: Array(12).fill("A paragraph of it.").join("\n\n") }),
  "two answers": answers(LONG, { text: "And more." }),
  "answer in Spanish": answers({ text: "**Llame al 911.**\n\n- No conduzca." }),
  "answer in Arabic": answers({ text: "مرحبا. اتصل على (310) 555-0142." }),
  "buttons put away after the next message": {
    reach: async (visit) => {
      await ask(visit, LONG);
      await ask(visit, { text: "Yes." });
    },
  },
  "short answers": {
    reach: async (visit) => {
      await choose(visit.page, "Short answers");
      await ask(visit, LONG);
    },
  },
  "short answer expanded": {
    reach: async (visit) => {
      await choose(visit.page, "Short answers");
      await ask(visit, LONG);
      await visit.page.getByRole("button", { name: "Show all" }).click();
    },
  },
  // Safety, staff, and nobody there
  emergency: answers({ text: "**Call 911 now.**\n\n- Do not drive.", kind: "safety" }),
  crisis: answers({ text: "**Call or text 988.** In danger, call 911.", kind: "safety" }),
  "urgent with buttons": answers({
    text: "**See a clinician today.**",
    kind: "safety",
    buttons: buttons("Call the clinic"),
  }),
  "emergency between answers": answers(LONG, { text: "**Call 911.**", kind: "safety" }, LONG),
  "safe message": answers({ text: "We will answer. Call (310) 555-0142.", kind: "safe" }),
  "staff message": answers({ text: "A nurse will call.", author: "staff" }),
  "staff message with source": answers({ text: "See this.", author: "staff", source: SOURCE }),
  // What the patient says
  "long message": { reach: ({ page }) => say(page, "It hurts. ".repeat(120)) },
  "message of several lines": { reach: ({ page }) => say(page, "one\ntwo\n\nthree") },
  "message in Arabic": { reach: ({ page }) => say(page, "عندي صداع") },
  draft: { reach: ({ page }) => page.locator("#field").fill("not sent yet") },
  "long draft": { reach: ({ page }) => page.locator("#field").fill("not sent yet\n".repeat(20)) },
  // On the way
  sending: posts("hang", "Sending…", "hello"),
  "sending several": posts("hang", "Sending…", "one", "two", "three"),
  failed: posts(422, "Not sent.", "hello"),
  "failed several": posts(422, "Not sent.", "one", "two"),
  "told to slow down": posts(429, "Waiting to be sent", "hello"),
  "desk in trouble": posts(500, "Waiting to be sent", "hello"),
  "failed message in the input again": {
    reach: async (visit) => {
      await posts(422, "Not sent.", "hello").reach?.(visit);
      await visit.page.getByRole("button", { name: "Edit" }).click();
    },
  },
  offline: { reach: away },
  "offline, several waiting": {
    reach: async (visit) => {
      await away(visit);
      await say(visit.page, "and this");
    },
  },
  "offline with the menu open": {
    reach: async (visit) => {
      await away(visit);
      await menu(visit.page);
    },
  },
  "back online": {
    reach: async (visit) => {
      await away(visit);
      await visit.desk.start();
      await reads(visit.page, "Answer to: hello");
    },
  },
  // Booking
  "name step": step("patient_name", "Your name?"),
  "name step, filled": step("patient_name", "Your name?", "Ana Example"),
  "phone step": step("callback_number", "Your number?"),
  "phone step, error": {
    reach: async (visit) => {
      await ask(visit, { text: "Your number?", input: "callback_number" });
      await say(visit.page, "555");
      await visit.page.getByRole("alert").filter({ hasText: "area code" }).waitFor();
    },
  },
  "phone step, another question": {
    reach: async (visit) => {
      await ask(visit, { text: "Your number?", input: "callback_number" });
      await visit.page.getByRole("button", { name: "Ask something else" }).click();
    },
  },
  "patient step": answers({
    text: "Have you been here before?",
    input: "patient_status",
    buttons: buttons("I am a new patient", "I have been there before"),
  }),
  "reason step": step("visit_reason", "What is it about?"),
  "times step": step("preferred_times", "When?"),
  "times step, one picked": {
    reach: async (visit) => {
      await ask(visit, { text: "When?", input: "preferred_times" });
      await visit.page.locator("#moment").fill("2030-05-14T14:30");
      await visit.page.getByRole("button", { name: "Add" }).click();
    },
  },
  summary: answers({
    text: "Please check your request:\n- Name: Ana Example\n- Phone: (310) 555-0199",
    buttons: buttons("Send request", "Change something"),
  }),
  requested: answers({ text: "Your request **FD-1A2B3C** has been noted." }),
  // Menu
  menu: { reach: ({ page }) => menu(page) },
  "menu with both choices on": {
    reach: async ({ page }) => {
      await choose(page, "Short answers");
      await choose(page, "Dim the colors");
      await menu(page);
    },
  },
  "forget question": { reach: ({ page }) => choose(page, "Forget this conversation") },
  forgotten: {
    reach: async (visit) => {
      await ask(visit, LONG);
      await choose(visit.page, "Forget this conversation");
      await visit.page.getByRole("button", { name: "Erase it" }).click();
      await visit.page.getByText("Erased here").first().waitFor();
    },
  },
  "started over": {
    reach: async (visit) => {
      await ask(visit, LONG);
      await choose(visit.page, "Start over");
      await visit.page.locator(".patient").waitFor({ state: "detached" });
    },
  },
  // History
  "long history": answers(...Array.from({ length: 40 }, () => LONG)),
  "history of last week": answers({ text: "Said then.", created_at: "2020-01-02T15:04:05Z" }),
  "history after a reload": {
    reach: async (visit) => {
      await ask(visit, LONG);
      await visit.page.reload();
      await reads(visit.page, "A long answer");
    },
  },
  "session ended": {
    reach: async (visit) => {
      await ask(visit, LONG);
      visit.desk.expireSessions();
      visit.desk.reply = () => [{ text: "A new beginning" }];
      await say(visit.page, "again");
      await reads(visit.page, "A new beginning");
    },
  },
  "opened by the page": {
    open: false,
    reach: async ({ page }) => {
      await page.locator("clinic-chat").evaluate(async (chat) => {
        const element = chat as HTMLElementTagNameMap["clinic-chat"];
        await element.prefill("Can shoes cause headaches?");
        await element.open();
      });
      await page.locator("dialog[open]").waitFor();
    },
  },
  "closed again": {
    reach: async ({ page }) => {
      await page.keyboard.press("Escape");
      await openChat(page);
      await page.keyboard.press("Escape");
    },
  },
};
