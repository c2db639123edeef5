import { readFile } from "node:fs/promises";
import { type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { listen, type RealDesk } from "./real_desk.ts";

/** What may go wrong with one request on its way to the desk or back. */
const FAULTS = ["drop", "lose", "delay", "duplicate", "reorder", 429, 500, 503, "cut"] as const;
export type Fault = (typeof FAULTS)[number];

/** A small seeded generator (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function pick<T>(chance: () => number, choices: readonly T[]): T {
  return choices[Math.floor(chance() * choices.length)] as T;
}

/** The network between one visitor and the desk. */
export class Line {
  broken = false;
  #offline = false;
  /** Answers under way. */
  readonly open = new Set<ServerResponse>();
  readonly met = new Map<Fault, number>();
  readonly #held: (() => void)[] = [];

  constructor(readonly chance: () => number) {}

  get offline(): boolean {
    return this.#offline;
  }

  /** A visitor who goes offline loses what is under way, too. */
  set offline(offline: boolean) {
    this.#offline = offline;
    if (offline) for (const response of this.open) response.destroy();
  }

  /** What goes wrong with the next request. */
  next(): Fault | "offline" | undefined {
    let fault: Fault | "offline" | undefined;
    if (this.offline) fault = "offline";
    else if (this.broken && this.chance() < 0.35) fault = pick(this.chance, FAULTS);
    if (fault && fault !== "offline") this.met.set(fault, (this.met.get(fault) ?? 0) + 1);
    return fault;
  }

  /** Resolves after the next request has gone past, or after a while if none comes. */
  overtaken(): Promise<void> {
    return new Promise((resolve) => {
      this.#held.push(resolve);
      setTimeout(resolve, 300);
    });
  }

  pass(): void {
    for (const release of this.#held.splice(0)) setTimeout(release, 20);
  }
}

const PAGE = `<!doctype html><html lang="en"><title>Clinic</title>
<script type="module" src="/widget.js"></script><clinic-chat></clinic-chat>`;

/**
 * Stands between the browser and the desk. Each visitor has a host name of its own
 * (`visitor-7.localhost`), and so an origin, a storage and a line with its own faults.
 */
export class Gateway {
  readonly #lines = new Map<string, Line>();
  #server: Server | undefined;
  #files = new Map<string, Buffer>();
  port = 0;

  constructor(readonly desk: RealDesk) {}

  async start(): Promise<this> {
    for (const name of ["/widget.js", "/widget-panel.js"]) {
      this.#files.set(name, await readFile(new URL(`../dist${name}`, import.meta.url)));
    }
    [this.#server, this.port] = await listen((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    return this;
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  originOf(visitor: string): string {
    return `http://${visitor}.localhost:${this.port}`;
  }

  connect(visitor: string, line: Line): void {
    this.#lines.set(visitor, line);
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = incoming.url ?? "/";
    if (!path.startsWith("/api/")) {
      const file = this.#files.get(path.split("?")[0] ?? "");
      response.setHeader("Content-Type", file ? "text/javascript" : "text/html");
      response.end(file ?? (path === "/tab" ? PAGE : ""));
      return;
    }
    const line = this.#lines.get(incoming.headers.host?.split(".")[0] ?? "");
    const fault = line?.next();
    if (fault === "drop" || fault === "offline") {
      response.destroy();
      return;
    }
    if (typeof fault === "number") {
      response.writeHead(fault, fault === 429 ? { "Retry-After": "1" } : {}).end("{}");
      return;
    }
    line?.open.add(response);
    response.on("close", () => line?.open.delete(response));
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    if (fault === "delay") await new Promise((resolve) => setTimeout(resolve, 250));
    if (fault === "reorder") await line?.overtaken();
    else line?.pass();
    if (fault === "duplicate" && incoming.method === "POST") {
      // As a proxy that tries again would: both arrive, at about the same time.
      this.#forward(
        incoming,
        body,
        (answer) => answer.resume(),
        () => {},
      );
    }
    if (response.destroyed) return;
    const upstream = this.#forward(
      incoming,
      body,
      (answer) => {
        if (fault === "lose") {
          answer.resume();
          answer.on("end", () => response.destroy());
          response.destroy();
          return;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        response.flushHeaders();
        answer.pipe(response);
        answer.on("error", () => response.destroy());
        if (fault === "cut") setTimeout(() => response.destroy(), 60);
      },
      () => response.destroy(),
    );
    response.on("close", () => fault === "lose" || upstream.destroy());
  }

  #forward(
    incoming: IncomingMessage,
    body: Buffer,
    answered: (answer: IncomingMessage) => void,
    failed: () => void,
  ) {
    const { method, url, headers } = incoming;
    const { host: _, connection: __, ...kept } = headers;
    // Visitors see the desk under their own host name, and it sees them under its own.
    if (kept.origin) kept.origin = this.desk.url;
    const upstream = request(
      { host: "127.0.0.1", port: this.desk.port, method, path: url, headers: kept, agent: false },
      answered,
    );
    upstream.on("error", failed);
    upstream.end(body);
    return upstream;
  }
}
