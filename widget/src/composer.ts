import type { Labels } from "./labels.ts";
import { fill } from "./language.ts";
import { element } from "./render.ts";

/** Longest message the desk takes. */
export const LONGEST = 2000;

type Field = HTMLInputElement | HTMLTextAreaElement;

/** How each booking slot is asked for; slots that are not listed use the plain message field. */
const SLOTS: Record<string, Record<string, string>> = {
  patient_name: { type: "text", autocomplete: "name", autocapitalize: "words" },
  callback_number: { type: "tel", autocomplete: "tel" },
  visit_reason: {},
  preferred_times: {},
};

/**
 * The form at the foot of the panel. It takes the shape of what is asked: a plain message, or one
 * booking slot with its keyboard, autocomplete hint and checks.
 */
export class Composer {
  readonly form: HTMLFormElement;
  #slot: keyof Labels | undefined;
  #asked: string | null = null;
  #field: Field;
  readonly #label = element("label", { for: "field" });
  readonly #other: HTMLButtonElement;
  readonly #row: HTMLElement;
  readonly #error = element("p", { id: "error", class: "error", role: "alert" });
  readonly #count = element("p", { id: "count", class: "count" });
  readonly #picker: HTMLElement;

  /**
   * @param send is given what the patient wrote
   * @param drafted is told of every change, so that a draft survives the page
   */
  constructor(
    readonly labels: Labels,
    readonly language: string,
    sendButton: HTMLButtonElement,
    readonly send: (text: string) => void,
    readonly drafted: (text: string) => void,
  ) {
    this.#other = element("button", { type: "button", class: "quiet" }, labels.other);
    this.#other.onclick = () => {
      this.#shape(undefined);
      this.focus();
    };
    this.#field = this.#makeField(undefined);
    this.#row = element("div", { class: "row" }, this.#field, sendButton);
    this.#picker = this.#makePicker();
    this.form = element(
      "form",
      { class: "composer", part: "composer", novalidate: true },
      element("div", { class: "asked" }, this.#label, this.#other),
      this.#row,
      this.#error,
      this.#count,
      this.#picker,
    );
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    this.#shape(undefined);
  }

  get value(): string {
    return this.#field.value;
  }

  set value(text: string) {
    this.#field.value = text;
    this.#changed();
  }

  focus(): void {
    this.#field.focus();
  }

  /** Takes the shape of the slot that the conversation now asks for. */
  ask(slot: string | null): void {
    if (slot === this.#asked) return;
    this.#asked = slot;
    this.#shape(slot && slot in SLOTS ? (slot as keyof Labels) : undefined);
  }

  #shape(slot: keyof Labels | undefined): void {
    this.#slot = slot;
    const { labels } = this;
    this.#label.textContent = slot ? labels[slot] : labels.message;
    this.#label.className = slot ? "" : "unseen";
    this.#other.hidden = slot !== "callback_number";
    this.#picker.hidden = slot !== "preferred_times";
    const old = this.#field;
    const focused = (old.getRootNode() as ShadowRoot).activeElement === old;
    this.#field = this.#makeField(slot);
    this.#field.value = old.value;
    old.replaceWith(this.#field);
    if (focused) this.focus();
    this.#changed();
  }

  #makeField(slot: string | undefined): Field {
    const { type, ...hints } = (slot && SLOTS[slot]) || {};
    const attributes = {
      id: "field",
      part: "input",
      dir: "auto",
      enterkeyhint: "send",
      "aria-describedby": "error count",
      autocomplete: "off",
      ...(!slot && { placeholder: this.labels.placeholder }),
      ...hints,
    };
    const field = type
      ? element("input", { ...attributes, type })
      : element("textarea", { ...attributes, rows: "1" });
    field.oninput = () => this.#changed();
    field.addEventListener("keydown", (event) => {
      const { key, shiftKey, isComposing } = event as KeyboardEvent;
      if (key !== "Enter" || shiftKey || isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    return field;
  }

  #makePicker(): HTMLElement {
    const { labels } = this;
    const moment = element("input", {
      id: "moment",
      type: "datetime-local",
      min: new Date().toLocaleDateString("sv"),
    });
    const add = element("button", { type: "button", class: "quiet" }, labels.add);
    add.onclick = () => {
      if (!moment.value) {
        moment.focus();
        return;
      }
      const when = new Date(moment.value).toLocaleString(this.language, {
        weekday: "long",
        month: "long",
        day: "numeric",
        hour: "numeric",
        minute: "2-digit",
      });
      this.value = this.value ? `${this.value}; ${when}` : when;
      moment.value = "";
      this.focus();
    };
    return element(
      "div",
      { class: "picker" },
      element("label", { for: "moment" }, labels.pick),
      moment,
      add,
    );
  }

  #changed(): void {
    const field = this.#field;
    const left = LONGEST - field.value.length;
    this.#count.textContent = left < 200 ? fill(this.labels.left, left) : "";
    this.#complain("");
    if (field.tagName === "TEXTAREA") {
      field.style.blockSize = "auto";
      field.style.blockSize = `${field.scrollHeight + 2}px`;
    }
    this.drafted(field.value);
  }

  #complain(reason: string): void {
    this.#error.textContent = reason;
    if (reason) this.#field.setAttribute("aria-invalid", "true");
    else this.#field.removeAttribute("aria-invalid");
  }

  #submit(): void {
    const text = this.value.trim();
    const { labels } = this;
    if (!text) {
      if (this.#slot) this.#complain(labels.required);
      this.focus();
    } else if (text.length > LONGEST) {
      this.#complain(labels.tooLong);
    } else if (this.#slot === "callback_number" && !couldBeNumber(text)) {
      this.#complain(labels.badNumber);
    } else {
      this.value = "";
      this.send(text);
    }
  }
}

/** False only for a number that is surely incomplete; words are a question, not a number. */
function couldBeNumber(text: string): boolean {
  return /\p{L}{3}/u.test(text) || text.replace(/\D/g, "").length >= 10;
}
