import { icon } from "./icon.ts";
import type { Labels } from "./labels.ts";
import { fill, primaryTag } from "./language.ts";
import css from "./launcher.css";
import type { Panel } from "./panel.ts";

const english = {
  launch: "Chat with us",
  unread: "New messages: {n}",
  unloaded: "The chat could not be loaded. Please try again.",
};
const spanish: typeof english = {
  launch: "Escríbanos",
  unread: "Mensajes nuevos: {n}",
  unloaded: "No se pudo cargar el chat. Inténtelo de nuevo.",
};

/** Words to use instead of the shipped ones, by primary language tag. */
export type Replacements = Record<string, Partial<typeof english & Labels>>;

/** Remembers within a tab that the panel was open, so that the next page shows it again. */
const OPEN = "clinic-chat open";

/**
 * `<clinic-chat>`: the launcher. The panel behind it is fetched when the visitor opens it or the
 * browser is idle. Documented in the README.
 */
export class ClinicChat extends HTMLElement {
  static readonly observedAttributes = ["lang", "theme"];

  #labels: Replacements = {};
  #panel: Promise<Panel> | undefined;
  #count = 0;
  readonly #launcher = document.createElement("button");
  readonly #unread = document.createElement("div");
  readonly #note = document.createElement("div");

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];

    this.#launcher.className = "launcher";
    this.#launcher.part.add("launcher");
    this.#launcher.type = "button";
    this.#launcher.setAttribute("aria-haspopup", "dialog");
    this.#launcher.append(icon("chat"), document.createElement("span"));
    this.#launcher.onclick = () => this.open();
    this.#note.className = "note";
    for (const region of [this.#unread, this.#note]) region.setAttribute("role", "status");
    root.append(this.#note, this.#launcher, this.#unread);
  }

  connectedCallback(): void {
    this.#relabel();
    if (remembered() && matchMedia("(min-width: 30.01em)").matches) this.#show(false);
    else (window.requestIdleCallback ?? setTimeout)(() => this.#load().catch(() => {}));
  }

  disconnectedCallback(): void {
    this.#panel?.then((panel) => panel.stop());
    this.#panel = undefined;
  }

  attributeChangedCallback(name: string): void {
    if (!this.isConnected) return;
    if (name === "lang") this.#relabel();
    this.#panel?.then((panel) => panel.restyle());
  }

  /** Where the desk is: the `api` attribute, or else where this script came from. */
  get api(): string {
    return (this.getAttribute("api") ?? new URL(import.meta.url).origin).replace(/\/+$/, "");
  }

  /** The language of the element, else of the page around it, else of the browser. */
  get language(): string {
    return this.closest<HTMLElement>("[lang]")?.lang || navigator.language;
  }

  get labels(): Replacements {
    return this.#labels;
  }

  /** Set before the panel is first opened. */
  set labels(labels: Replacements) {
    this.#labels = labels;
    this.#relabel();
  }

  open(): Promise<void> {
    return this.#show(true);
  }

  async close(): Promise<void> {
    (await this.#panel)?.close();
  }

  /** Says something as the patient; the panel stays as it is. */
  async send(text: string): Promise<void> {
    (await this.#load()).send(text);
  }

  /** Puts text into the input, for the patient to edit and send. */
  async prefill(text: string): Promise<void> {
    (await this.#load()).prefill(text);
  }

  /** For the panel: it has been opened or closed. */
  toggled(open: boolean): void {
    this.#launcher.hidden = open;
    try {
      if (open) sessionStorage.setItem(OPEN, "1");
      else sessionStorage.removeItem(OPEN);
    } catch {
      // Blocked: the next page starts closed.
    }
    if (!open) this.#launcher.focus();
    this.notify(open ? "chat-open" : "chat-close");
  }

  /** For the panel: how many messages the patient has not seen. */
  unread(count: number): void {
    if (count === this.#count) return;
    this.#count = count;
    this.#unread.replaceChildren();
    if (count) {
      const badge = document.createElement("span");
      badge.className = "badge";
      badge.part.add("badge");
      badge.setAttribute("aria-hidden", "true");
      badge.textContent = `${count}`;
      const words = document.createElement("span");
      words.className = "unseen";
      words.textContent = fill(this.#words().unread, count);
      this.#unread.append(badge, words);
    }
    this.notify("chat-unread", { count });
  }

  /** Dispatches a bubbling event. Details never carry what anyone wrote. */
  notify(type: string, detail: object = {}): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #words(): typeof english {
    const primary = primaryTag(this.language);
    return { ...(primary === "es" ? spanish : english), ...this.#labels[primary] };
  }

  #relabel(): void {
    const label = this.#launcher.lastElementChild;
    if (label) label.textContent = this.#words().launch;
  }

  async #show(focus: boolean): Promise<void> {
    this.#note.textContent = "";
    try {
      (await this.#load()).open(focus);
    } catch {
      this.#note.textContent = this.#words().unloaded;
    }
  }

  #load(): Promise<Panel> {
    this.#panel ??= import("./panel.ts")
      .then(({ Panel }) => new Panel(this))
      .catch((error) => {
        this.#panel = undefined;
        throw error;
      });
    return this.#panel;
  }
}

function remembered(): boolean {
  try {
    return !!sessionStorage.getItem(OPEN);
  } catch {
    return false;
  }
}
