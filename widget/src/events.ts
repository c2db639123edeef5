/** Longest event kept; anything longer is not from the desk. */
const LIMIT = 1 << 20;

/**
 * The `data` of each `message` event of a server-sent event stream.
 * @param heard called whenever bytes arrive, heartbeats included
 */
export async function* events(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  heard: () => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let type = "";
  let data: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    rest += decoder.decode(value, { stream: true });
    // A "\r" at the end may be half of "\r\n": it waits for the next chunk.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > LIMIT) {
      await reader.cancel();
      return;
    }
    for (const line of lines) {
      if (!line) {
        if (data.length && type === "message") yield data.join("\n");
        type = "";
        data = [];
        continue;
      }
      const [field, ...parts] = line.split(":");
      const text = parts.join(":").replace(/^ /, "");
      if (field === "event") type = text;
      if (field === "data") data.push(text);
    }
  }
}
