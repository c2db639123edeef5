import type { Message } from "./api.ts";
import type { Labels } from "./labels.ts";
import { fill } from "./language.ts";
import { plain } from "./render.ts";

/** The conversation as plain text for the patient to keep. */
export function transcript(clinic: string, messages: Message[], labels: Labels): string {
  const parts = messages.map(({ author, text, source, created_at }) => {
    const when = new Date(created_at).toLocaleString();
    const cited = source ? `\n${fill(labels.source, source.title)} ${source.url}` : "";
    return `${when} ${labels[author]}:\n${plain(text)}${cited}`;
  });
  return `${[clinic, labels.notice, ...parts].join("\n\n")}\n`;
}
