export type Child = Node | string;
type Tag<Spec extends string> = Spec extends `${infer Name}.${string}` ? Name : Spec;
type ElementOf<Spec extends string> =
  Tag<Spec> extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Tag<Spec>] : HTMLElement;

/**
 * An element from `tag` or `tag.class`, with attributes, listeners (function values) and children.
 * An attribute that is false is left out. The class is also the element's part name.
 */
export function element<Spec extends string>(
  spec: Spec,
  attributes: Record<string, string | boolean | (() => void)> = {},
  ...children: Child[]
): ElementOf<Spec> {
  const [tag = "", className] = spec.split(".");
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (className) node.setAttribute("part", className);
  if (tag === "button") node.setAttribute("type", "button");
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node as ElementOf<Spec>;
}

/** An outline on a 24 by 24 grid, drawn in the colour of the text around it. */
export function icon(outline: string): SVGSVGElement {
  const namespace = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(namespace, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(namespace, "path");
  path.setAttribute("d", outline);
  svg.append(path);
  return svg;
}
