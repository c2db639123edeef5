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

/** A request that the desk refused (`status`) or that never reached it (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    /** Milliseconds the desk asked us to wait; 0 when it named none. */
    readonly retryAfter = 0,
    /** The desk's words: what to do in an emergency, for example, when nothing could be stored. */
    readonly detail?: string,
  ) {
    super();
  }
}

/** The desk answers within ten seconds, with its safe message if need be. */
const TIMEOUT = 30_000;

export class Api {
  /** @param base where the desk is, without a slash at the end */
  constructor(readonly base: string) {}

  /**
   * Calls the desk and returns its JSON answer.
   * @throws ApiError
   */
  async call<T>(method: string, path: string, token?: string, body?: object): Promise<T> {
    const response = await this.#fetch(
      method,
      path,
      token,
      AbortSignal.timeout(TIMEOUT),
      body && { "Content-Type": "application/json" },
      body && JSON.stringify(body),
    );
    try {
      return JSON.parse((await response.text()) || "{}");
    } catch {
      // A captive portal or proxy answered with its own page.
      throw new ApiError(0);
    }
  }

  /**
   * The stream of events after the message `after`.
   * @throws ApiError
   */
  async events(
    token: string,
    after: number,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const { body } = await this.#fetch("GET", "events", token, signal, {
      "Last-Event-ID": `${after}`,
    });
    if (!body) throw new ApiError(0);
    return body;
  }

  async #fetch(
    method: string,
    path: string,
    token: string | undefined,
    signal: AbortSignal,
    headers: Record<string, string> | undefined,
    body: string | null = null,
  ): Promise<Response> {
    const response = await fetch(`${this.base}/api/chat/${path}`, {
      method,
      signal,
      headers: { ...headers, ...(token && { Authorization: `Bearer ${token}` }) },
      body,
      credentials: "omit",
      cache: "no-store",
    }).catch(() => {
      throw new ApiError(0);
    });
    if (!response.ok) {
      throw new ApiError(
        response.status,
        1000 * Number(response.headers.get("Retry-After")) || 0,
        // A proxy answers with a page of its own.
        (await response.json().catch(() => ({}))).detail,
      );
    }
    return response;
  }
}
