/** What the clinic's desk offers under /api/chat/, as types and calls. */

export interface Choice {
  id: string;
  title: string;
}

export interface Message {
  /** Grows within a conversation. */
  id: number;
  author: "patient" | "assistant" | "staff";
  client_id: string | null;
  text: string;
  buttons: Choice[];
  source: { title: string; url: string } | null;
  /** `safe`: sent because the assistant was away. `safety`: the answer to a red flag. */
  kind: "text" | "safe" | "safety";
  /** The booking slot that this message asks for, such as `callback_number`. */
  input: string | null;
  created_at: string;
}

export interface Config {
  clinic: { name: string; phone_display: string; phone_tel: string };
  notice: string;
  emergency: string;
  greeting: string;
  suggestions: { title: string; text: string }[];
}

export interface Session {
  token: string;
}

export interface Outgoing {
  client_id: string;
  text?: string;
  button?: string;
}

/** A request that the desk refused (`status`) or that never reached it (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** Milliseconds the desk asked us to wait; 0 when it named none. */
    readonly retryAfter = 0,
  ) {
    super(`chat request failed (${status})`);
  }
}

/** The desk answers within ten seconds, with its safe message if need be. */
const TIMEOUT = 30_000;

interface Options {
  method?: string;
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export class Api {
  /** @param base where the desk is, without a slash at the end */
  constructor(readonly base: string) {}

  async config(locale: string): Promise<Config> {
    const config = await this.#json<Config>(`config?locale=${locale}`);
    if (!config.clinic || !config.suggestions) throw new ApiError(0);
    return config;
  }

  async begin(locale: string): Promise<Session> {
    const { token } = await this.#json<Session>("sessions", { method: "POST", body: { locale } });
    if (!token) throw new ApiError(0);
    return { token };
  }

  async post(token: string, body: Outgoing): Promise<Message[]> {
    const answer = await this.#json<{ message: Message; replies: Message[] }>("messages", {
      method: "POST",
      token,
      body,
    });
    if (!answer.message || !Array.isArray(answer.replies)) throw new ApiError(0);
    return [answer.message, ...answer.replies];
  }

  async history(token: string, after: number): Promise<{ messages: Message[]; last_id: number }> {
    const page = await this.#json<{ messages: Message[]; last_id: number }>(
      `messages?after=${after}`,
      { token },
    );
    if (!Array.isArray(page.messages)) throw new ApiError(0);
    return page;
  }

  async events(
    token: string,
    after: number,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch("events", {
      token,
      signal,
      headers: { Accept: "text/event-stream", "Last-Event-ID": `${after}` },
    });
    if (!response.body) throw new ApiError(0);
    return response.body;
  }

  /** Ends and erases the conversation. */
  async erase(token: string): Promise<void> {
    await this.#fetch("sessions", { method: "DELETE", token });
  }

  async #json<T>(path: string, options: Options = {}): Promise<T> {
    const response = await this.#fetch(path, options);
    try {
      return await response.json();
    } catch {
      // A captive portal or proxy answered with its own page.
      throw new ApiError(0);
    }
  }

  async #fetch(path: string, { method = "GET", token, body, headers, signal }: Options) {
    let response: Response;
    try {
      response = await fetch(`${this.base}/api/chat/${path}`, {
        method,
        headers: {
          ...headers,
          ...(token && { Authorization: `Bearer ${token}` }),
          ...(body ? { "Content-Type": "application/json" } : {}),
        },
        ...(body ? { body: JSON.stringify(body) } : {}),
        credentials: "omit",
        cache: "no-store",
        signal: signal ?? AbortSignal.timeout(TIMEOUT),
      });
    } catch {
      throw new ApiError(0);
    }
    if (!response.ok) {
      throw new ApiError(response.status, 1000 * Number(response.headers.get("Retry-After")) || 0);
    }
    return response;
  }
}
