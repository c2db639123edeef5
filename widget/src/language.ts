/** `es` for `es-MX`. */
export function primaryTag(language: string): string {
  return language.toLowerCase().split("-")[0] ?? "";
}

/** Puts a value where the label has its `{…}`. */
export function fill(label: string, value: string | number): string {
  return label.replace(/\{\w+\}/, () => `${value}`);
}
