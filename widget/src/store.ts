/**
 * What the browser keeps for one desk. Every record has its own key, so that tabs which write at
 * the same moment never overwrite each other. Falls back to memory where storage is blocked or full.
 */
export class Store {
  readonly #prefix: string;
  readonly #memory = new Map<string, string>();
  readonly #disk: Storage | undefined;

  constructor(base: string, disk: () => Storage) {
    this.#prefix = `clinic-chat ${base} `;
    try {
      this.#disk = disk();
    } catch {
      // Blocked by the browser's settings.
    }
  }

  get<T>(name: string): T | undefined {
    const key = this.#prefix + name;
    try {
      const text = this.#memory.get(key) ?? this.#disk?.getItem(key);
      return text ? JSON.parse(text) : undefined;
    } catch {
      return undefined;
    }
  }

  set(name: string, value: unknown): void {
    const key = this.#prefix + name;
    const text = JSON.stringify(value);
    try {
      this.#memory.set(key, text);
      this.#disk?.setItem(key, text);
      if (this.#disk) this.#memory.delete(key);
    } catch {
      // Full: memory keeps it for this page.
    }
  }

  remove(name: string): void {
    const key = this.#prefix + name;
    this.#memory.delete(key);
    this.#disk?.removeItem(key);
  }

  /** Names that start with `start`, sorted. */
  names(start: string): string[] {
    return [...new Set([...Object.keys(this.#disk ?? {}), ...this.#memory.keys()])]
      .filter((key) => key.startsWith(this.#prefix + start))
      .map((key) => key.slice(this.#prefix.length))
      .sort();
  }
}
