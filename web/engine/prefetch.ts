import { storedBytes } from '../core/checked_objects.js';
import type { ObjectRef } from '../bundle/object_ref.js';

/** A scanning tier up to this size becomes resident; of a larger one only what queries open. */
const mostBytes = 8 << 20;
const atOnce = 4;
const quietMs = 500;

/**
 * Fetches the cells of a paged index ahead, once a first answer is there and as long as nobody
 * searches: later queries then fetch only the rows they refine.
 */
export class Prefetch {
  private searching = 0;
  private running = false;
  private isOver = false;

  constructor(
    private readonly missingCells: () => ObjectRef[],
    private readonly add: (objects: ObjectRef[]) => Promise<void>,
  ) {}

  /** Runs a search, which what is fetched ahead gives way to. */
  async during<T>(search: () => Promise<T>): Promise<T> {
    this.searching += 1;
    try {
      return await search();
    } finally {
      this.searching -= 1;
      if (!this.running) void this.run();
    }
  }

  /** Nothing more is fetched ahead. */
  stop(): void {
    this.isOver = true;
  }

  private async run(): Promise<void> {
    this.running = true;
    try {
      while (!this.isOver) {
        await new Promise((resolve) => setTimeout(resolve, quietMs));
        if (this.isOver || this.searching > 0) return;
        const missing = this.missingCells();
        if (missing.length === 0 || storedBytes(missing) > mostBytes) return this.stop();
        await this.fetch(missing);
      }
    } catch {
      // The next answer tries again; a search that needs a cell tells what is wrong.
    } finally {
      this.running = false;
    }
  }

  private async fetch(cells: ObjectRef[]): Promise<void> {
    // A search may have added some of them meanwhile.
    for (let next = cells; next.length > 0; next = this.missingCells()) {
      if (this.searching > 0 || this.isOver) return;
      await this.add(next.slice(0, atOnce));
    }
  }
}
