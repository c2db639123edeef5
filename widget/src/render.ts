import { type Child, element } from "./element.ts";

/**
 * Bot and staff text as DOM nodes: paragraphs, line breaks, "- " lists, **bold**, and addresses and
 * phone numbers made tappable. Nothing is ever parsed as HTML; whatever is not listed here stays
 * visible text.
 */

/**
 * The address if it is one that a message may link to, else undefined. Plain http is only for a desk
 * that itself is served so (a developer's machine).
 */
export function safeUrl(address: string, base: string): string | undefined {
  try {
    const url = new URL(address, base);
    const own = url.origin === new URL(base).origin;
    const web = (url.protocol === "https:" || own) && !url.username;
    return web || ["mailto:", "tel:"].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** A link that tells the other site nothing and cannot reach back. */
export function link(href: string, text: string): HTMLAnchorElement {
  const leaves = href.startsWith("http");
  return element(
    "a",
    { href, dir: "auto", ...(leaves && { target: "_blank", rel: "noopener noreferrer" }) },
    text,
  );
}

/** Web address, e-mail address, North American phone number, or the emergency numbers 911 and 988. */
const TAPPABLE =
  /(https:\/\/[^\s<>"]{1,300}[^\s<>".,;:!?)])|([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4})|((?:\+1[ .-]?)?\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b|\b(?:911|988)\b)/;

/** A line of text with what is tappable in it turned into links. */
export function withLinks(text: string): Child[] {
  const nodes: Child[] = [];
  let rest = text;
  for (let match = TAPPABLE.exec(rest); match; match = TAPPABLE.exec(rest)) {
    const [found, web, mail] = match;
    const href = safeUrl(web ?? (mail ? `mailto:${mail}` : telephone(found)), "https://invalid");
    nodes.push(rest.slice(0, match.index), href ? link(href, found) : found);
    rest = rest.slice(match.index + found.length);
  }
  return [...nodes, rest];
}

export function telephone(number: string): string {
  return `tel:${number.replace(/[^\d+]/g, "")}`;
}

function inline(line: string): Child[] {
  return line
    .split(/\*\*(.+?)\*\*/)
    .flatMap((part, index) =>
      index % 2 ? [element("strong", {}, ...withLinks(part))] : withLinks(part),
    );
}

/** The blocks of a text: each a `<p>` or a `<ul>`. */
export function render(text: string): HTMLElement[] {
  const blocks: HTMLElement[] = [];
  for (const paragraph of text.split(/\n\s*\n/)) {
    let block: HTMLElement | undefined;
    for (const line of paragraph.trim().split("\n")) {
      const item = /^\s*- (.*)/.exec(line)?.[1];
      const tag = item === undefined ? "P" : "UL";
      if (block?.tagName === tag) {
        if (tag === "P") block.append(element("br"));
      } else {
        block = element(item === undefined ? "p" : "ul");
        blocks.push(block);
      }
      block.append(...(item === undefined ? inline(line) : [element("li", {}, ...inline(item))]));
    }
  }
  return blocks;
}

/** The same text for a screen reader's announcement or a transcript: no marks. */
export function plain(text: string): string {
  return text.replace(/\*\*(.+?)\*\*/g, "$1");
}
