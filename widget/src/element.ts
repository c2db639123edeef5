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
