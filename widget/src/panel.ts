import { Api, type Config, type Message } from "./api.ts";
import type { ClinicChat } from "./clinic-chat.ts";
import { Composer, LONGEST } from "./composer.ts";
import { Conversation } from "./conversation.ts";
import { type Child, element, icon } from "./element.ts";
import { deskLocale, type Labels, labelsFor } from "./labels.ts";
import { fill } from "./language.ts";
import css from "./panel.css";
import { link, plain, render, safeUrl, telephone, withLinks } from "./render.ts";
import { Store } from "./store.ts";
import { transcript } from "./transcript.ts";

/** One message on screen. */
interface Item {
  node: HTMLElement;
  /** The line below: when, and what became of it. */
  meta: HTMLElement;
}

/** How long an announcement stays readable before it is taken away, so that it is read once. */
const ANNOUNCED = 5000;
/** Nearer to the end than this, in pixels, the log follows new messages. */
const NEAR_END = 150;

/** The dialog behind the launcher: shows the conversation and takes what the patient says. */
export class Panel {
  readonly #labels: Labels;
  readonly #store: Store;
  readonly #talk: Conversation;
  readonly #composer: Composer;

  readonly #dialog: HTMLDialogElement;
  readonly #title = element("h2", { id: "title" });
  readonly #notice = element("p");
  readonly #phone = element("a.phone", { hidden: true });
  readonly #emergency = element("p.emergency");
  readonly #menuButton: HTMLElement;
  readonly #menu = element("div.menu", { id: "menu", hidden: true });
  readonly #list = element("ol", { role: "list" });
  readonly #typing = element("p.typing", { "aria-hidden": "true" }, "● ● ●");
  readonly #log: HTMLElement;
  readonly #status = element("p.status", { role: "status" });
  /** Read out by screen readers; the visible list is redrawn and would be read twice. */
  readonly #aloud: HTMLElement;
  readonly #unread = element("div", { role: "status" });

  readonly #items = new Map<string, Item>();
  #greeting: Item | undefined;
  /** New items follow this one: the greeting, or the line that ended an earlier conversation. */
  #start: Element | undefined;
  #drawing = false;
  #shown = false;
  #count = 0;
  readonly #narrow = matchMedia("(max-width: 30em)");
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #stopped = new AbortController();

  constructor(
    readonly host: ClinicChat,
    readonly root: ShadowRoot,
  ) {
    const { api, language } = host;
    const labels = labelsFor(language, host.labels);
    const locale = deskLocale(language);
    this.#labels = labels;
    this.#store = new Store(api, () => localStorage);
    this.#talk = new Conversation(new Api(api), this.#store, locale, {
      changed: () => this.#redraw(),
      received: (messages, live) => this.#received(messages, live),
      ended: (why) => this.#cut(why === "expired"),
    });
    const drafts = new Store(api, () => sessionStorage);
    const draft = drafts.get<string>("draft") ?? "";
    this.#composer = new Composer(
      labels,
      language,
      (text) => this.#say(text),
      (text) => drafts.set("draft", text),
    );
    this.#log = element(
      "div.log",
      { role: "region", tabindex: "0", "aria-label": labels.log },
      this.#list,
      this.#typing,
    );
    this.#aloud = element("div.unseen", { role: "log", "aria-label": labels.log });
    this.#menuButton = element(
      "button.tool",
      { click: () => this.#toggleMenu(), "aria-label": labels.menu, "aria-controls": "menu" },
      icon("M5 7h14M5 12h14M5 17h14"),
    );
    this.#dialog = element(
      "dialog.panel",
      { lang: locale, "aria-labelledby": "title" },
      element(
        "div.frame",
        {},
        element(
          "header.header",
          {},
          element("div", {}, this.#title, this.#notice),
          this.#menuButton,
          element(
            "button.tool",
            { click: () => this.close(), "aria-label": labels.close },
            icon("M6 6l12 12M18 6L6 18"),
          ),
        ),
        this.#menu,
        element(
          "div.help",
          {},
          this.#phone,
          element("button.person", { click: () => this.#say(labels.person) }, labels.person),
        ),
        this.#emergency,
        this.#log,
        this.#status,
        this.#composer.form,
        this.#aloud,
      ),
    );
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets.slice(0, 1), sheet];
    root.append(this.#unread, this.#dialog);

    this.#composer.value = draft;
    this.#introduce(this.#store.get("config"));
    this.restyle();
    this.#listen();
    this.#talk.start();
  }

  #listen(): void {
    const talk = this.#talk;
    const on = (target: EventTarget | null, type: string, listener: (event: never) => void) =>
      target?.addEventListener(type, listener as EventListener, { signal: this.#stopped.signal });
    const network = () => {
      talk.offline = !navigator.onLine;
      this.#configure();
    };
    on(window, "online", network);
    on(window, "offline", network);
    const visibility = () => {
      talk.hidden = document.hidden;
      this.#redraw();
    };
    on(document, "visibilitychange", visibility);
    visibility();
    on(window, "storage", () => talk.changedElsewhere());
    on(this.#narrow, "change", () => this.#shown && this.#place());
    on(this.#dark, "change", () => this.restyle());
    on(visualViewport, "resize", () => this.#fit());
    on(this.#dialog, "close", () => this.#dialog.open || this.#closed());
    on(this.#dialog, "keydown", (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      if (this.#menu.hidden) this.close();
      else this.#toggleMenu(false);
    });
  }

  // ---- what the page may do

  open(focus: boolean): void {
    if (this.#shown) return;
    this.#shown = true;
    this.#place();
    this.host.toggled(true);
    this.#configure();
    this.#draw();
    this.#scrollToTurn();
    if (focus) this.#focusInput();
  }

  close(): void {
    this.#dialog.close();
    this.#closed();
  }

  /** @throws RangeError when the desk would refuse it for its length */
  send(text: string): void {
    const said = text.trim();
    if (!said || said.length > LONGEST) throw new RangeError(`not 1 to ${LONGEST} characters`);
    this.#talk.say(said);
  }

  prefill(text: string): void {
    this.#composer.value = text;
  }

  stop(): void {
    this.#stopped.abort();
    this.#talk.stop();
    this.#dialog.remove();
    this.#unread.remove();
  }

  /** Follows the patient's own choice, the `theme` attribute and the system, in this order. */
  restyle(): void {
    const dim = this.#store.get<boolean>("dim") && "calm";
    const theme = dim || this.host.getAttribute("theme");
    this.#dialog.dataset.theme = theme || (this.#dark.matches ? "dark" : "light");
  }

  // ---- opening and closing

  /** Beside the page where there is room; instead of the page, as a modal, on a phone. */
  #place(): void {
    const dialog = this.#dialog;
    const focused = this.root.activeElement as HTMLElement | null;
    if (dialog.open) dialog.close();
    if (this.#narrow.matches) dialog.showModal();
    // Not show(): that would take the focus from a page which reopens the panel while loading.
    else dialog.open = true;
    focused?.focus();
    this.#fit();
  }

  /** Keeps a full-screen panel above the on-screen keyboard. */
  #fit(): void {
    const view = this.#narrow.matches && visualViewport;
    this.#dialog.style.blockSize = view ? `${view.height}px` : "";
    this.#dialog.style.insetBlockStart = view ? `${view.offsetTop}px` : "";
  }

  #closed(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#toggleMenu(false);
    this.host.toggled(false);
  }

  #focusInput(): void {
    // On a phone the keyboard would cover what there is to read.
    if (matchMedia("(pointer: coarse)").matches) this.#log.focus();
    else this.#composer.focus();
  }

  // ---- what the clinic says about itself

  async #configure(): Promise<void> {
    if (!this.#shown) return;
    try {
      const { api, locale } = this.#talk;
      const config = await api.call<Config>("GET", `config?locale=${locale}`);
      this.#store.set("config", config);
      this.#introduce(config);
    } catch {
      // The last known words stand; they are asked for again at the next opening or reconnection.
    }
  }

  #introduce(config?: Config): void {
    const labels = this.#labels;
    this.#title.textContent = config?.clinic.name ?? labels.log;
    this.#notice.textContent = config?.notice ?? labels.notice;
    this.#emergency.replaceChildren(...withLinks(config?.emergency ?? labels.emergency));
    if (!config) return;
    const { phone_display, phone_tel } = config.clinic;
    this.#phone.href = telephone(phone_tel);
    this.#phone.hidden = false;
    this.#phone.ariaLabel = fill(labels.call, phone_display);
    // In a right-to-left page the digits keep their order.
    this.#phone.replaceChildren(element("bdi", {}, phone_display));
    const greeting = this.#bubble("assistant", config.greeting);
    this.#offer(
      greeting,
      config.suggestions.map(({ title, text }) => [title, () => this.#choose(text)]),
    );
    const old = this.#greeting?.node;
    if (old) old.replaceWith(greeting.node);
    else this.#list.prepend(greeting.node);
    if (this.#start === old) this.#start = greeting.node;
    this.#greeting = greeting;
    this.#redraw();
  }

  // ---- the conversation

  #say(text: string, choice?: string): void {
    this.#talk.say(text, choice);
    this.#draw();
    this.#scrollToTurn();
  }

  /** Says what a pressed button stands for; the button goes, so the focus moves on. */
  #choose(text: string, choice?: string): void {
    this.#say(text, choice);
    this.#focusInput();
  }

  #received(messages: Message[], live: boolean): void {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const following = scrollHeight - scrollTop - clientHeight < NEAR_END;
    this.#draw();
    if (following || !live) this.#scrollToTurn();
    if (!live) return;
    for (const message of messages) {
      const { id, author, text, source, buttons } = message;
      this.host.notify("chat-message", { id, author });
      if (author === "patient") continue;
      const { choices, [author]: sender } = this.#labels;
      const cited = source ? `\n${this.#citation(source.title)}` : "";
      const offered = buttons?.length
        ? `\n${choices}: ${buttons.map((b) => b.title).join(", ")}`
        : "";
      this.#announce(`${sender}: ${plain(text)}${cited}${offered}`);
    }
  }

  /** The conversation on screen has ended: it is left above a line, or taken away. */
  #cut(keep: boolean): void {
    this.#store.remove("seen");
    for (const [key, { node }] of this.#items) {
      if (this.#talk.pending.some((item) => item.client_id === key)) continue;
      if (keep) node.querySelector(".choices")?.remove();
      else node.remove();
      this.#items.delete(key);
    }
    if (keep) {
      this.#line(this.#labels.expired);
    } else {
      const greeting = this.#greeting?.node;
      this.#list.replaceChildren(...(greeting ? [greeting] : []));
      this.#start = greeting;
    }
    this.#redraw();
  }

  /** A remark between messages; what comes later stands below it. */
  #line(text: string): void {
    this.#start = element("li.line", {}, text);
    this.#list.append(this.#start);
    this.#announce(text);
  }

  #redraw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => this.#draw());
  }

  #draw(): void {
    this.#drawing = false;
    const { messages, pending, online, sending } = this.#talk;
    const labels = this.#labels;
    const old = new Set(this.#items.keys());
    let previous = this.#start;

    const place = (key: string, make: () => Item): Item => {
      const item = this.#items.get(key) ?? make();
      this.#items.set(key, item);
      old.delete(key);
      const { node } = item;
      if (!previous) this.#list.prepend(node);
      else if (previous.nextElementSibling !== node) previous.after(node);
      previous = node;
      return item;
    };

    for (const message of messages) {
      const own = message.author === "patient";
      const item = place(message.client_id ?? `${message.id}`, () => this.#message(message));
      item.meta.replaceChildren(
        time(message.created_at, this.host.language),
        own ? ` · ${labels.sent}` : "",
      );
    }
    for (const outgoing of pending) {
      const { client_id, text, failed } = outgoing;
      const { meta, node } = place(client_id, () => this.#bubble("patient", text));
      const state = failed ? labels.failed : online ? labels.sending : labels.held;
      node.classList.toggle("failed", !!failed);
      if (meta.firstChild?.textContent === state) continue;
      meta.replaceChildren(state);
      if (!failed) continue;
      const edit = () => {
        this.#talk.discard(client_id);
        this.#composer.value = text;
        this.#composer.focus();
      };
      meta.append(
        element("button.quiet", { click: () => this.#talk.retry(outgoing) }, labels.retry),
        element("button.quiet", { click: edit }, labels.edit),
      );
      this.#announce(state);
    }
    for (const key of old) {
      this.#items.get(key)?.node.remove();
      this.#items.delete(key);
    }

    this.#typing.hidden = !sending || !(pending.length || messages.at(-1)?.author === "patient");
    const status = online ? "" : this.#talk.detail || labels.offline;
    if (this.#status.textContent !== status) this.#status.textContent = status;
    const others = messages.filter(({ author }) => author !== "patient");
    this.#composer.ask(others.at(-1)?.input ?? null);
    this.#countUnread(others.map(({ id }) => id));
  }

  #countUnread(ids: number[]): void {
    const read = this.#shown && !document.hidden;
    const newest = ids.at(-1);
    let seen = this.#store.get<number>("seen") ?? 0;
    if (read && newest && newest !== seen) {
      seen = newest;
      this.#store.set("seen", seen);
    }
    const count = read ? 0 : ids.filter((id) => id > seen).length;
    if (count === this.#count) return;
    this.#count = count;
    this.#unread.replaceChildren();
    if (count) {
      this.#unread.append(
        element("span.badge", { "aria-hidden": "true" }, `${count}`),
        element("span.unseen", {}, fill(this.#labels.unread, count)),
      );
    }
    this.host.notify("chat-unread", { count });
  }

  #message({ author, text, kind, source, buttons }: Message): Item {
    const item = this.#bubble(author, text, kind);
    if (source) {
      const words = this.#citation(source.title);
      const href = safeUrl(source.url, this.host.api);
      const cited: Child = href ? link(href, words) : words;
      if (href) {
        (cited as Element).append(element("span.unseen", {}, ` (${this.#labels.newTab})`));
      }
      item.meta.before(element("p.source", {}, cited));
    }
    if (buttons?.length) {
      this.#offer(
        item,
        buttons.map(({ id, title }) => [title, () => this.#choose(title, id)]),
      );
    }
    return item;
  }

  #citation(title: string): string {
    return fill(this.#labels.source, title);
  }

  #bubble(author: Message["author"], text: string, kind = "text"): Item {
    const labels = this.#labels;
    const own = author === "patient";
    const bubble = element("div.bubble", { dir: "auto" }, ...(own ? [text] : render(text)));
    if (kind === "safety") bubble.prepend(element("strong.mark", {}, labels.important));
    else if (author === "assistant" && this.#store.get("short")) this.#shorten(bubble);
    const meta = element("p.meta");
    const sender = element(author === "staff" ? "p.sender" : "p.unseen", {}, labels[author]);
    return { node: element(`li.${author} ${kind}`, {}, sender, bubble, meta), meta };
  }

  /** Shows the first block only, for someone in pain; the rest is one press away. */
  #shorten(bubble: HTMLElement): void {
    const [first, ...rest] = bubble.children;
    if (!first || !rest.length) return;
    const expand = () => {
      bubble.replaceChildren(first, ...rest);
      this.#log.focus();
    };
    bubble.replaceChildren(first, element("button.quiet", { click: expand }, this.#labels.more));
  }

  #offer(item: Item, choices: [string, () => void][]): void {
    item.node.append(
      element(
        "div.choices",
        { role: "group", "aria-label": this.#labels.choices },
        ...choices.map(([title, click]) => element("button.choice", { click, dir: "auto" }, title)),
      ),
    );
  }

  #announce(text: string): void {
    const line = element("p", {}, text);
    this.#aloud.append(line);
    setTimeout(() => line.remove(), ANNOUNCED);
  }

  /** Brings the patient's last message to the top, so that a long answer is read from its start. */
  #scrollToTurn(): void {
    const turn = [...this.#list.querySelectorAll<HTMLElement>(".patient")].at(-1);
    this.#log.scrollTop = (turn?.offsetTop ?? 0) - 8;
  }

  // ---- menu

  #toggleMenu(open = this.#menu.hidden): void {
    const inside = this.#menu.matches(":focus-within");
    const labels = this.#labels;
    const store = this.#store;
    this.#menu.hidden = !open;
    this.#menuButton.ariaExpanded = `${open}`;
    if (inside) this.#menuButton.focus();
    if (!open) return;
    const act = (label: string, action = () => {}, attributes = {}, spec = "button") => {
      const click = () => {
        this.#toggleMenu(false);
        action();
      };
      return element(spec, { click, ...attributes }, label);
    };
    const toggle = (name: "short" | "dim") => {
      const set = !!store.get(name);
      const flip = () => {
        store.set(name, !set);
        this.restyle();
      };
      return act(labels[name], flip, { "aria-pressed": `${set}` });
    };
    const confirm = () => {
      const question = { "aria-describedby": "question" };
      const keep = act(labels.forgetNo, undefined, question);
      this.#menu.replaceChildren(
        element("p", { id: "question" }, labels.forgetAsk),
        keep,
        act(labels.forgetYes, () => this.#forget(), question, "button.erase"),
      );
      keep.focus();
    };
    const first = toggle("short");
    this.#menu.replaceChildren(
      first,
      toggle("dim"),
      act(labels.download, () => this.#download()),
      act(labels.over, () => this.#talk.startOver()),
      element("button", { click: confirm }, labels.forget),
    );
    first.focus();
  }

  #forget(): void {
    this.#composer.value = "";
    this.#talk.forget();
    this.#line(this.#labels.forgotten);
  }

  #download(): void {
    const text = transcript(this.#title.textContent ?? "", this.#talk.messages, this.#labels);
    const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    element("a", { href, download: "conversation.txt" }).click();
    setTimeout(() => URL.revokeObjectURL(href), ANNOUNCED);
  }
}

/** The time of day, with the date unless it is today's. */
function time(moment: string, language: string): HTMLElement {
  const date = new Date(moment);
  const today = date.toDateString() === new Date().toDateString();
  const words = date.toLocaleString(language, {
    timeStyle: "short",
    ...(!today && { dateStyle: "medium" }),
  });
  return element("time", { datetime: moment }, words);
}
