// Reads one JSON string a line and writes its number of segments.
import { createInterface } from "node:readline";
import { SegmentedMessage } from "sms-segments-calculator";

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${new SegmentedMessage(JSON.parse(line)).segmentsCount}\n`);
}
