import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../src/api.ts";
import { Conversation } from "../src/conversation.ts";
import { Store } from "../src/store.ts";
import { Desk, type Fault } from "./desk.ts";

/** Real seconds would make the waits between attempts real, too. */
const SECOND = 8;

/** A browser's storage: tabs share it and hear of each other's changes. */
class SharedStorage {
  readonly #records: Record<string, string> = {};
  readonly tabs = new Set<Tab>();

  /** The storage as one tab sees it: records are properties, as in the browser. */
  seenBy(self: () => Tab | undefined): Storage {
    const records = this.#records;
    const changed = () => {
      for (const tab of this.tabs) {
        if (tab !== self()) setImmediate(() => tab.talk.changedElsewhere());
      }
    };
    const methods: Partial<Storage> = {
      getItem: (key) => records[key] ?? null,
      setItem: (key, value) => {
        if (records[key] === value) return;
        records[key] = value;
        changed();
      },
      removeItem: (key) => {
        if (!(key in records)) return;
        delete records[key];
        changed();
      },
    };
    return new Proxy(records, {
      get: (_, name) => methods[name as keyof Storage],
    }) as unknown as Storage;
  }
}

class Tab {
  readonly talk: Conversation;
  #waiting: { test: () => boolean; resolve: () => void }[] = [];

  constructor(
    desk: Desk,
    readonly storage = new SharedStorage(),
  ) {
    const store = new Store(desk.origin, () => storage.seenBy(() => this));
    this.talk = new Conversation(
      new Api(desk.origin),
      store,
      "en",
      {
        changed: () => queueMicrotask(() => this.#check()),
        received: () => this.#check(),
        ended: () => {},
      },
      SECOND,
    );
    storage.tabs.add(this);
    this.talk.start();
  }

  close(): void {
    this.talk.stop();
    this.storage.tabs.delete(this);
  }

  /** Resolves when the conversation as this tab knows it fulfils `test`. */
  until(test: (talk: Conversation) => boolean): Promise<void> {
    if (test(this.talk)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ test: () => test(this.talk), resolve });
    });
  }

  get texts(): string[] {
    return this.talk.messages.map((message) => message.text);
  }

  #check(): void {
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (!test()) return true;
      resolve();
      return false;
    });
  }
}

async function withDesk(run: (desk: Desk, open: (of?: SharedStorage) => Tab) => Promise<void>) {
  const desk = await new Desk().start();
  const tabs: Tab[] = [];
  try {
    await run(desk, (storage) => {
      const tab = new Tab(desk, storage);
      tabs.push(tab);
      return tab;
    });
  } finally {
    for (const tab of tabs) tab.close();
    await desk.stop();
  }
}

const answered = (count: number) => (talk: Conversation) =>
  !talk.pending.length && talk.messages.length >= count;

test("it sends what the patient says and receives the answer", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("hello");
    await tab.until(answered(2));
    assert.deepEqual(tab.texts, ["hello", "Answer to: hello"]);
    assert.equal(desk.messages.length, 2);
  }));

test("it makes no request before the patient says something", () =>
  withDesk(async (desk, open) => {
    open();
    await new Promise(setImmediate);
    assert.deepEqual(desk.requests, []);
  }));

test("it keeps messages in order while the desk is away", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    await desk.stop();
    for (const text of ["one", "two", "three"]) tab.talk.say(text);
    await tab.until((talk) => !talk.online);
    await desk.start();
    await tab.until(answered(6));
    assert.deepEqual(desk.patientTexts, ["one", "two", "three"]);
  }));

test("what two tabs say within the same millisecond keeps its order", () =>
  withDesk(async (desk, open) => {
    const first = open();
    first.talk.say("begin");
    await first.until(answered(2));
    const second = open(first.storage);
    await second.until(answered(2));
    await desk.stop();
    const said = ["begin"];
    for (let n = 0; n < 20; n++) {
      said.push(`message ${n}`);
      (n % 2 ? first : second).talk.say(`message ${n}`);
    }
    await desk.start();
    await desk.until(() => desk.patientTexts.length === said.length);
    assert.deepEqual(desk.patientTexts, said);
  }));

test("a page opened later sends what an earlier one could not", () =>
  withDesk(async (desk, open) => {
    const first = open();
    await desk.stop();
    first.talk.say("kept");
    await first.until((talk) => !talk.online);
    first.close();
    await desk.start();
    const next = open(first.storage);
    await next.until(answered(2));
    assert.deepEqual(desk.patientTexts, ["kept"]);
  }));

for (const [name, fault] of [
  ["a lost answer", "lose"],
  ["a dropped request", "drop"],
  ["a duplicated request", "duplicate"],
  ["a failing desk", 500],
  ["a desk that asks to slow down", 503],
] satisfies [string, Fault][]) {
  test(`${name} neither loses nor doubles a message`, () =>
    withDesk(async (desk, open) => {
      let left = 2;
      desk.fault = (method, path) =>
        method === "POST" && path.endsWith("/messages") && left-- > 0 ? fault : undefined;
      const tab = open();
      tab.talk.say("once");
      await tab.until(answered(2));
      assert.deepEqual(desk.patientTexts, ["once"]);
      assert.deepEqual(tab.texts, ["once", "Answer to: once"]);
    }));
}

test("told to slow down it keeps the message for later", () =>
  withDesk(async (desk, open) => {
    let refused = 0;
    desk.fault = (_, path) => (path.endsWith("/messages") && !refused++ ? 429 : undefined);
    const tab = open();
    tab.talk.say("again");
    await tab.until((talk) => !talk.online);
    assert.equal(tab.talk.pending.length, 1);
    tab.talk.wake();
    await tab.until(answered(2));
    assert.deepEqual(desk.patientTexts, ["again"]);
  }));

test("a message that the desk refuses is kept as failed, and the next one goes out", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("x".repeat(2001));
    tab.talk.say("short");
    await tab.until((talk) => talk.messages.length === 2);
    assert.equal(tab.talk.pending[0]?.failed, 422);
    assert.deepEqual(desk.patientTexts, ["short"]);
  }));

test("when the session has expired, unsent text goes to a new one", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("before");
    await tab.until(answered(2));
    desk.expireSessions();
    tab.talk.say("after");
    await tab.until((talk) => talk.messages.some(({ text }) => text === "Answer to: after"));
    assert.deepEqual(desk.patientTexts, ["after"]);
  }));

test("a button of an expired session is said by its title", () =>
  withDesk(async (desk, open) => {
    desk.reply = (text) => [{ text: `Answer to: ${text}`, buttons: [{ id: "b", title: "Shoes" }] }];
    const tab = open();
    tab.talk.say("before");
    await tab.until(answered(2));
    desk.expireSessions();
    tab.talk.say("Shoes", "b");
    await tab.until((talk) => talk.messages.some(({ text }) => text === "Answer to: Shoes"));
    assert.deepEqual(desk.patientTexts, ["Shoes"]);
  }));

test("it resumes the stream after the last message it has", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("hello");
    await tab.until(answered(2));
    await desk.until(() => desk.streams === 1);
    desk.dropStreams();
    desk.push({ text: "said meanwhile" });
    await tab.until(answered(3));
    await desk.until(() => desk.streams === 1);
    desk.push({ text: "said after" });
    await tab.until(answered(4));
    assert.deepEqual(tab.texts.slice(2), ["said meanwhile", "said after"]);
  }));

test("it polls where a proxy holds streams back", () =>
  withDesk(async (desk, open) => {
    desk.streamsHeldBack = true;
    const tab = open();
    tab.talk.say("hello");
    await tab.until(answered(2));
    desk.push({ text: "by polling" });
    await tab.until(answered(3));
    assert.equal(tab.texts.at(-1), "by polling");
  }));

test("a hidden page keeps no stream open and catches up when it is shown", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("hello");
    await tab.until(answered(2));
    await desk.until(() => desk.streams === 1);
    tab.talk.hidden = true;
    await desk.until(() => desk.streams === 0);
    desk.push({ text: "said meanwhile" });
    tab.talk.hidden = false;
    await tab.until(answered(3));
  }));

test("a long history comes in pages", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("hello");
    await tab.until(answered(2));
    tab.close();
    for (let n = 0; n < 150; n++) desk.push({ text: `line ${n}` });
    const next = open(tab.storage);
    await next.until(answered(152));
    assert.equal(next.texts.at(-1), "line 149");
  }));

test("forgetting erases the conversation at the desk", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("a secret");
    await tab.until(answered(2));
    tab.talk.forget();
    await desk.until(() => desk.conversations.length === 0);
    assert.deepEqual(tab.talk.messages, []);
  }));

test("forgetting while the desk is away erases when it is back", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("a secret");
    await tab.until(answered(2));
    await desk.stop();
    tab.talk.forget();
    tab.close();
    await desk.start();
    open(tab.storage);
    await desk.until(() => desk.conversations.length === 0);
  }));

test("starting over leaves the old conversation and begins another", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("old");
    await tab.until(answered(2));
    tab.talk.startOver();
    tab.talk.say("new");
    await tab.until(answered(2));
    assert.deepEqual(tab.texts, ["new", "Answer to: new"]);
    assert.equal(desk.conversations.length, 2);
  }));

test("without the token a conversation gives nothing", () =>
  withDesk(async (desk, open) => {
    const tab = open();
    tab.talk.say("private");
    await tab.until(answered(2));
    const stranger = await fetch(`${desk.origin}/api/chat/messages?after=0`);
    assert.equal(stranger.status, 401);
    assert.ok(desk.requests.every(({ path }) => !path.includes("token-")));
  }));

/** A small seeded generator (mulberry32), so that a failing schedule can be run again. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const SCHEDULES = Number(process.env.SCHEDULES ?? 60);

test(`${SCHEDULES} schedules of faults over two tabs lose and double nothing`, async () => {
  for (let seed = 1; seed <= SCHEDULES; seed++) {
    await withDesk(async (desk, open) => {
      const chance = random(seed);
      const pick = <T>(choices: readonly T[]): T =>
        choices[Math.floor(chance() * choices.length)] as T;
      const storage = new SharedStorage();
      const tabs = [open(storage)];
      const said = ["begin"];
      tabs[0]?.talk.say("begin");
      await desk.until(() => desk.messages.length === 2);
      tabs.push(open(storage));
      desk.fault = () => {
        const faults = ["drop", "lose", "duplicate", 500, 503, { delay: SECOND }] as const;
        return chance() < 0.4 ? pick(faults) : undefined;
      };
      let up = true;
      for (let step = 0; step < 25; step++) {
        const tab = pick(tabs);
        const action = chance();
        if (action < 0.45) {
          const text = `message ${step}`;
          said.push(text);
          tab.talk.say(text);
        } else if (action < 0.6) {
          if (up) await desk.stop();
          else await desk.start();
          up = !up;
        } else if (action < 0.7) {
          desk.dropStreams();
        } else if (action < 0.8) {
          desk.push({ text: `staff ${step}` });
        } else if (action < 0.9) {
          tab.talk.offline = chance() < 0.5;
        } else {
          tab.close();
          tabs.splice(tabs.indexOf(tab), 1, open(storage));
        }
        await new Promise((resolve) => setTimeout(resolve, chance() * 2 * SECOND));
      }
      desk.fault = () => undefined;
      if (!up) await desk.start();
      for (const tab of tabs) tab.talk.wake();
      await desk.until(() => desk.patientTexts.length >= said.length);
      const all = desk.messages.length + said.length - desk.patientTexts.length;
      for (const tab of tabs) await tab.until(answered(all));
      assert.deepEqual(desk.patientTexts, said, `seed ${seed}`);
      for (const tab of tabs) {
        const shown = tab.talk.messages.map(({ id }) => id);
        assert.deepEqual(
          shown,
          desk.messages.map(({ id }) => id),
          `seed ${seed}`,
        );
      }
    });
  }
});
