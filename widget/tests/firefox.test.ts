import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { POLICY, pageOf } from "./browser.ts";
import { Desk } from "./desk.ts";

const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";

/** A stock Firefox, spoken to over WebDriver BiDi. */
class Firefox {
  readonly #waiting = new Map<number, (answer: { result?: never; message?: string }) => void>();
  #next = 1;

  private constructor(readonly socket: WebSocket) {
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(data);
      this.#waiting.get(answer.id)?.(answer);
    };
  }

  static async connect(address: string): Promise<Firefox> {
    const socket = new WebSocket(`${address}/session`);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error("no connection"));
    });
    const firefox = new Firefox(socket);
    await firefox.send("session.new", { capabilities: {} });
    return firefox;
  }

  send<T>(method: string, params: object): Promise<T> {
    const id = this.#next++;
    this.socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, message }) =>
        result ? resolve(result) : reject(new Error(`${method}: ${message}`)),
      );
    });
  }
}

/** Runs in the page: one visit from the button to the answer and back. */
async function visitInPage(): Promise<string> {
  const violations: string[] = [];
  document.addEventListener("securitypolicyviolation", (event) =>
    violations.push(event.effectiveDirective),
  );
  const until = async <T>(look: () => T | null | undefined | false): Promise<T> => {
    for (let tries = 0; tries < 400; tries++) {
      const found = look();
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`not within ten seconds: ${look}`);
  };
  const chat = document.querySelector("clinic-chat");
  const root = await until(() => chat?.shadowRoot);
  const find = <E extends HTMLElement>(selector: string) => root.querySelector<E>(selector);
  const bubbles = () => [...root.querySelectorAll("ol .bubble")].map((node) => node.textContent);
  (await until(() => find(".launcher"))).click();
  const dialog = await until(() => find<HTMLDialogElement>("dialog[open]"));
  await until(() => bubbles().length);
  const field = await until(() => find<HTMLTextAreaElement>("#field"));
  await until(() => root.activeElement === field);
  field.value = "Is this Firefox?";
  find<HTMLButtonElement>(".send")?.click();
  await until(() => bubbles().includes("Answer to: Is this Firefox?"));
  const log = find("[role=log]")?.textContent;
  dialog.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await until(() => !dialog.open && root.activeElement === find(".launcher"));
  return JSON.stringify({ bubbles: bubbles().slice(-2), log, violations });
}

test("a visit in Firefox, under the strict policy", {
  skip: !existsSync(FIREFOX) && "no Firefox",
}, async () => {
  const desk = await new Desk().start();
  desk.pageHeaders = { "Content-Security-Policy": POLICY };
  desk.files["/"] = pageOf();
  const profile = await mkdtemp(join(tmpdir(), "firefox-"));
  const browser = spawn(
    FIREFOX,
    ["--headless", "--remote-debugging-port=0", "--profile", profile, "--no-remote"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  try {
    const address = await new Promise<string>((resolve) => {
      let said = "";
      browser.stderr.on("data", (chunk) => {
        said += chunk;
        const [found] = /ws:\/\/\S+/.exec(said) ?? [];
        if (found) resolve(found);
      });
    });
    const firefox = await Firefox.connect(address);
    const { contexts } = await firefox.send<{ contexts: { context: string }[] }>(
      "browsingContext.getTree",
      {},
    );
    const context = contexts[0]?.context ?? "";
    await firefox.send("browsingContext.navigate", {
      context,
      url: `${desk.origin}/`,
      wait: "complete",
    });
    const answer = await firefox.send<{ result?: { value: string }; exceptionDetails?: unknown }>(
      "script.evaluate",
      { expression: `(${visitInPage})()`, target: { context }, awaitPromise: true },
    );
    assert.ok(answer.result, JSON.stringify(answer.exceptionDetails));
    assert.deepEqual(JSON.parse(answer.result.value), {
      bubbles: ["Is this Firefox?", "Answer to: Is this Firefox?"],
      log: "Assistant: Answer to: Is this Firefox?",
      violations: [],
    });
    assert.deepEqual(desk.patientTexts, ["Is this Firefox?"]);
    firefox.socket.close();
  } finally {
    const gone = new Promise((resolve) => browser.once("exit", resolve));
    browser.kill();
    await gone;
    await desk.stop();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});
