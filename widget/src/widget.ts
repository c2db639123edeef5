import { ClinicChat } from "./clinic-chat.ts";

// The panel takes these from the loader instead of bringing its own.
export { element, icon } from "./element.ts";
export { fill, primaryTag } from "./language.ts";
export { ClinicChat };

if (!customElements.get("clinic-chat")) customElements.define("clinic-chat", ClinicChat);

declare global {
  interface HTMLElementTagNameMap {
    "clinic-chat": ClinicChat;
  }
  interface HTMLElementEventMap {
    "chat-open": CustomEvent<object>;
    "chat-close": CustomEvent<object>;
    "chat-message": CustomEvent<{ id: number; author: string }>;
    "chat-unread": CustomEvent<{ count: number }>;
  }
}
