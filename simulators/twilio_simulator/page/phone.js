// The phones of the page. The server holds everything; the page asks for what has changed.

const WAIT_SECONDS = 20;
const PAUSE_MILLISECONDS = 1000;
const KINDS = [
  "too_many_requests", "server_error", "lost_answer", "filtered", "unreachable", "lost",
  "webhook_twice", "webhook_late",
  "callback_twice", "callback_late", "callback_reordered", "callback_lost",
];
const ENDED_BADLY = new Set(["undelivered", "failed", "canceled"]);

const at = (id) => document.getElementById(id);
const phones = new Map();
const messages = new Map();
let changes = -1; // nothing seen, not even that there is nothing
let numbers = [];

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

async function tell(path, body) {
  at("problem").textContent = "";
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    if (answer.ok) return true;
    at("problem").textContent = `That did not work: ${await answer.text()}.`;
  } catch {
    at("problem").textContent = "The simulator does not answer.";
  }
  return false;
}

function makePhone(number) {
  const section = at("phone").content.firstElementChild.cloneNode(true);
  const heading = section.querySelector("h2");
  heading.textContent = number;
  heading.id = `phone${number}`;
  section.setAttribute("aria-labelledby", heading.id);
  const log = section.querySelector(".log");
  log.setAttribute("aria-label", `Texts of ${number}`);
  const state = section.querySelector(".state select");
  state.addEventListener("change", () => tell("/simulator/phones", { number, state: state.value }));
  const form = section.querySelector("form");
  form.to.replaceChildren(...numbers.map((own) => new Option(own)));
  section.querySelector(".to").hidden = numbers.length < 2;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = form.body.value;
    const pictures = form.picture.checked ? 1 : 0;
    if (!body.trim() && !pictures) return form.body.focus();
    const sent = await tell("/simulator/texts", { from: number, to: form.to.value, body, pictures });
    if (sent && form.body.value === body) form.reset();
    form.body.focus();
  });
  form.body.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  at("phones").append(section);
  const phone = { section, log, state, bubbles: new Map(), opted: section.querySelector(".opted") };
  phones.set(number, phone);
  return phone;
}

function facts(message) {
  const count = Number(message.num_segments);
  const price = message.price === null ? "" : `$${(-message.price).toFixed(4)}`;
  return [
    message.error_code ? `${message.status} (${message.error_code} ${message.error_message})` : message.status,
    `${count} ${count === 1 ? "segment" : "segments"}`,
    `${message.encoding} ${message.units}`,
    price,
  ].filter(Boolean).join(" · ");
}

function show(message) {
  const mine = message.direction === "inbound";
  const number = mine ? message.from : message.to;
  const phone = phones.get(number) ?? makePhone(number);
  const atEnd = phone.log.scrollHeight - phone.log.scrollTop - phone.log.clientHeight < 60;
  let bubble = phone.bubbles.get(message.sid);
  if (!bubble) {
    bubble = element("div", "bubble");
    bubble.append(
      element("span", "hidden-word", mine ? "You: " : "Clinic: "), element("p"), element("small"),
    );
    phone.bubbles.set(message.sid, bubble);
    phone.log.append(bubble);
  }
  bubble.classList.toggle("mine", mine);
  bubble.classList.toggle("gone", ENDED_BADLY.has(message.status));
  const pictures = message.num_media === "0" ? "" : `[${message.num_media} picture] `;
  bubble.querySelector("p").textContent = pictures + message.body;
  const when = new Date(message.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  bubble.querySelector("small").textContent = `${when} · ${facts(message)}`;
  bubble.querySelector("small").title = message.history
    .map(([status, time]) => `${time.slice(11, 23)} ${status}`).join("\n");
  if (atEnd) phone.log.scrollTop = phone.log.scrollHeight;
}

function showFaults(rates) {
  for (const kind of KINDS) {
    let input = at(`fault-${kind}`);
    if (!input) {
      const label = element("label", "", kind.replaceAll("_", " "));
      input = element("input");
      Object.assign(input, { id: `fault-${kind}`, type: "number", min: 0, max: 1, step: 0.05 });
      input.addEventListener("change", () => tell("/simulator/faults", { [kind]: Number(input.value) }));
      label.append(input);
      at("faults").append(label);
    }
    if (document.activeElement !== input) input.value = rates[kind] ?? 0;
  }
}

function showAlerts(alerts) {
  at("alert-count").textContent = alerts.length;
  at("alerts").replaceChildren(...alerts.toReversed().map((alert) =>
    element("li", "", `${alert.code} ${alert.text} (${[alert.url, alert.about].filter(Boolean).join(", ")})`)));
}

function showSums() {
  let segments = 0;
  let price = 0;
  for (const message of messages.values()) {
    if (message.price === null) continue;
    segments += Number(message.num_segments);
    price -= Number(message.price);
  }
  at("segments").textContent = segments;
  at("price").textContent = `$${price.toFixed(4)}`;
}

function take(state) {
  if (state.changes < changes) return location.reload(); // the simulator was started again
  changes = state.changes;
  numbers = state.numbers;
  at("webhook").textContent = state.webhook;
  for (const [number, how] of Object.entries(state.phones)) {
    const phone = phones.get(number) ?? makePhone(number);
    if (document.activeElement !== phone.state) phone.state.value = how;
    phone.opted.hidden = !state.opted_out.some(([, theirs]) => theirs === number);
  }
  for (const message of state.messages.sort((a, b) => a.at.localeCompare(b.at))) {
    messages.set(message.sid, message);
    show(message);
  }
  showFaults(state.faults);
  showAlerts(state.alerts);
  showSums();
}

async function follow() {
  for (;;) {
    try {
      const answer = await fetch(`/simulator/state?after=${changes}&wait=${WAIT_SECONDS}`);
      if (!answer.ok) throw new Error(answer.statusText);
      take(await answer.json());
      if (at("link").textContent !== "connected") at("link").textContent = "connected";
    } catch {
      at("link").textContent = "does not answer";
      await new Promise((done) => setTimeout(done, PAUSE_MILLISECONDS));
    }
  }
}

at("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (await tell("/simulator/phones", { number: form.number.value, state: "on" })) form.reset();
});

follow();
