import assert from "node:assert/strict";
import { test } from "node:test";
import { type BrowserContext, chromium, type Frame, type Page } from "playwright-core";
import { Gateway, Line, random } from "./faults.ts";
import { FakeEngine, RealDesk } from "./real_desk.ts";

/** `make test-widget-faults` runs 1000. */
const SEEDS = Number(process.env.SEEDS ?? 24);
const FIRST = Number(process.env.FIRST ?? 1);
/** Visitors at the same time: a browser allows only so many connections. */
const AT_ONCE = 24;
const BATCH = 100;
const STEPS = 16;
/** The widget's waits (back-off, polling, silence of a stream) are this much shorter. */
const HASTE = 5;
/** A desk that is killed needs some time between two restarts to answer anybody. */
const RESTART_MS = 30_000;
const PATIENCE_MS = 90_000;

interface Shown {
  author: string;
  text: string;
}

/** One tab of a visitor: an iframe, so that closing it kills its script, requests and lock. */
class Tab {
  constructor(
    readonly frame: Frame,
    readonly id: string,
  ) {}

  static async open(page: Page, origin: string, id: string): Promise<Tab> {
    await page.evaluate(
      ([src, id]) => {
        const frame = document.createElement("iframe");
        Object.assign(frame, { src, id, name: id });
        // Frames out of sight are slowed down by the browser.
        frame.style.cssText = "position: fixed; inset: 0";
        document.body.append(frame);
      },
      [`${origin}/tab`, id] as const,
    );
    const handle = await page.waitForSelector(`#${id}`, { state: "attached" });
    const frame = await handle.contentFrame();
    if (!frame) throw new Error("no frame");
    await frame.waitForFunction(() => !!customElements.get("clinic-chat"), null, { polling: 50 });
    return new Tab(frame, id);
  }

  say(text: string): Promise<void> {
    return this.frame.evaluate((text) => document.querySelector("clinic-chat")?.send(text), text);
  }

  /** As the browser reports it. */
  setOffline(offline: boolean): Promise<unknown> {
    return this.frame.evaluate((offline) => {
      Object.defineProperty(navigator, "onLine", { configurable: true, get: () => !offline });
      dispatchEvent(new Event(offline ? "offline" : "online"));
    }, offline);
  }

  /** What the visitor sees, without the greeting; undefined while something is not sent. */
  shown(): Promise<Shown[] | undefined> {
    return this.frame.evaluate(() => {
      const items = document.querySelector("clinic-chat")?.shadowRoot?.querySelectorAll("ol > li");
      const shown = [...(items ?? [])].map((item) => ({
        author: item.classList[0] ?? "",
        text: item.querySelector(".bubble")?.textContent ?? "",
        confirmed: !!item.querySelector("time"),
      }));
      const said = shown.slice(shown.findIndex(({ confirmed }) => confirmed));
      return said.every(({ confirmed }) => confirmed)
        ? said.map(({ author, text }) => ({ author, text }))
        : undefined;
    });
  }

  token(): Promise<string> {
    return this.frame.evaluate(
      () =>
        JSON.parse(Object.entries(localStorage).find(([k]) => k.endsWith("session"))?.[1] ?? "{}")
          .token,
    );
  }

  async close(page: Page): Promise<void> {
    await page.evaluate((id) => document.getElementById(id)?.remove(), this.id);
  }
}

class Runner {
  #lastRestart = Date.now();
  #restarting: Promise<void> = Promise.resolve();
  readonly met = new Map<string, number>();
  messages = 0;

  constructor(
    readonly desk: RealDesk,
    readonly engine: FakeEngine,
    readonly gateway: Gateway,
  ) {}

  #count(what: string, times = 1): void {
    this.met.set(what, (this.met.get(what) ?? 0) + times);
  }

  /** One restart is felt by all visitors who are there. */
  #restart(): void {
    if (Date.now() - this.#lastRestart < RESTART_MS) return;
    this.#lastRestart = Date.now();
    this.#count("restart");
    this.#restarting = this.desk.restart();
  }

  async run(seed: number, page: Page): Promise<void> {
    const { gateway } = this;
    const chance = random(seed);
    const visitor = `visitor-${seed}`;
    const line = new Line(chance);
    gateway.connect(visitor, line);
    let opened = 0;
    const open = () => Tab.open(page, gateway.originOf(visitor), `${visitor}-${opened++}`);
    const tabs = [await open(), await open()];
    line.broken = true;
    const said: string[] = [];
    let offlineUntil = 0;
    for (let step = 0; step < STEPS; step++) {
      const offline = step < offlineUntil;
      if (line.offline !== offline) {
        line.offline = offline;
        for (const each of tabs) await each.setOffline(offline);
      }
      const place = chance() < 0.5 ? 0 : 1;
      const tab = tabs[place] as Tab;
      const action = chance();
      if (action < 0.6) {
        const text = `message ${said.length} of ${visitor}`;
        said.push(text);
        await tab.say(text);
      } else if (action < 0.72) {
        offlineUntil = step + 3;
        this.#count("offline");
      } else if (action < 0.84) {
        this.#count("tab closed");
        await tab.close(page);
        tabs[place] = await open();
        if (line.offline) await tabs[place].setOffline(true);
      } else if (action < 0.9) {
        this.#restart();
      }
      await new Promise((resolve) => setTimeout(resolve, chance() * 300));
    }
    if (!said.length) {
      said.push("at last");
      await (tabs[0] as Tab).say("at last");
    }
    line.broken = false;
    line.offline = false;
    for (const tab of tabs) await tab.setOffline(false);
    await this.#settle(seed, tabs, said);
    for (const tab of tabs) await tab.close(page);
    for (const [fault, times] of line.met) this.#count(`${fault}`, times);
    this.messages += said.length;
  }

  /** Waits until everything is answered and shown, and compares with what the desk stored. */
  async #settle(seed: number, tabs: Tab[], said: string[]): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    let problem = "";
    while (Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      await this.#restarting;
      const stored = await this.#stored(await (tabs[0] as Tab).token());
      const asked = texts(stored, "patient");
      const answers = texts(stored, "assistant").filter((text) => text.startsWith("Answer to:"));
      const expected = said.map((text) => `Answer to: ${text}`);
      // More than was said, or in another order, cannot become right again.
      assert.deepEqual(asked, said.slice(0, asked.length), `seed ${seed}: stored by the desk`);
      assert.deepEqual(answers, expected.slice(0, answers.length), `seed ${seed}: answered`);
      const views = await Promise.all(tabs.map((tab) => tab.shown()));
      const wanted = JSON.stringify(stored.map(({ author, text }) => ({ author, text })));
      problem = `stored ${asked.length}, answered ${answers.length} of ${said.length}; shown ${JSON.stringify(views)}`;
      if (
        answers.length === said.length &&
        views.every(
          (view) =>
            JSON.stringify(view?.map(flat)) === JSON.stringify(JSON.parse(wanted).map(flat)),
        )
      ) {
        const [conversation] = [...this.engine.runs.values()].filter((runs) =>
          runs.includes(said[0] ?? ""),
        );
        assert.deepEqual(conversation, said, `seed ${seed}: run by the engine`);
        return;
      }
    }
    assert.fail(`seed ${seed} did not settle: ${problem}`);
  }

  async #stored(token: string | undefined): Promise<Shown[]> {
    if (!token) return [];
    const response = await fetch(`${this.desk.url}/api/chat/messages?after=0`, {
      headers: { Authorization: `Bearer ${token}` },
    }).catch(() => undefined);
    return response?.ok ? (await response.json()).messages : [];
  }
}

/** Blocks of a text are elements on screen. */
function flat({ author, text }: Shown): string {
  return `${author} ${text.replace(/\*\*|^- /gm, "").replace(/\s+/g, "")}`;
}

function texts(messages: Shown[], author: string): string[] {
  return messages.filter((message) => message.author === author).map(({ text }) => text);
}

async function host(context: BrowserContext, gateway: Gateway): Promise<Page> {
  await context.addInitScript((haste) => {
    const set = window.setTimeout;
    Object.assign(window, {
      setTimeout: (run: () => void, wait = 0) => set(run, wait / haste),
    });
  }, HASTE);
  const page = await context.newPage();
  await page.goto(`http://localhost:${gateway.port}/empty`);
  return page;
}

test(`${SEEDS} fault schedules against the real desk lose, double and reorder nothing`, async (t) => {
  const engine = await new FakeEngine().start();
  const desk = await new RealDesk().start(engine);
  const gateway = await new Gateway(desk).start();
  try {
    const chance = random(FIRST);
    engine.away = () => chance() < 0.01;
    const runner = new Runner(desk, engine, gateway);
    const failures: string[] = [];
    const begun = Date.now();
    const seconds = () => Math.round((Date.now() - begun) / 1000);
    let seed = FIRST;
    while (seed < FIRST + SEEDS) {
      // A browser keeps something of every closed frame: from time to time a new one.
      const end = Math.min(seed + BATCH, FIRST + SEEDS);
      const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
        args: [
          "--no-sandbox",
          "--disable-dev-shm-usage",
          "--disable-features=IsolateOrigins,site-per-process",
          "--disable-site-isolation-trials",
        ],
      });
      const context = await browser.newContext({ reducedMotion: "reduce" });
      const page = await host(context, gateway);
      const work = async () => {
        while (seed < end) {
          const mine = seed++;
          await runner.run(mine, page).catch((error) => {
            failures.push(`${mine}: ${error.message}`);
            console.log(failures.at(-1));
          });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      await browser.close();
      console.log(`up to seed ${end - 1}: ${failures.length} failed, ${seconds()} s`);
    }
    t.diagnostic(`${runner.messages} messages in ${seconds()} s`);
    t.diagnostic(
      [...runner.met]
        .map(([what, times]) => `${what} ${times}`)
        .sort()
        .join(", "),
    );
    assert.deepEqual(failures, []);
  } finally {
    gateway.stop();
    await desk.stop();
    engine.stop();
  }
});
