// Loads our widget and published ones into Chromium, one after the other, and prints what a clinic
// should know before it puts one of them on its page. Writes README.md beside this file.
import { execFileSync } from "node:child_process";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { TEXTS } from "../../widget/tests/hostile.ts";
import { CONTESTANTS, READY } from "./contestants.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = fileURLToPath(new URL("../../widget/dist/", import.meta.url));
const fetched = join(here, "node_modules");
const fromWidget = createRequire(new URL("../../widget/package.json", import.meta.url));
const { chromium } = fromWidget("playwright-core");
const axe = await readFile(fromWidget.resolve("axe-core/axe.min.js"), "utf8");
const NPM = join(process.execPath, "../../lib/node_modules/npm/bin/npm-cli.js");
const LOADS = 3;
const PATIENCE_MS = 120_000;
const POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'",
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-src 'none'",
].join("; ");
const TRUSTED = `${POLICY}; require-trusted-types-for 'script'; trusted-types 'none'`;
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css" };

/** Each payload names itself wherever it would fetch from or run, so that hits can be counted. */
const HOSTILE = TEXTS.map((text, index) =>
  text.replaceAll("evil.example", `h${index}.evil.example`).replaceAll("hit()", `hit(${index})`),
);

const CONFIG = {
  clinic: { name: "Clinic", phone_display: "(310) 555-0142", phone_tel: "+13105550142" },
  notice: "Automated assistant, not a clinician",
  emergency: "In an emergency call 911.",
  greeting: READY,
  suggestions: [{ title: "Question", text: "Question" }],
};

async function fetchPackage({ package: name, version }) {
  const folder = join(fetched, `${name.replace("/", "-")}-${version}`);
  if (await stat(folder).catch(() => undefined)) return folder;
  await mkdir(folder, { recursive: true });
  const run = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] };
  const archive = execFileSync(process.execPath, [NPM, "pack", `${name}@${version}`, "--silent"], run);
  execFileSync("tar", ["xzf", archive.trim(), "--strip-components=1"], run);
  return folder;
}

/** The widget's page, its files, and as much of a server as it needs to show what the bot says. */
class Site {
  policy = "";
  messages = [READY];
  /** Sizes of the files that the page asked for, by path. */
  served = new Map();
  #polls = [];
  #pending = [];

  constructor(contestant, root) {
    this.contestant = contestant;
    this.root = root;
  }

  async start() {
    this.server = createServer((request, response) =>
      this.#answer(request, response).catch((error) => response.writeHead(500).end(`${error}`)),
    );
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.origin = `http://localhost:${this.server.address().port}`;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.origin);
    const { contestant } = this;
    let body = "";
    for await (const chunk of request) body += chunk;
    const json = (value) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(value));
    if (pathname === "/") {
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      if (this.policy) response.setHeader("Content-Security-Policy", this.policy);
      const { head = "", body: content } = contestant;
      response.end(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Clinic</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="/vendor/none">${head}</head>
<body><main><h1>Clinic</h1><p>Care for people with headaches.</p></main>${content}</body></html>`);
    } else if (pathname === "/start.js") {
      response.setHeader("Content-Type", "text/javascript");
      const source = contestant.start.replace(/^import .*$/m, "");
      const imports = contestant.start.match(/^import .*$/m)?.[0] ?? "";
      response.end(`${imports}\nconst MESSAGES = ${JSON.stringify(this.messages)};\n${source}`);
    } else if (pathname === "/vendor/none") {
      response.writeHead(204).end();
    } else if (pathname.startsWith("/vendor/") || (contestant.own && /^\/widget.*\.js$/.test(pathname))) {
      const path = contestant.own ? join(dist, pathname) : join(this.root, pathname.slice(8));
      const bytes = await readFile(path).catch(() => undefined);
      if (!bytes) return response.writeHead(404).end();
      this.served.set(pathname, bytes);
      response.setHeader("Content-Type", TYPES[extname(path)] ?? "application/octet-stream");
      response.end(bytes);
    } else if (pathname === "/api/chat/config") {
      json(CONFIG);
    } else if (pathname === "/api/chat/sessions") {
      json({ token: "token" });
    } else if (pathname === "/api/chat/messages") {
      if (request.method === "GET") return json({ messages: [], last_id: 0 });
      const { client_id, text } = JSON.parse(body);
      const message = (id, author, words, own = null) => ({
        ...{ id, author, client_id: own, text: words, buttons: [], source: null, topic: null },
        ...{ kind: "text", input: null, created_at: new Date().toISOString() },
      });
      json({
        message: message(1, "patient", text, client_id),
        replies: this.messages.map((words, index) => message(index + 2, "assistant", words)),
      });
    } else if (pathname === "/api/chat/events") {
      response.setHeader("Content-Type", "text/event-stream");
      response.write(": open\n\n");
    } else if (pathname === "/socket.io/") {
      this.#socket(request.method, searchParams, body, response);
    } else {
      json({});
    }
  }

  /** Engine.IO 4 by polling, as far as one conversation needs it. */
  #socket(method, query, body, response) {
    const flush = () => {
      while (this.#polls.length && this.#pending.length) {
        this.#polls.shift().end(this.#pending.splice(0).join("\x1e"));
      }
    };
    const send = (...packets) => {
      this.#pending.push(...packets);
      flush();
    };
    if (method === "POST") {
      for (const packet of body.split("\x1e")) {
        if (packet === "40") send('40{"sid":"s"}');
        if (packet.includes("session_request")) send('42["session_confirm","s"]');
        if (packet.includes("user_uttered")) {
          send(...this.messages.map((text) => `42${JSON.stringify(["bot_uttered", { text }])}`));
        }
      }
      response.end("ok");
    } else if (query.get("sid")) {
      this.#polls.push(response);
      flush();
    } else {
      this.#polls = [];
      this.#pending = [];
      response.end('0{"sid":"s","upgrades":[],"pingInterval":300000,"pingTimeout":300000}');
    }
  }
}

/** Watches a page from its first moment on. */
function observe(selector) {
  const seen = { long: [], button: 0, violations: [], hits: [] };
  Object.assign(window, { seen, hit: (payload) => seen.hits.push(payload) });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.long.push([startTime, duration]);
  }).observe({ type: "longtask", buffered: true });
  document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) =>
    seen.violations.push(effectiveDirective),
  );
  const everywhere = function* (root) {
    for (const node of root.querySelectorAll("*")) {
      yield node;
      if (node.shadowRoot) yield* everywhere(node.shadowRoot);
    }
  };
  window.everywhere = () => [...everywhere(document)];
  const look = () => {
    const button = window.everywhere().find((node) => node.matches(selector));
    if (button?.getBoundingClientRect().width) seen.button = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function visit(browser, site, { policy = "", messages = [READY], reducedMotion = "no-preference" } = {}) {
  const { contestant } = site;
  site.policy = policy;
  site.messages = messages;
  site.served.clear();
  const context = await browser.newContext({ reducedMotion, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  const errors = [];
  const requests = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("dialog", (dialog) => dialog.dismiss());
  await page.route(
    (url) => url.origin !== site.origin,
    (route) => {
      requests.push(route.request().url());
      return route.abort();
    },
  );
  await page.addInitScript(observe, contestant.launcher ?? contestant.input);
  await page.goto(site.origin, { waitUntil: "load" });
  return { context, page, errors, requests };
}

/** Opens the chat and waits until it shows what the bot says. Says false if it cannot. */
async function open(page, { launcher, input, message, own }, atLeast = 1) {
  try {
    if (launcher && !(await page.locator(input).first().isVisible())) {
      await page.locator(launcher).first().click();
    }
    await page.locator(input).first().waitFor();
    if (own && atLeast > 1) {
      await page.locator(input).first().fill("question");
      await page.locator(input).first().press("Enter");
    }
    await page.locator(message).nth(atLeast - 1).waitFor({ state: "attached", timeout: 30_000 });
    return true;
  } catch {
    return false;
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function measure(browser, contestant) {
  const root = contestant.own ? dist : await fetchPackage(contestant);
  const site = new Site(contestant, root);
  await site.start();
  const row = { name: contestant.own ? contestant.name : `${contestant.name} ${contestant.version}` };
  try {
    // Loading, and what is there once it is open.
    const buttons = [];
    const long = [];
    for (let load = 0; load < LOADS; load++) {
      const { context, page, requests } = await visit(browser, site);
      await page.waitForFunction(() => window.seen.button).catch(() => {});
      await page.waitForTimeout(800);
      const seen = await page.evaluate(() => window.seen);
      long.push(seen.long.reduce((sum, [, duration]) => sum + duration, 0));
      // Ready to be pressed: shown, and no long task in the way.
      const busy = seen.long.filter(([start]) => start < seen.button + 50);
      buttons.push(Math.max(seen.button, ...busy.map(([start, duration]) => start + duration)));
      if (load === LOADS - 1) {
        row.opens = await open(page, contestant);
        await page.waitForTimeout(500);
        const sizes = [...site.served.values()];
        row.gzip = sizes.reduce((sum, bytes) => sum + gzipSync(bytes, { level: 9 }).length, 0);
        row.brotli = sizes.reduce((sum, bytes) => sum + brotliCompressSync(bytes).length, 0);
        row.requests = sizes.length + requests.length;
        row.third = requests.length;
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run());
        row.axe = violations.length;
        row.rules = violations.map(({ id }) => id).join(", ");
        row.log = await page.evaluate(
          () => window.everywhere().filter((node) => node.getAttribute("role") === "log").length,
        );
        if (contestant.launcher) {
          await page.keyboard.press("Escape");
          await page.waitForTimeout(500);
          row.escape = (await page.locator(contestant.input).first().isVisible()) ? "no" : "yes";
        } else {
          row.escape = "no launcher";
        }
      }
      await context.close();
    }
    row.long = Math.round(median(long));
    row.button = Math.round(median(buttons));

    // Under a strict policy, without and with Trusted Types.
    for (const [name, policy] of [["csp", POLICY], ["trusted", TRUSTED]]) {
      const { context, page, errors } = await visit(browser, site, { policy });
      const works = await open(page, contestant);
      await page.waitForTimeout(300);
      const violations = (await page.evaluate(() => window.seen?.violations)) ?? [];
      const typed = violations.filter((directive) => directive.includes("trusted-types"));
      const count = name === "csp" ? violations.length : typed.length;
      const broken = !works && row.opens ? ", does not open" : "";
      row[name] = `${count}${name === "trusted" && errors.length ? `; page errors: ${errors.length}` : ""}${broken}`;
      await context.close();
    }

    // Nothing may move for those who asked for that.
    const still = await visit(browser, site, { reducedMotion: "reduce" });
    await open(still.page, contestant);
    row.moving = await still.page.evaluate(
      () => document.getAnimations().filter(({ playState }) => playState === "running").length,
    );
    await still.context.close();

    // A bot that turned hostile, on a page without any policy.
    const hostile = await visit(browser, site, { messages: HOSTILE });
    row.shown = await open(hostile.page, contestant, contestant.own ? HOSTILE.length : 1);
    for (let before = -1, now = 0; before !== now; ) {
      before = now;
      await hostile.page.waitForTimeout(3000);
      now = await hostile.page.locator(contestant.message).count();
    }
    const result = await hostile.page
      .evaluate(() => ({
        hits: [...new Set(window.seen.hits)].length,
        // "javascript:void(0)" is what a widget makes of a link that it has refused.
        links: window
          .everywhere()
          .filter(({ localName, href }) => localName === "a" && href !== "javascript:void(0)")
          .filter(({ href }) => /^(javascript|data|vbscript|file|blob|filesystem|intent|view-source):/i.test(href))
          .length,
      }))
      .catch(() => ({ hits: "?", links: "?" }));
    const fetchedBy = new Set(hostile.requests.flatMap((url) => /\bh(\d+)\.evil\.example/.exec(url)?.[1] ?? []));
    row.messages = await hostile.page.locator(contestant.message).count();
    row.ran = result.hits;
    row.links = result.links;
    row.fetched = fetchedBy.size;
    await hostile.context.close();
  } finally {
    site.stop();
  }
  return row;
}

const COLUMNS = [
  ["gzip", "gzip, bytes"],
  ["brotli", "brotli, bytes"],
  ["requests", "files and requests"],
  ["third", "third-party requests"],
  ["long", "long tasks while loading, ms"],
  ["button", "button ready, ms"],
  ["axe", "axe rules violated, open"],
  ["csp", "policy violations"],
  ["trusted", "Trusted Types violations"],
  ["ran", "payloads that ran"],
  ["fetched", "payloads that fetched"],
  ["links", "bad links kept"],
  ["moving", "animations under reduced motion"],
  ["log", "`role=log`"],
  ["escape", "Escape closes"],
];

const only = process.argv[2];
const rows = [];
let version = "";
for (const contestant of CONTESTANTS) {
  if (only && !contestant.name.includes(only)) continue;
  // A page of a widget may hang, and its browser with it: then once more, in another one.
  for (let attempt = 1; rows.at(-1)?.contestant !== contestant; attempt++) {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    });
    version = browser.version();
    const deadline = setTimeout(() => browser.close(), PATIENCE_MS);
    try {
      rows.push({ contestant, ...(await measure(browser, contestant)) });
      console.log(`measured: ${contestant.name}`);
    } catch (error) {
      if (attempt === 3) throw error;
    } finally {
      clearTimeout(deadline);
      await browser.close();
    }
  }
}

const table = [
  `| | ${rows.map(({ name }) => name).join(" | ")} |`,
  `|---|${rows.map(() => "---|").join("")}`,
  ...COLUMNS.map(([key, title]) => `| ${title} | ${rows.map((row) => row[key] ?? "?").join(" | ")} |`),
].join("\n");
console.log(`\n${table}`);
if (!only) {
  const text = await readFile(join(here, "README.md"), "utf8");
  const [before] = text.split("<!-- results -->");
  const machine = `Chromium ${version}, Node ${process.version}, ${cpus().length} cores (${cpus()[0].model.trim()}).`;
  const rules = rows.filter((row) => row.rules).map((row) => `- ${row.name}: ${row.rules}`);
  const shown = rows.map((row) => `${row.name} ${row.messages}`).join(", ");
  await writeFile(
    join(here, "README.md"),
    `${before}<!-- results -->\n\n${machine}\n\n${table}\n\nRules that axe found violated:\n\n${rules.join("\n")}\n\nHostile messages on screen when counted, of ${HOSTILE.length} (chatroom shows them as one): ${shown}.\n`,
  );
}
