import assert from "node:assert/strict";
import { test } from "node:test";
import { events } from "../src/events.ts";

async function parse(chunks: (string | Uint8Array)[]): Promise<string[]> {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) {
        controller.enqueue(typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk);
      }
      controller.close();
    },
  });
  const found: string[] = [];
  for await (const data of events(stream.getReader(), () => {})) found.push(data);
  return found;
}

const EVENT = 'id: 7\nevent: message\ndata: {"text":"¿Qué es? 🧠"}\n\n';

test("it reads a message event", async () => {
  assert.deepEqual(await parse([EVENT]), ['{"text":"¿Qué es? 🧠"}']);
});

test("it reads the same whatever the line ends and wherever the chunks break", async () => {
  for (const end of ["\n", "\r\n", "\r"]) {
    const bytes = new TextEncoder().encode(
      `: here${end}${end}${EVENT.replaceAll("\n", end)}: x${end}`,
    );
    for (let cut = 0; cut < bytes.length; cut++) {
      const found = await parse([bytes.slice(0, cut), bytes.slice(cut)]);
      assert.deepEqual(found, ['{"text":"¿Qué es? 🧠"}'], `${JSON.stringify(end)} cut at ${cut}`);
    }
  }
});

test("it joins several data lines", async () => {
  assert.deepEqual(await parse(["event: message\ndata: one\ndata:two\n\n"]), ["one\ntwo"]);
});

test("it leaves out comments, other events and an event that was cut off", async () => {
  const stream = ": ping\n\nevent: other\ndata: no\n\nevent: message\ndata: cut off";
  assert.deepEqual(await parse([stream]), []);
});

test("it gives up on a line that never ends", async () => {
  const long = "x".repeat(700_000);
  assert.deepEqual(await parse([long, long, `\n${EVENT}`]), []);
});
