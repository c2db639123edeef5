import { element, icon } from "./element.ts";
import type { Labels } from "./labels.ts";
import { primaryTag } from "./language.ts";
import css from "./launcher.css";
import type { Panel } from "./panel.ts";

const english = {
  launch: "Chat with us",
  unloaded: "The chat could not be loaded. Try again.",
};
const spanish: typeof english = {
  launch: "Escríbanos",
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

  /** Set before the panel is first opened. */
  labels: Replacements = {};
  readonly #root = this.attachShadow({ mode: "open" });
  readonly #launcher = element("button.launcher", {
    "aria-haspopup": "dialog",
    click: () => this.open(),
  });
  /** Says that the panel could not be fetched. */
  readonly #note = element("p.note", { role: "status" });
  #panel: Promise<Panel> | undefined;

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.append(this.#note, this.#launcher);
  }

  connectedCallback(): void {
    this.#relabel();
    if (remember() && matchMedia("(min-width: 30.01em)").matches) this.#show(false);
    else (window.requestIdleCallback ?? setTimeout)(() => this.#load().catch(() => {}));
  }

  disconnectedCallback(): void {
    this.#panel?.then((panel) => panel.stop());
    this.#panel = undefined;
  }

  attributeChangedCallback(): void {
    this.#relabel();
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
    remember(open);
    if (!open) this.#launcher.focus();
    this.notify(open ? "chat-open" : "chat-close");
  }

  /** Dispatches a bubbling event. Details never carry what anyone wrote. */
  notify(type: string, detail: object = {}): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #words(): typeof english {
    const primary = primaryTag(this.language);
    return { ...(primary === "es" ? spanish : english), ...this.labels[primary] };
  }

  #relabel(): void {
    this.#launcher.replaceChildren(icon("M4 5h16v11H10l-5 4v-4H4z"), this.#words().launch);
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
      .then(({ Panel }) => new Panel(this, this.#root))
      .catch((error) => {
        this.#panel = undefined;
        throw error;
      });
    return this.#panel;
  }
}

/** Whether the panel is open in this tab; given a value, notes it. */
function remember(open?: boolean): boolean {
  try {
    if (open !== undefined) sessionStorage.setItem(OPEN, open ? "1" : "");
    return !!sessionStorage.getItem(OPEN);
  } catch {
    // Blocked: every page starts closed.
    return false;
  }
}
