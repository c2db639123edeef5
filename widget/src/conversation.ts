import { type Api, ApiError, type Message, type Session } from "./api.ts";
import { events } from "./events.ts";
import type { Store } from "./store.ts";

/** A message of the patient that the desk has not confirmed yet. */
export interface Pending {
  client_id: string;
  text: string;
  /** Set when the patient pressed a button; `text` is then its title. */
  button?: string;
  /** The desk refused it with this status; it is not sent again by itself. */
  failed?: number;
}

/** Why the conversation on screen ended. */
export type Ending = "expired" | "over";

export interface Listener {
  /** Something to show has changed. */
  changed(): void;
  /** New messages came in, sorted; `live` is false for history loaded at the start. */
  received(messages: Message[], live: boolean): void;
  /** The messages on screen belong to a conversation that has ended. */
  ended(why: Ending): void;
}

/** The desk refused the content itself: sending the same again cannot help. */
const FINAL = [400, 403, 409, 413, 415, 422];
/** The desk sends a heartbeat every 15 s; two missed and a half mean that the stream is dead. */
const SILENCE = 40;
const POLL = 5;
/**
 * After so many streams without a byte a proxy is holding them back, and polling takes over until
 * the page is next shown.
 */
const MUTE_STREAMS = 2;
const LONGEST_REST = 30;
/** A tab that holds the sending lock for longer is asleep. */
const LOCK_PATIENCE = 15;
const FOREVER = 2 ** 31 - 1;

/**
 * One patient's conversation with the desk: sends what the patient says once and in order, however
 * often the connection drops, and receives what others say. Several tabs may hold the same one.
 *
 * Sending the same message twice is harmless (the desk knows it by `client_id`), so every doubt is
 * settled by sending again.
 */
export class Conversation {
  messages: Message[] = [];
  pending: Pending[] = [];
  /** False while the desk cannot be reached, is in trouble or has asked us to slow down. */
  online = true;
  /** What the desk says while it cannot store what is sent. */
  detail: string | undefined;
  /** True while the desk works on a message. */
  sending = false;

  #session: Session | undefined;
  /** Everything up to this id has been received in order; replies to our own posts may be ahead. */
  #cursor = 0;
  #loaded = false;
  #hidden = false;
  /** Streams in a row that never said a word. */
  #mute = 0;
  #stopped = false;
  #flushing = false;
  #failures = 0;
  #stream = new AbortController();
  readonly #alarms = new Set<() => void>();

  /** @param second length of a second in milliseconds, shortened by tests */
  constructor(
    readonly api: Api,
    readonly store: Store,
    readonly locale: string,
    readonly listener: Listener,
    readonly second = 1000,
  ) {
    this.#session = store.get("session");
    this.#refresh();
  }

  start(): void {
    this.#sync();
    this.#flush();
    this.#eraseLeftovers();
  }

  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  /** Tries again at once whatever is waiting for a better moment. */
  wake(): void {
    this.#stream.abort();
    for (const alarm of [...this.#alarms]) alarm();
  }

  set offline(offline: boolean) {
    this.#setOnline(!offline);
    this.wake();
    this.#eraseLeftovers();
  }

  /** A hidden page keeps no stream open: browsers allow a site only a few connections. */
  set hidden(hidden: boolean) {
    this.#hidden = hidden;
    this.#mute = 0;
    this.wake();
  }

  say(text: string, button?: string): void {
    // Another tab may have spoken within the same millisecond.
    this.#refresh();
    const client_id = newId(this.pending.at(-1)?.client_id);
    this.#put({ client_id, text, ...(button && { button }) });
    this.#refresh();
    this.#flush();
  }

  /** Sends a refused message again, as a new one: the desk has never accepted it. */
  retry({ client_id, text, button }: Pending): void {
    this.discard(client_id);
    this.say(text, button);
  }

  discard(client_id: string): void {
    this.store.remove(`out ${client_id}`);
    this.#refresh();
  }

  /** Leaves the conversation: this browser no longer knows it. */
  startOver(): void {
    this.store.remove("session");
    for (const { client_id } of this.pending) this.discard(client_id);
    this.#adopt(undefined, "over");
  }

  /** Leaves the conversation and has the desk erase it, now or when it can be reached again. */
  forget(): void {
    if (this.#session) this.store.set(`erase ${newId()}`, this.#session.token);
    this.startOver();
    this.#eraseLeftovers();
  }

  /** Another tab may have changed what is stored. */
  changedElsewhere(): void {
    const session = this.store.get<Session>("session");
    if (session?.token !== this.#session?.token) this.#adopt(session, "over");
    this.#refresh();
    this.#flush();
  }

  async #eraseLeftovers(): Promise<void> {
    for (const name of this.store.names("erase ")) {
      try {
        await this.api.call("DELETE", "sessions", this.store.get(name));
      } catch (error) {
        // 401 and 404: it is gone already.
        if (![401, 404].includes(statusOf(error))) continue;
      }
      this.store.remove(name);
    }
  }

  // ---- sending

  async #flush(): Promise<void> {
    if (this.#flushing) return;
    this.#flushing = true;
    while (!this.#stopped && this.#next()) {
      const rest = await exclusively(
        `clinic-chat ${this.api.base}`,
        LOCK_PATIENCE * this.second,
        () => this.#drain(),
      );
      if (rest) await this.#pause(rest);
    }
    this.#flushing = false;
  }

  #next(): Pending | undefined {
    return this.pending.find((item) => !item.failed);
  }

  /** Sends what waits, oldest first. Returns how long to rest before trying again, 0 when done. */
  async #drain(): Promise<number> {
    let renewed = false;
    for (;;) {
      this.#refresh();
      const item = this.#next();
      if (!item || this.#stopped) return 0;
      let session: Session | undefined;
      try {
        session = await this.#begin();
        this.sending = true;
        this.listener.changed();
        const { client_id, button, text } = item;
        const answer = await this.api.call<{ message: Message; replies: Message[] }>(
          "POST",
          "messages",
          session.token,
          button ? { client_id, button } : { client_id, text },
        );
        this.#failures = 0;
        this.detail = undefined;
        this.#setOnline(true);
        if (this.#session?.token === session.token) {
          this.store.remove(`out ${client_id}`);
          this.#take([answer.message, ...answer.replies]);
        }
      } catch (error) {
        const status = statusOf(error);
        if (status === 401 && session && !renewed) {
          renewed = true;
          this.#expire(session);
        } else if (FINAL.includes(status)) {
          this.#fail(item, status);
        } else {
          this.detail = (error as ApiError).detail || this.detail;
          return this.#trouble(error);
        }
      } finally {
        this.sending = false;
        this.#refresh();
      }
    }
  }

  async #begin(): Promise<Session> {
    // Another tab may have begun while we waited for the lock.
    const stored = this.store.get<Session>("session");
    if (stored) {
      if (stored.token !== this.#session?.token) this.#adopt(stored);
      return stored;
    }
    const session = await this.api.call<Session>("POST", "sessions", undefined, {
      locale: this.locale,
    });
    this.store.set("session", session);
    this.#adopt(session);
    this.#loaded = true;
    return session;
  }

  #put(item: Pending): void {
    this.store.set(`out ${item.client_id}`, item);
  }

  #fail(item: Pending, status: number): void {
    const still = this.store.get(`out ${item.client_id}`);
    if (still) this.#put({ ...item, failed: status });
  }

  #refresh(): void {
    this.pending = this.store
      .names("out ")
      .map((name) => this.store.get<Pending>(name))
      .filter((item) => !!item);
    this.listener.changed();
  }

  // ---- receiving

  async #sync(): Promise<void> {
    while (!this.#stopped) {
      const session = this.#session;
      if (!session || this.#hidden) {
        await this.#pause(FOREVER);
        continue;
      }
      let rest = 0;
      try {
        await this.#catchUp(session);
        this.#setOnline(true);
        if (this.#mute < MUTE_STREAMS) {
          this.#mute = (await this.#listen(session)) ? 0 : this.#mute + 1;
          rest = 0.5 * this.second * Math.random();
        } else {
          rest = POLL * this.second;
        }
      } catch (error) {
        if (this.#session !== session) continue;
        if (statusOf(error) === 401) this.#expire(session);
        else rest = this.#trouble(error);
      }
      await this.#pause(rest);
    }
  }

  async #catchUp(session: Session): Promise<void> {
    for (;;) {
      const { messages, last_id } = await this.api.call<{
        messages: Message[];
        last_id: number;
      }>("GET", `messages?after=${this.#cursor}`, session.token);
      if (this.#session !== session) return;
      this.#take(messages, true);
      this.#loaded = true;
      this.#failures = 0;
      if (!messages.length || this.#cursor >= last_id) return;
    }
  }

  /** Follows the event stream until it ends. Returns false if it never said a word. */
  async #listen(session: Session): Promise<boolean> {
    const stream = new AbortController();
    this.#stream = stream;
    let watchdog: ReturnType<typeof setTimeout> | undefined;
    let heard = false;
    const stay = () => {
      clearTimeout(watchdog);
      watchdog = setTimeout(() => stream.abort(), SILENCE * this.second);
    };
    try {
      stay();
      const body = await this.api.events(session.token, this.#cursor, stream.signal);
      for await (const data of events(body.getReader(), () => {
        heard = true;
        stay();
      })) {
        if (this.#session !== session) break;
        this.#take([JSON.parse(data)], true);
      }
    } catch (error) {
      if (statusOf(error) === 401) throw error;
    } finally {
      clearTimeout(watchdog);
      stream.abort();
    }
    return heard;
  }

  #take(incoming: Message[], inOrder = false): void {
    const known = new Set(this.messages.map((message) => message.id));
    const fresh: Message[] = [];
    for (const message of incoming) {
      if (typeof message?.id !== "number" || typeof message.text !== "string") continue;
      if (inOrder) this.#cursor = Math.max(this.#cursor, message.id);
      if (known.has(message.id)) continue;
      known.add(message.id);
      fresh.push(message);
      if (message.client_id) this.store.remove(`out ${message.client_id}`);
    }
    if (!fresh.length) return;
    this.messages = [...this.messages, ...fresh].sort((one, other) => one.id - other.id);
    this.#refresh();
    this.listener.received(fresh, this.#loaded);
  }

  // ---- sessions

  /** The desk no longer accepts this session: what was not sent goes to the next one. */
  #expire(session: Session): void {
    if (this.#session?.token !== session.token) return;
    if (this.store.get<Session>("session")?.token === session.token) this.store.remove("session");
    // Buttons belong to the conversation that issued them; their titles can still be said.
    for (const { button, ...item } of this.pending) if (button) this.#put(item);
    this.#adopt(undefined, "expired");
  }

  #adopt(session: Session | undefined, why?: Ending): void {
    const had = this.messages.length > 0;
    this.#session = session;
    this.#cursor = 0;
    this.#loaded = false;
    this.messages = [];
    this.#refresh();
    if (why && (had || why === "over")) this.listener.ended(why);
    this.wake();
  }

  // ---- trouble and time

  /** Notes a failed attempt; returns how long to rest, in milliseconds. */
  #trouble(error: unknown): number {
    this.#setOnline(false);
    if (error instanceof ApiError && error.retryAfter) return error.retryAfter;
    const seconds = Math.min(LONGEST_REST, 2 ** this.#failures++);
    return seconds * this.second * (0.5 + Math.random() / 2);
  }

  #setOnline(online: boolean): void {
    this.online = online;
    this.listener.changed();
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const alarm = () => {
        clearTimeout(timer);
        this.#alarms.delete(alarm);
        resolve();
      };
      const timer = setTimeout(alarm, milliseconds);
      this.#alarms.add(alarm);
    });
  }
}

function statusOf(error: unknown): number {
  return error instanceof ApiError ? error.status : 0;
}

/** An id that sorts after `previous` and after every id made earlier: until 2059, eight digits of time. */
function newId(previous = ""): string {
  const last = Number.parseInt(previous.slice(0, 8), 36) || 0;
  const now = Math.max(Date.now(), last + 1);
  return now.toString(36) + Math.random().toString(36).slice(2, 10);
}

/**
 * Runs `work` in one tab at a time, where the browser has locks. If the tab that holds the lock is
 * asleep, `patience` ends and the work is done all the same: sending twice is harmless.
 */
async function exclusively(
  name: string,
  patience: number,
  work: () => Promise<number>,
): Promise<number> {
  const locks = globalThis.navigator?.locks;
  const signal = AbortSignal.timeout(patience);
  return locks ? locks.request(name, { signal }, work).catch(work) : work();
}
