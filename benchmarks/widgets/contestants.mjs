// How each widget is put on a page, opened, and given something to say. Exact versions, fetched when
// the benchmark runs; nothing of them is part of this project.

const READY = "Hello, how can I help you?";

/**
 * name, package, version: what is measured.
 * files: what the widget's own page loads, by path under /vendor/ (dist) of its package.
 * head, body, start: the page; start is served as /start.js and sees `MESSAGES`, what the bot says.
 * launcher: what opens it (none: it stands in the page); input: visible once it is open.
 * message: one thing that the bot said. own: ours, from widget/dist.
 */
export const CONTESTANTS = [
  {
    name: "rasa-webchat",
    package: "rasa-webchat",
    version: "1.0.1",
    body: '<script src="/vendor/lib/index.js"></script><script src="/start.js"></script>',
    start: `WebChat.default({ socketUrl: location.origin, socketPath: "/socket.io/", title: "Chat",
      initPayload: "/greet", customMessageDelay: () => 0, params: { storage: "session" } }, null);`,
    launcher: ".rw-launcher",
    input: ".rw-new-message",
    message: ".rw-response",
  },
  {
    name: "chatroom",
    package: "@scalableminds/chatroom",
    version: "0.12.0",
    head: '<link rel="stylesheet" href="/vendor/dist/Chatroom.css">',
    body: `<div class="chat-container"></div><script src="/vendor/dist/Chatroom.js"></script>
      <script src="/start.js"></script>`,
    start: `const room = new window.Chatroom({ host: location.origin, title: "Chat", rasaToken: "",
      container: document.querySelector(".chat-container"), welcomeMessage: MESSAGES.join("\\n\\n"),
      messageBlacklist: [], fetchOptions: {} });`,
    launcher: ".chatroom.closed h3",
    input: ".chatroom.open input[type=text]",
    message: ".chat.left",
  },
  {
    name: "deep-chat",
    package: "deep-chat",
    version: "2.4.2",
    body: `<deep-chat></deep-chat><script type="module" src="/vendor/dist/deepChat.bundle.js"></script>
      <script type="module" src="/start.js"></script>`,
    start: `const chat = document.querySelector("deep-chat"); chat.connect = { url: "/reply" };
      chat.history = MESSAGES.map((text) => ({ role: "ai", text }));`,
    input: "#text-input",
    message: ".ai-message-text",
  },
  {
    name: "Open Chat Studio",
    package: "open-chat-studio-widget",
    version: "0.6.0",
    body: `<script type="module" src="/vendor/dist/open-chat-studio-widget/open-chat-studio-widget.esm.js"></script>
      <script type="module" src="/start.js"></script>`,
    start: `const chat = document.createElement("open-chat-studio-widget");
      chat.setAttribute("chatbot-id", "x"); chat.setAttribute("api-base-url", location.origin);
      chat.setAttribute("button-text", "Chat"); chat.setAttribute("persistent-session", "false");
      chat.setAttribute("welcome-messages", JSON.stringify(MESSAGES)); document.body.append(chat);`,
    launcher: "button",
    input: ".message-textarea",
    message: ".message-bubble-assistant",
  },
  {
    name: "@n8n/chat",
    package: "@n8n/chat",
    version: "1.37.0",
    head: '<link rel="stylesheet" href="/vendor/dist/style.css">',
    body: '<script type="module" src="/start.js"></script>',
    start: `import { createChat } from "/vendor/dist/chat.bundle.es.js";
      createChat({ webhookUrl: "/reply", initialMessages: MESSAGES, showWelcomeScreen: false,
        loadPreviousSession: false });`,
    launcher: ".chat-window-toggle",
    input: ".chat-inputs textarea",
    message: ".chat-message-from-bot",
  },
  {
    name: "Bot Framework",
    package: "botframework-webchat",
    version: "4.18.1",
    body: `<div id="webchat"></div><script src="/vendor/dist/webchat-minimal.js"></script>
      <script src="/start.js"></script>`,
    start: `const observable = (values) => ({ subscribe(observer) {
        const next = observer.next ? observer.next.bind(observer) : observer;
        setTimeout(() => values.forEach((value) => next(value)));
        return { unsubscribe() {} }; } });
      WebChat.renderWebChat({ directLine: { activity$: observable(MESSAGES.map((text, index) => ({
          type: "message", id: "m" + index, from: { id: "bot", role: "bot" }, text, textFormat: "markdown",
          channelData: { "webchat:sequence-id": index }, timestamp: new Date().toISOString() }))),
        connectionStatus$: observable([0, 1, 2]), postActivity: () => observable(["x"]), end() {} } },
        document.getElementById("webchat"));`,
    input: ".webchat__send-box-text-box__input",
    message: ".webchat__bubble__content",
  },
  {
    name: "clinic-chat (ours)",
    body: '<script type="module" src="/widget.js"></script><clinic-chat></clinic-chat>',
    start: "",
    launcher: ".launcher",
    input: "#field",
    message: "ol .bubble",
    own: true,
  },
];

export { READY };
