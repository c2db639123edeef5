import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import {
  createServer,
  get,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PYTHON = join(ROOT, "desk/.venv/bin/python");
/** Many visitors of these tests share one address. */
const PLENTY = "100000000/60";

export async function listen(handler: RequestListener): Promise<[Server, number]> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return [server, (server.address() as AddressInfo).port];
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request) body += chunk;
  return body;
}

/** Speaks the engine's connector; echoes, and like the real engine runs no message twice. */
export class FakeEngine {
  /** Texts by conversation, in the order in which they were run. */
  readonly runs = new Map<string, string[]>();
  readonly #answers = new Map<string, string>();
  #server: Server | undefined;
  port = 0;
  /** Whether this request finds the engine away. */
  away: () => boolean = () => false;

  async start(): Promise<this> {
    [this.#server, this.port] = await listen((request, response) => {
      // A desk that is killed may leave half a request behind.
      this.#answer(request, response).catch(() => response.destroy());
    });
    return this;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === "GET") {
      response.end(JSON.stringify({ status: "ok", model_id: "echo" }));
      return;
    }
    const asked = JSON.parse(await bodyOf(request));
    if (this.away()) {
      response.writeHead(503).end("{}");
      return;
    }
    const key = `${asked.conversation} ${asked.message_id}`;
    let answer = this.#answers.get(key);
    if (!answer) {
      this.runs.set(asked.conversation, [...(this.runs.get(asked.conversation) ?? []), asked.text]);
      answer = JSON.stringify(echo(asked.text));
      this.#answers.set(key, answer);
    }
    response.writeHead(200, { "Content-Type": "application/json" }).end(answer);
  }

  stop(): void {
    this.#server?.closeAllConnections();
    this.#server?.close();
  }
}

function echo(text: string): object {
  return {
    replies: [{ text: `Answer to: ${text}`, buttons: [], source: null, topic: null }],
    intent: "greet",
    confidence: 1,
    ranking: [{ intent: "greet", confidence: 1 }],
    topics: [],
    tier: "none",
    flags: [],
    decision: "smalltalk",
    slots: { requested_slot: null, booking_reference: null },
    model_id: "echo",
    timings: { total_ms: 1 },
  };
}

/** The desk itself: Django under uvicorn, with its worker and a SQLite file of its own. */
export class RealDesk {
  #environment: NodeJS.ProcessEnv = {};
  #var = "";
  #web: ChildProcess | undefined;
  #worker: ChildProcess | undefined;
  port = 0;
  starts = 0;

  async start(engine: FakeEngine): Promise<this> {
    this.#var = await mkdtemp(join(tmpdir(), "desk-"));
    const [holder, port] = await listen(() => {});
    await new Promise((closed) => holder.close(closed));
    this.port = port;
    const secrets = ["SECRET_KEY", "ENGINE_SECRET", "ACTIONS_SECRET", "DESK_SECRET"];
    const rates = ["SESSION_MESSAGES", "ADDRESS_MESSAGES", "ADDRESS_SESSIONS", "ADDRESS_READS"];
    this.#environment = {
      ...process.env,
      PYTHONPATH: ROOT,
      PYTHONWARNINGS: "ignore",
      FRONTDESK_ENV: "demo",
      FRONTDESK_VAR: this.#var,
      FRONTDESK_DESK_PORT: `${port}`,
      FRONTDESK_DESK_URL: this.url,
      FRONTDESK_ENGINE_URL: `http://127.0.0.1:${engine.port}`,
      ...Object.fromEntries(
        [...secrets, "BUTTON_SECRET"].map((name) => [`FRONTDESK_${name}`, name.repeat(6)]),
      ),
      ...Object.fromEntries(rates.map((name) => [`FRONTDESK_RATE_${name}`, PLENTY])),
    };
    const { status, stderr } = spawnSync(PYTHON, ["manage.py", "migrate", "-v0"], {
      cwd: join(ROOT, "desk"),
      env: this.#environment,
      encoding: "utf8",
    });
    if (status) throw new Error(stderr);
    this.#worker = this.#run("manage.py", "worker");
    await this.#serve();
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Kills the serving process in the middle of whatever it does, and starts another. */
  async restart(): Promise<void> {
    const web = this.#web;
    if (web) await ended(web, "SIGKILL");
    await this.#serve();
  }

  async stop(): Promise<void> {
    for (const child of [this.#web, this.#worker]) if (child) await ended(child, "SIGKILL");
    await rm(this.#var, { recursive: true, force: true });
  }

  #run(...command: string[]): ChildProcess {
    return spawn(PYTHON, command, {
      cwd: join(ROOT, "desk"),
      env: this.#environment,
      stdio: "ignore",
    });
  }

  async #serve(): Promise<void> {
    this.starts++;
    const options = "--host 127.0.0.1 --no-access-log --lifespan off --log-level critical";
    const web = this.#run(
      ...["-m", "uvicorn", "frontdesk.asgi:application", "--port", `${this.port}`],
      ...options.split(" "),
    );
    this.#web = web;
    while (!(await answers(`${this.url}/readyz`))) {
      if (web.exitCode !== null) throw new Error("the desk ended");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode) return Promise.resolve();
  const end = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  return end;
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on("error", () => resolve(false));
  });
}
