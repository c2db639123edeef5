import { Api, type Config, type Message } from "./api.ts";
import type { ClinicChat } from "./clinic-chat.ts";
import { Composer, LONGEST } from "./composer.ts";
import { Conversation, type Pending } from "./conversation.ts";
import { icon } from "./icon.ts";
import { deskLocale, type Labels, labelsFor } from "./labels.ts";
import { fill } from "./language.ts";
import css from "./panel.css";
import { element, link, plain, render, safeUrl, telephone, withLinks } from "./render.ts";
import { Store } from "./store.ts";
import { transcript } from "./transcript.ts";

/** One message on screen. */
interface Item {
  node: HTMLLIElement;
  meta: HTMLElement;
  choices?: HTMLElement;
}

/** How long an announcement stays readable before it is taken away, so that it is read once. */
const ANNOUNCED = 5000;
/** Nearer to the end than this, the log follows new messages. */
const NEAR_END = 150;

/** The dialog behind the launcher: shows the conversation and takes what the patient says. */
export class Panel {
  readonly #labels: Labels;
  readonly #store: Store;
  readonly #drafts: Store;
  readonly #talk: Conversation;
  #config: Config | undefined;
  #configuring = false;

  readonly #dialog: HTMLDialogElement;
  readonly #title = element("h2", { id: "title" });
  readonly #notice = element("p", { part: "notice" });
  readonly #phone = element("a", { hidden: true, part: "phone" });
  readonly #emergency = element("p", { class: "emergency", part: "emergency" });
  readonly #menuButton: HTMLButtonElement;
  readonly #menu = element("div", { id: "menu", class: "menu", part: "menu", hidden: true });
  readonly #scroller: HTMLElement;
  readonly #list = element("ol", { role: "list" });
  readonly #typing: HTMLElement;
  readonly #status = element("p", { class: "status", role: "status", part: "status" });
  readonly #news: HTMLElement;
  readonly #composer: Composer;

  readonly #items = new Map<string, Item>();
  #greeting: Item | undefined;
  /** New items follow this one: the greeting or the line that ended an earlier conversation. */
  #start: Element | undefined;
  #drawing = false;
  #said = false;
  readonly #narrow = matchMedia("(max-width: 30em)");
  readonly #dark = matchMedia("(prefers-color-scheme: dark)");
  readonly #ended = new AbortController();

  constructor(readonly host: ClinicChat) {
    const { api, language } = host;
    const labels = labelsFor(language, host.labels);
    this.#labels = labels;
    this.#store = new Store(api, () => localStorage);
    this.#drafts = new Store(api, () => sessionStorage);
    this.#talk = new Conversation(new Api(api), this.#store, deskLocale(language), {
      changed: () => this.#redraw(),
      received: (messages, live) => this.#received(messages, live),
      ended: (why) => this.#cut(why === "expired"),
    });

    this.#scroller = element(
      "div",
      { class: "log", part: "log", role: "region", tabindex: "0", "aria-label": labels.log },
      this.#list,
    );
    this.#typing = element("p", { class: "typing", hidden: true }, element("span"));
    this.#typing.append(element("i"), element("i"), element("i"));
    this.#typing.firstElementChild?.append(labels.typing);
    this.#scroller.append(this.#typing);
    this.#news = element("div", { class: "unseen", role: "log", "aria-label": labels.news });

    this.#menuButton = button("tool", () => this.#toggleMenu(), icon("menu"));
    name(this.#menuButton, labels.menu);
    this.#menuButton.setAttribute("aria-controls", "menu");
    const close = button("tool", () => this.close(), icon("close"));
    name(close, labels.close);
    const person = button("", () => this.#say(labels.wantPerson), icon("person"), labels.person);
    const send = button("send", undefined, icon("send"));
    send.type = "submit";
    send.part.add("send");
    name(send, labels.send);
    const draft = this.#drafts.get<string>("draft") ?? "";
    this.#composer = new Composer(
      labels,
      language,
      send,
      (text) => this.#say(text),
      (text) => (text ? this.#drafts.set("draft", text) : this.#drafts.remove("draft")),
    );

    this.#dialog = element(
      "dialog",
      { class: "panel", part: "panel", lang: deskLocale(language), "aria-labelledby": "title" },
      element(
        "div",
        { class: "frame" },
        element(
          "header",
          { part: "header" },
          element("div", {}, this.#title, this.#notice),
          this.#menuButton,
          close,
        ),
        this.#menu,
        element("div", { class: "help" }, this.#phone, person),
        this.#emergency,
        this.#scroller,
        this.#status,
        this.#composer.form,
        this.#news,
      ),
    );
    const root = host.shadowRoot as ShadowRoot;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [...root.adoptedStyleSheets.slice(0, 1), sheet];
    root.append(this.#dialog);

    this.#composer.value = draft;
    this.#config = this.#store.get("config");
    this.#applyConfig();
    this.restyle();
    this.#listen();
    this.#talk.start();
  }

  #listen(): void {
    const options = { signal: this.#ended.signal };
    const talk = this.#talk;
    const online = () => {
      talk.offline = !navigator.onLine;
      if (navigator.onLine && this.#dialog.open) this.#configure();
    };
    addEventListener("online", online, options);
    addEventListener("offline", online, options);
    if (!navigator.onLine) online();
    const visible = () => {
      talk.hidden = document.hidden;
      this.#redraw();
    };
    document.addEventListener("visibilitychange", visible, options);
    talk.hidden = document.hidden;
    addEventListener(
      "storage",
      ({ key, storageArea }) => {
        const record = key === null ? undefined : this.#store.nameOf(key);
        if (storageArea === localStorage && (key === null || record)) {
          talk.changedElsewhere(record);
        }
      },
      options,
    );
    this.#narrow.addEventListener("change", () => this.#dialog.open && this.#place(), options);
    this.#dark.addEventListener("change", () => this.restyle(), options);
    visualViewport?.addEventListener("resize", () => this.#fit(), options);
    this.#dialog.addEventListener("close", () => {
      if (!this.#dialog.open) this.#closed();
    });
    this.#dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      if (this.#menu.hidden) this.close();
      else this.#toggleMenu(false);
    });
  }

  // ---- opening and closing

  open(focus: boolean): void {
    if (this.#dialog.open) return;
    this.#place();
    this.host.toggled(true);
    this.#configure();
    this.#draw();
    this.#scrollToTurn();
    if (!focus) return;
    // On a phone the keyboard would cover the greeting.
    if (matchMedia("(pointer: coarse)").matches) this.#scroller.focus();
    else this.#composer.focus();
  }

  close(): void {
    if (!this.#dialog.open) return;
    this.#dialog.close();
    this.#closed();
  }

  stop(): void {
    this.#ended.abort();
    this.#talk.stop();
    this.#dialog.remove();
  }

  send(text: string): void {
    const said = text.trim();
    if (!said || said.length > LONGEST) throw new RangeError(`1 to ${LONGEST} characters`);
    this.#talk.say(said);
  }

  prefill(text: string): void {
    this.#composer.value = text;
  }

  /** Follows the `theme` attribute, the system and the patient's own choice. */
  restyle(): void {
    const asked = this.host.getAttribute("theme") ?? "auto";
    const auto = this.#dark.matches ? "dark" : "light";
    this.#dialog.dataset.theme = this.#store.get("dim") ? "calm" : asked === "auto" ? auto : asked;
  }

  #closed(): void {
    if (this.#dialog.dataset.shown !== "true") return;
    this.#dialog.dataset.shown = "false";
    this.#toggleMenu(false);
    this.host.toggled(false);
  }

  /** Beside the page where there is room; instead of the page, as a modal, on a phone. */
  #place(): void {
    const { activeElement } = this.#dialog.getRootNode() as ShadowRoot;
    if (this.#dialog.open) this.#dialog.close();
    if (this.#narrow.matches) this.#dialog.showModal();
    // Not show(): that would take the focus from a page which reopens the panel while loading.
    else this.#dialog.open = true;
    this.#dialog.dataset.shown = "true";
    if (activeElement instanceof HTMLElement) activeElement.focus();
    this.#fit();
  }

  /** Keeps a full-screen panel above the on-screen keyboard. */
  #fit(): void {
    const { style } = this.#dialog;
    const view = this.#narrow.matches ? visualViewport : undefined;
    style.blockSize = view ? `${view.height}px` : "";
    style.insetBlockStart = view ? `${view.offsetTop}px` : "";
  }

  // ---- what the clinic says about itself

  async #configure(): Promise<void> {
    if (this.#configuring) return;
    this.#configuring = true;
    try {
      this.#config = await this.#talk.api.config(this.#talk.locale);
      this.#store.set("config", this.#config);
      this.#applyConfig();
    } catch {
      // The last known words stand; they are asked for again at the next opening or reconnection.
    }
    this.#configuring = false;
  }

  #applyConfig(): void {
    const config = this.#config;
    const labels = this.#labels;
    this.#title.textContent = config?.clinic.name ?? labels.title;
    this.#notice.textContent = config?.notice ?? labels.notice;
    this.#emergency.replaceChildren(...withLinks(config?.emergency ?? labels.emergency));
    if (!config) return;
    const { phone_display, phone_tel } = config.clinic;
    this.#phone.href = telephone(phone_tel);
    this.#phone.hidden = false;
    this.#phone.replaceChildren(icon("phone"), fill(labels.call, phone_display));
    const old = this.#greeting?.node;
    this.#greeting = this.#bubble("assistant", config.greeting);
    this.#greeting.choices = this.#choices(
      config.suggestions.map(({ title, text }) => [title, () => this.#say(text)]),
    );
    this.#greeting.node.append(this.#greeting.choices);
    if (old) old.replaceWith(this.#greeting.node);
    else this.#list.prepend(this.#greeting.node);
    if (!this.#start || this.#start === old) this.#start = this.#greeting.node;
    this.#redraw();
  }

  // ---- the conversation

  #say(text: string, choice?: string): void {
    this.#said = true;
    this.#talk.say(text, choice);
    this.#draw();
    this.#scrollToTurn();
  }

  /** Says what a pressed button stands for; the button goes, so the focus moves on. */
  #choose(text: string, choice?: string): void {
    this.#say(text, choice);
    if (matchMedia("(pointer: coarse)").matches) this.#scroller.focus();
    else this.#composer.focus();
  }

  #received(messages: Message[], live: boolean): void {
    const following = this.#nearEnd();
    this.#draw();
    if (live) {
      for (const message of messages) {
        this.host.notify("chat-message", { id: message.id, author: message.author });
        if (message.author !== "patient") this.#announce(message);
      }
    }
    if (following || !live || this.#said) this.#scrollToTurn();
    this.#said = false;
  }

  /** The conversation on screen has ended: it is left above a line, or taken away. */
  #cut(keep: boolean): void {
    this.#store.remove("seen");
    const waiting = new Set(this.#talk.pending.map((item) => item.client_id));
    for (const [key, item] of this.#items) {
      if (waiting.has(key)) continue;
      if (!keep) item.node.remove();
      item.choices?.remove();
      this.#items.delete(key);
    }
    if (keep) {
      this.#start = element("li", { class: "line" }, this.#labels.expired);
      this.#list.append(this.#start);
    } else {
      this.#list.replaceChildren(...(this.#greeting ? [this.#greeting.node] : []));
      this.#start = this.#greeting?.node;
    }
    this.#redraw();
  }

  #redraw(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => this.#draw());
  }

  #draw(): void {
    this.#drawing = false;
    const { messages, pending, connection, sending } = this.#talk;
    const labels = this.#labels;
    const shown = new Set<string>();
    let previous = this.#start;
    let current: Item[] = this.#greeting ? [this.#greeting] : [];
    let lastSent: Item | undefined;

    const place = (key: string, make: () => Item): Item => {
      let item = this.#items.get(key);
      if (!item) {
        item = make();
        this.#items.set(key, item);
      }
      shown.add(key);
      const { node } = item;
      if (previous ? previous.nextElementSibling !== node : this.#list.firstChild !== node) {
        if (previous) previous.after(node);
        else this.#list.prepend(node);
      }
      previous = node;
      return item;
    };

    for (const message of messages) {
      const own = message.author === "patient";
      const item = place(message.client_id ?? `${message.id}`, () => this.#message(message));
      item.meta.replaceChildren(time(message.created_at, this.host.language));
      if (own) {
        hideChoices(current);
        current = [];
        lastSent = item;
      } else {
        current.push(item);
      }
    }
    lastSent?.meta.append(` · ${labels.sent}`);
    if (pending.length) {
      hideChoices(current);
      current = [];
    }
    const first = pending.find((item) => !item.failed);
    for (const outgoing of pending) {
      const { meta, node } = place(outgoing.client_id, () =>
        this.#bubble("patient", outgoing.text),
      );
      const refused = !!outgoing.failed;
      node.classList.toggle("failed", refused);
      if (refused) {
        if (!meta.querySelector("button")) meta.replaceChildren(...this.#refused(outgoing));
      } else {
        const held = connection !== "online" && !(sending && outgoing === first);
        meta.textContent = held ? labels.held : labels.sending;
      }
    }
    for (const item of current) if (item.choices) item.choices.hidden = false;
    for (const [key, { node }] of this.#items) {
      if (shown.has(key)) continue;
      node.remove();
      this.#items.delete(key);
    }

    this.#typing.hidden = !sending || (!pending.length && messages.at(-1)?.author !== "patient");
    const status = connection === "online" ? "" : labels[connection];
    if (this.#status.textContent !== status) this.#status.textContent = status;
    this.#composer.ask(messages.findLast((message) => message.author !== "patient")?.input ?? null);
    this.#countUnread();
  }

  #countUnread(): void {
    const others = this.#talk.messages.filter((message) => message.author !== "patient");
    const newest = others.at(-1)?.id ?? 0;
    const seen = this.#store.get<number>("seen") ?? 0;
    if (this.#dialog.open && !document.hidden) {
      if (newest !== seen) this.#store.set("seen", newest);
      this.host.unread(0);
    } else {
      this.host.unread(others.filter((message) => message.id > seen).length);
    }
  }

  #message(message: Message): Item {
    const { author, source, kind, buttons } = message;
    const item = this.#bubble(author, message.text, kind);
    const href = source && safeUrl(source.url, this.host.api);
    if (source) {
      const words = fill(this.#labels.source, source.title);
      const cited = element("p", { class: "source", part: "source" });
      if (href) {
        const anchor = link(href, words);
        anchor.append(element("span", { class: "unseen" }, ` (${this.#labels.newTab})`));
        cited.append(anchor);
      } else {
        cited.append(words);
      }
      item.meta.before(cited);
    }
    if (buttons?.length) {
      item.choices = this.#choices(
        buttons.map(({ id, title }) => [title, () => this.#choose(title, id)]),
      );
      item.choices.hidden = true;
      item.node.append(item.choices);
    }
    return item;
  }

  #bubble(author: Message["author"], text: string, kind = "text"): Item {
    const labels = this.#labels;
    const own = author === "patient";
    const bubble = element("div", { class: "bubble", part: `bubble ${author}`, dir: "auto" });
    if (own) bubble.textContent = text;
    else bubble.append(...render(text));
    if (kind === "safety") bubble.prepend(element("strong", { class: "mark" }, labels.important));
    if (this.#store.get("short") && author === "assistant" && kind === "text")
      this.#shorten(bubble);
    const meta = element("p", { class: "meta" });
    const sender = element(
      "p",
      { class: author === "staff" ? "sender" : "unseen" },
      own ? labels.you : labels[author],
    );
    const node = element("li", { class: `${author} ${kind}` }, sender, bubble, meta);
    return { node, meta };
  }

  /** Shows the first block only, for someone in pain; the rest is one press away. */
  #shorten(bubble: HTMLElement): void {
    const rest = [...bubble.children].slice(1) as HTMLElement[];
    if (!rest.length) return;
    for (const block of rest) block.hidden = true;
    const more = button(
      "quiet more",
      () => {
        for (const block of rest) block.hidden = false;
        more.remove();
        this.#scroller.focus();
      },
      this.#labels.more,
    );
    bubble.append(more);
  }

  #choices(choices: [string, () => void][]): HTMLElement {
    const group = element("div", {
      class: "choices",
      role: "group",
      "aria-label": this.#labels.choices,
    });
    for (const [title, press] of choices) {
      const choice = button("choice", press, title);
      choice.part.add("choice");
      choice.dir = "auto";
      group.append(choice);
    }
    return group;
  }

  #refused(outgoing: Pending): Node[] {
    const { failed, retry, edit } = this.#labels;
    this.#announceText(failed);
    return [
      element("strong", {}, failed),
      button("quiet", () => this.#talk.retry(outgoing), retry),
      button(
        "quiet",
        () => {
          this.#talk.discard(outgoing.client_id);
          this.#composer.value = outgoing.text;
          this.#composer.focus();
        },
        edit,
      ),
    ];
  }

  // ---- saying it aloud, keeping it in view

  #announce({ author, text, source, buttons }: Message): void {
    const labels = this.#labels;
    const parts = [`${labels[author === "staff" ? "staff" : "assistant"]}: ${plain(text)}`];
    if (source) parts.push(fill(labels.source, source.title));
    if (buttons?.length) {
      parts.push(`${labels.choices}: ${buttons.map(({ title }) => title).join(", ")}`);
    }
    this.#announceText(parts.join("\n"));
  }

  /** The visible list is no live region: redrawing it would read messages twice. */
  #announceText(text: string): void {
    const line = element("p", {}, text);
    this.#news.append(line);
    setTimeout(() => line.remove(), ANNOUNCED);
  }

  #nearEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  /** Brings the patient's last message to the top, so that a long answer is read from its start. */
  #scrollToTurn(): void {
    const turn = [...this.#list.querySelectorAll<HTMLElement>("li.patient")].at(-1);
    this.#scroller.scrollTop = turn ? turn.offsetTop - 8 : 0;
  }

  // ---- menu

  #toggleMenu(open = this.#menu.hidden): void {
    const had = this.#menu.contains((this.#menu.getRootNode() as ShadowRoot).activeElement);
    this.#menu.hidden = !open;
    this.#menuButton.setAttribute("aria-expanded", `${open}`);
    if (!open) {
      if (had) this.#menuButton.focus();
      return;
    }
    const labels = this.#labels;
    const act = (label: string, action: () => void) =>
      button(
        "",
        () => {
          this.#toggleMenu(false);
          action();
        },
        label,
      );
    const setting = (label: string, key: string, apply: () => void) => {
      const node = button(
        "",
        () => {
          const on = !this.#store.get(key);
          if (on) this.#store.set(key, on);
          else this.#store.remove(key);
          node.setAttribute("aria-pressed", `${on}`);
          apply();
        },
        label,
      );
      node.setAttribute("aria-pressed", `${!!this.#store.get(key)}`);
      return node;
    };
    this.#menu.replaceChildren(
      setting(labels.short, "short", () => {}),
      setting(labels.dim, "dim", () => this.restyle()),
      act(labels.download, () => this.#download()),
      act(labels.over, () => {
        this.#talk.startOver();
        this.#composer.focus();
      }),
      button("", () => this.#confirmForget(), labels.forget),
    );
    (this.#menu.firstElementChild as HTMLElement).focus();
  }

  #confirmForget(): void {
    const labels = this.#labels;
    const question = element("p", { id: "question" }, labels.forgetAsk);
    const yes = button("danger", () => this.#forget(), labels.forgetYes);
    const no = button("", () => this.#toggleMenu(false), labels.forgetNo);
    this.#menu.replaceChildren(question, no, yes);
    no.setAttribute("aria-describedby", "question");
    no.focus();
  }

  async #forget(): Promise<void> {
    this.#toggleMenu(false);
    this.#composer.value = "";
    const done = await this.#talk.forget();
    const words = done ? this.#labels.forgotten : this.#labels.forgetting;
    this.#list.append(element("li", { class: "line" }, words));
    this.#announceText(words);
  }

  #download(): void {
    const text = transcript(this.#title.textContent ?? "", this.#talk.messages, this.#labels);
    const href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    element("a", { href, download: `chat-${new Date().toLocaleDateString("sv")}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(href), ANNOUNCED);
  }
}

function button(
  className: string,
  press: (() => void) | undefined,
  ...children: (Node | string)[]
): HTMLButtonElement {
  const node = element("button", { type: "button", class: className }, ...children);
  if (press) node.onclick = press;
  return node;
}

function name(node: Element, label: string): void {
  node.setAttribute("aria-label", label);
  node.setAttribute("title", label);
}

function hideChoices(items: Item[]): void {
  for (const { choices } of items) if (choices) choices.hidden = true;
}

/** The time of day, with the date unless it is today's. */
function time(moment: string, language: string): HTMLElement {
  const date = new Date(moment);
  const today = date.toDateString() === new Date().toDateString();
  const words = date.toLocaleString(language, {
    ...(today ? {} : { month: "short", day: "numeric" }),
    hour: "numeric",
    minute: "2-digit",
  });
  return element("time", { datetime: moment }, words);
}
