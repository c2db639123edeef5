import { element, icon } from "./element.ts";
import type { Labels } from "./labels.ts";

/** Longest message the desk takes. */
export const LONGEST = 2000;

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
  #asked: string | null = null;
  #slot: string | null = null;
  #field: HTMLInputElement | HTMLTextAreaElement;
  readonly #label = element("label", { for: "field" });
  readonly #other: HTMLButtonElement;
  readonly #error = element("p.error", { id: "error", role: "alert" });
  readonly #picker: HTMLElement;

  /**
   * @param send is given what the patient wrote
   * @param drafted is told of every change, so that a draft survives the page
   */
  constructor(
    readonly labels: Labels,
    readonly language: string,
    readonly send: (text: string) => void,
    readonly drafted: (text: string) => void,
  ) {
    const shapeless = () => {
      this.#shape(null);
      this.focus();
    };
    this.#other = element("button.quiet", { click: shapeless }, labels.other);
    this.#field = this.#makeField();
    this.#picker = this.#makePicker();
    this.form = element(
      "form.composer",
      { novalidate: true },
      element("div.asked", {}, this.#label, this.#other),
      element(
        "div.row",
        {},
        this.#field,
        element(
          "button.send",
          { type: "submit", "aria-label": labels.send },
          icon("M4 12h15M13 6l6 6-6 6"),
        ),
      ),
      this.#error,
      this.#picker,
    );
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    this.#shape(null);
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
    this.#shape(slot && Object.hasOwn(SLOTS, slot) ? slot : null);
  }

  #shape(slot: string | null): void {
    const { labels } = this;
    this.#slot = slot;
    this.#label.textContent = labels[(slot ?? "message") as keyof Labels];
    this.#label.className = slot ? "" : "unseen";
    this.#other.hidden = slot !== "callback_number";
    this.#picker.hidden = slot !== "preferred_times";
    const old = this.#field;
    const focused = old.matches(":focus");
    this.#field = this.#makeField();
    this.#field.value = old.value;
    old.replaceWith(this.#field);
    if (focused) this.focus();
    this.#complain("");
  }

  #makeField(): HTMLInputElement | HTMLTextAreaElement {
    const hints = this.#slot ? SLOTS[this.#slot] : { placeholder: this.labels.message };
    const field = element(hints?.type ? "input.input" : "textarea.input", {
      id: "field",
      rows: "1",
      maxlength: `${LONGEST}`,
      dir: "auto",
      enterkeyhint: "send",
      autocomplete: "off",
      "aria-describedby": "error",
      ...hints,
    });
    field.oninput = () => this.#changed();
    field.onkeydown = (event: KeyboardEvent) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    };
    return field;
  }

  #makePicker(): HTMLElement {
    const { labels } = this;
    const moment = element("input.input", {
      id: "moment",
      type: "datetime-local",
      // Swedish writes dates as the field wants them: 2026-12-03.
      min: `${new Date().toLocaleDateString("sv")}T00:00`,
    });
    const add = () => {
      if (!moment.value) {
        moment.focus();
        return;
      }
      const when = new Date(moment.value).toLocaleString(this.language, {
        dateStyle: "full",
        timeStyle: "short",
      });
      this.value += (this.value && "; ") + when;
      moment.value = "";
      this.focus();
    };
    return element(
      "div.picker",
      {},
      element("label", { for: "moment" }, labels.pick),
      element("div.row", {}, moment, element("button.quiet", { click: add }, labels.add)),
    );
  }

  #changed(): void {
    this.#complain("");
    this.drafted(this.value);
  }

  #complain(reason: string): void {
    this.#error.textContent = reason;
    this.#field.ariaInvalid = `${!!reason}`;
  }

  #submit(): void {
    const text = this.value.trim();
    if (!text) {
      this.focus();
    } else if (this.#slot === "callback_number" && !couldBeNumber(text)) {
      this.#complain(this.labels.badNumber);
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
