import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Config, Message } from "../src/api.ts";

/** What goes wrong with one request. */
export type Fault =
  /** The request never arrives. */
  | "drop"
  /** The request is carried out but the answer is lost. */
  | "lose"
  /** The request is carried out twice, as after a proxy's retry. */
  | "duplicate"
  /** The answer never comes. */
  | "hang"
  /** A status instead of an answer. */
  | number
  /** The answer comes after so many milliseconds. */
  | { delay: number };

export type Reply = Partial<Message> & { text: string };

interface Kept {
  conversation: string;
  messages: Message[];
  /** client_id -> the answer that was given */
  answers: Map<string, { content: string; message: Message; replies: Message[] }>;
  streams: Set<ServerResponse>;
  turn: Promise<unknown>;
}

export const CONFIG: Config = {
  clinic: {
    name: "Example Headache Clinic",
    phone_display: "(310) 555-0142",
    phone_tel: "+13105550142",
  },
  notice: "Automated assistant, not a clinician",
  emergency: "Sudden, worst-ever headache, weakness or confusion? Call 911 now.",
  greeting:
    "Hello. I answer questions from what the clinic has published and can ask for an appointment for you.",
  suggestions: [
    { title: "What is neuromuscular therapy?", text: "What is neuromuscular therapy?" },
    { title: "Can shoes cause headaches?", text: "Can shoes cause headaches?" },
    { title: "Request an appointment", text: "I would like an appointment" },
  ],
};

/**
 * A desk that keeps conversations in memory, answers by a given function, and fails on demand. What
 * it stores survives `restart`, as a database would.
 */
export class Desk {
  readonly #kept = new Map<string, Kept>();
  #server: Server | undefined;
  port = 0;
  /** Asked for each API request; returns what goes wrong with it, if anything. */
  fault: (method: string, path: string) => Fault | undefined = () => undefined;
  /** The assistant. */
  reply: (text: string, button: string | undefined) => Reply[] = (text) => [
    { text: `Answer to: ${text}` },
  ];
  config: Config = CONFIG;
  /** Further files by path. */
  files: Record<string, string> = {};
  /** Headers of every page, such as a Content-Security-Policy. */
  pageHeaders: Record<string, string> = {};
  /** A proxy that holds streams back: they open and stay silent. */
  streamsHeldBack = false;
  readonly requests: { method: string; path: string; authorization: string | undefined }[] = [];
  #waiting: { test: () => boolean; resolve: () => void }[] = [];

  get origin(): string {
    return `http://localhost:${this.port}`;
  }

  async start(): Promise<this> {
    const server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server = server;
    server.listen(this.port, "127.0.0.1");
    await new Promise((resolve, reject) => {
      server.once("listening", resolve);
      server.once("error", reject);
    });
    this.port = (server.address() as AddressInfo).port;
    return this;
  }

  /** Every connection breaks; nothing answers until `start`. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    for (const kept of this.#kept.values()) kept.streams.clear();
  }

  get conversations(): Message[][] {
    return [...this.#kept.values()].map((kept) => kept.messages);
  }

  /** The messages of the only conversation. */
  get messages(): Message[] {
    return this.conversations.at(-1) ?? [];
  }

  get patientTexts(): string[] {
    return this.messages.filter((m) => m.author === "patient").map((m) => m.text);
  }

  /** The desk forgets every session: tokens are refused from now on. */
  expireSessions(): void {
    for (const kept of this.#kept.values()) for (const stream of kept.streams) stream.destroy();
    this.#kept.clear();
  }

  dropStreams(): void {
    for (const kept of this.#kept.values()) for (const stream of kept.streams) stream.destroy();
  }

  get streams(): number {
    return [...this.#kept.values()].reduce((sum, kept) => sum + kept.streams.size, 0);
  }

  /** Someone says something into the newest conversation. */
  push(reply: Reply): Message {
    const kept = [...this.#kept.values()].at(-1);
    if (!kept) throw new Error("no conversation");
    return this.#add(kept, { author: "staff", ...reply });
  }

  /** Resolves when the desk's state fulfils `test`. */
  until(test: () => boolean): Promise<void> {
    if (test()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ test, resolve }));
  }

  #changed(): void {
    this.#waiting = this.#waiting.filter(({ test, resolve }) => {
      if (!test()) return true;
      resolve();
      return false;
    });
  }

  #add(kept: Kept, message: Reply): Message {
    const full: Message = {
      id: kept.messages.length + 1,
      author: "assistant",
      client_id: null,
      buttons: [],
      source: null,
      kind: "text",
      input: null,
      created_at: new Date().toISOString(),
      ...message,
    };
    kept.messages.push(full);
    for (const stream of kept.streams) stream.write(eventOf(full));
    this.#changed();
    return full;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.origin);
    const method = request.method ?? "GET";
    if (!url.pathname.startsWith("/api/")) return this.#file(url.pathname, response);

    const { authorization, origin } = request.headers;
    this.requests.push({ method, path: url.pathname + url.search, authorization });
    this.#changed();
    if (origin) {
      response.setHeader("Access-Control-Allow-Origin", origin);
      response.setHeader(
        "Access-Control-Allow-Headers",
        "authorization,content-type,last-event-id",
      );
      response.setHeader("Access-Control-Allow-Methods", "GET,POST,DELETE");
      response.setHeader("Access-Control-Expose-Headers", "Retry-After");
    }
    if (method === "OPTIONS") {
      response.writeHead(204).end();
      return;
    }
    const fault = this.fault(method, url.pathname);
    if (fault === "drop") {
      response.destroy();
      return;
    }
    if (fault === "hang") return;
    if (typeof fault === "number") {
      problem(response, fault);
      return;
    }
    let body = "";
    for await (const chunk of request) body += chunk;
    if (typeof fault === "object") await new Promise((done) => setTimeout(done, fault.delay));
    if (fault === "duplicate") await this.#carryOut(method, url, request, body);
    const [status, answer] = await this.#carryOut(method, url, request, body);
    if (fault === "lose") {
      response.destroy();
    } else if (answer === "stream") {
      this.#stream(request, response);
    } else if (status >= 400) {
      problem(response, status);
    } else {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(answer === undefined ? undefined : JSON.stringify(answer));
    }
  }

  async #carryOut(
    method: string,
    url: URL,
    request: IncomingMessage,
    body: string,
  ): Promise<[number, unknown?]> {
    const route = `${method} ${url.pathname.slice("/api/chat/".length)}`;
    if (route === "GET config") return [200, this.config];
    if (route === "POST sessions") {
      const token = `token-${randomUUID()}`;
      const conversation = randomUUID();
      this.#kept.set(token, {
        conversation,
        messages: [],
        answers: new Map(),
        streams: new Set(),
        turn: Promise.resolve(),
      });
      return [201, { token, conversation, expires_at: new Date(Date.now() + 864e5).toISOString() }];
    }
    const token = request.headers.authorization?.slice("Bearer ".length) ?? "";
    const kept = this.#kept.get(token);
    if (!kept) return [401];
    switch (route) {
      case "DELETE sessions":
        for (const stream of kept.streams) stream.destroy();
        this.#kept.delete(token);
        this.#changed();
        return [204];
      case "GET messages": {
        const after = Number(url.searchParams.get("after"));
        // A page of fifty, so that long histories take several.
        const messages = kept.messages.filter((message) => message.id > after).slice(0, 50);
        return [200, { messages, last_id: kept.messages.length }];
      }
      case "GET events":
        return [200, "stream"];
      case "POST messages": {
        const turn = kept.turn.then(() => this.#turn(kept, body));
        kept.turn = turn;
        return turn;
      }
    }
    return [404];
  }

  #turn(kept: Kept, body: string): [number, unknown?] {
    const { client_id, text, button } = JSON.parse(body);
    const said = text ?? this.#titleOf(kept, button);
    if (!/^[\w-]{1,64}$/.test(client_id) || !said || said.length > 2000) return [422];
    const content = JSON.stringify([text, button]);
    let answer = kept.answers.get(client_id);
    if (answer && answer.content !== content) return [409];
    if (!answer) {
      const message = this.#add(kept, { author: "patient", client_id, text: said });
      const replies = this.reply(said, button).map((reply) => this.#add(kept, reply));
      answer = { content, message, replies };
      kept.answers.set(client_id, answer);
    }
    return [200, { message: answer.message, replies: answer.replies }];
  }

  #titleOf(kept: Kept, button: string | undefined): string | undefined {
    return kept.messages.flatMap((m) => m.buttons).find(({ id }) => id === button)?.title;
  }

  #stream(request: IncomingMessage, response: ServerResponse): void {
    const token = request.headers.authorization?.slice("Bearer ".length) ?? "";
    const kept = this.#kept.get(token);
    if (!kept) {
      problem(response, 401);
      return;
    }
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.flushHeaders();
    if (this.streamsHeldBack) return;
    const after = Number(request.headers["last-event-id"] ?? 0);
    response.write(": here\n\n");
    for (const message of kept.messages) if (message.id > after) response.write(eventOf(message));
    kept.streams.add(response);
    this.#changed();
    response.on("close", () => {
      kept.streams.delete(response);
      this.#changed();
    });
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    const page = this.files[path];
    if (page !== undefined) {
      const type = path.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8";
      response.writeHead(200, { "Content-Type": type, ...this.pageHeaders }).end(page);
      return;
    }
    try {
      const bytes = await readFile(new URL(`../dist${path}`, import.meta.url));
      response.writeHead(200, {
        "Content-Type": "text/javascript; charset=utf-8",
        "Access-Control-Allow-Origin": "*",
      });
      response.end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }
}

function problem(response: ServerResponse, status: number): void {
  response.writeHead(status, {
    "Content-Type": "application/problem+json",
    ...(status === 429 && { "Retry-After": "1" }),
  });
  const detail = `Said by the desk with ${status}.`;
  response.end(JSON.stringify({ type: "about:blank", title: "Problem", status, detail }));
}

function eventOf(message: Message): string {
  return `id: ${message.id}\nevent: message\ndata: ${JSON.stringify(message)}\n\n`;
}
