import { after, before } from "node:test";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { Desk } from "./desk.ts";

/** What a careful clinic allows its pages. */
export const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export function pageOf({ attributes = "", html = 'lang="en"', head = "" } = {}): string {
  return `<!doctype html><html ${html}><head><meta charset="utf-8"><title>Clinic</title>
<meta name="viewport" content="width=device-width, initial-scale=1">${head}
<script type="module" src="/widget.js"></script></head>
<body><main><h1>Example clinic</h1><p>Care for people with headaches.</p><a href="#top">A link</a>
</main><clinic-chat ${attributes}></clinic-chat></body></html>`;
}

let browser: Browser;

/** Starts the browser for the tests of a file. */
export function useBrowser(): void {
  before(async () => {
    browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox"],
    });
  });
  after(() => browser.close());
}

export interface Visit {
  desk: Desk;
  page: Page;
  /** Policy violations, errors and requests to other origins; a good visit leaves none. */
  offences: string[];
}

/** A visitor on a clinic page under the strict policy, with a desk behind it. */
export async function visit(
  test: (visit: Visit) => Promise<void>,
  options: {
    attributes?: string;
    html?: string;
    head?: string;
    context?: BrowserContextOptions;
    prepare?: (desk: Desk) => void;
    open?: boolean;
  } = {},
): Promise<void> {
  const desk = await new Desk().start();
  desk.pageHeaders = { "Content-Security-Policy": POLICY };
  desk.files["/"] = desk.files["/next"] = pageOf(options);
  options.prepare?.(desk);
  const context = await browser.newContext({ locale: "en-US", ...options.context });
  try {
    const page = await context.newPage();
    const offences = watch(page, desk.origin);
    await page.goto(`${desk.origin}/`);
    if (options.open !== false) await openChat(page);
    await test({ desk, page, offences });
  } finally {
    await context.close();
    await desk.stop();
  }
}

/** Collects what a page must not do. */
export function watch(page: Page, origin: string): string[] {
  const offences: string[] = [];
  page.on("pageerror", (error) => offences.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A desk that is away is reported by the browser itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
      offences.push(`console: ${message.text()}`);
    }
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith("blob:")) offences.push(`request: ${url}`);
  });
  return offences;
}

export async function openChat(page: Page): Promise<void> {
  await page.locator("clinic-chat .launcher").click();
  await page.locator("clinic-chat dialog[open]").waitFor();
  await page.getByText("Hello. I answer questions").first().waitFor();
}

export async function say(page: Page, text: string): Promise<void> {
  await page.locator("#field").fill(text);
  await page.locator("#field").press("Enter");
}

/** The conversation on screen, one string a message. */
export function bubbles(page: Page): Promise<string[]> {
  return page.locator("clinic-chat ol .bubble").allInnerTexts();
}

/** Waits for a bubble with this text. */
export async function reads(page: Page, text: string): Promise<void> {
  await page.locator("clinic-chat ol .bubble", { hasText: text }).first().waitFor();
}
