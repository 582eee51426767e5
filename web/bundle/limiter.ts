/** What goes first where several wait. */
export const rank = {
  /** Small, and something else is asked for with what it says. */
  first: 0,
  /** What a visitor looks at. */
  shown: 1,
  /** Large, and nobody looks at it. */
  bulk: 2,
} as const;
export type Rank = (typeof rank)[keyof typeof rank];

export interface TaskOptions {
  signal?: AbortSignal | undefined;
  rank?: Rank;
  /** Not begun before all else has been quiet for a while, or before this resolves: then `first`. */
  later?: Promise<void> | undefined;
}

interface Waiting {
  rank: Rank;
  isLater: boolean;
  start: () => void;
}

// Between what a visitor waits for lie round trips; so long a pause is none of those.
const calmMs = 120;
// A task that is running cannot be put off any more, so some places are kept from those in bulk.
const keptPlaces = 2;

/** Runs at most `capacity` tasks at a time: by rank, then first come, first served. */
export class Limiter {
  private running = 0;
  private readonly bulk = new Set<Waiting>();
  /** Tasks that what waits for calm gives way to. */
  private busy = 0;
  private busyAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly waiting: Waiting[] = [];

  constructor(private readonly capacity: number) {}

  async run<T>(task: () => Promise<T>, options: TaskOptions = {}): Promise<T> {
    const { signal, later } = options;
    const entry: Waiting = {
      rank: options.rank ?? rank.first,
      isLater: later !== undefined,
      start: () => undefined,
    };
    void later?.then(() => {
      Object.assign(entry, { rank: rank.first, isLater: false });
      this.startNext();
    });
    const isBusy = entry.rank !== rank.bulk && !later;
    if (isBusy) this.busy += 1;
    try {
      await this.turn(entry, signal);
      try {
        signal?.throwIfAborted();
        return await task();
      } finally {
        this.running -= 1;
        this.bulk.delete(entry);
      }
    } finally {
      if (isBusy) {
        this.busy -= 1;
        this.busyAt = performance.now();
      }
      this.startNext();
    }
  }

  private turn(entry: Waiting, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(signal?.reason as Error);
      };
      entry.start = () => {
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.waiting.push(entry);
      this.startNext();
    });
  }

  private startNext(): void {
    while (this.running < this.capacity) {
      const next = this.waiting
        .filter((entry) => this.mayStart(entry))
        .reduce<Waiting | null>((best, one) => (best && best.rank <= one.rank ? best : one), null);
      if (!next) return this.startWhenCalm();
      this.waiting.splice(this.waiting.indexOf(next), 1);
      this.running += 1;
      if (next.rank === rank.bulk) this.bulk.add(next);
      next.start();
    }
  }

  private mayStart({ rank: wanted, isLater }: Waiting): boolean {
    if (isLater && this.calmInMs > 0) return false;
    return wanted !== rank.bulk || this.bulk.size < Math.max(1, this.capacity - keptPlaces);
  }

  private get calmInMs(): number {
    return this.busy > 0 ? Infinity : this.busyAt + calmMs - performance.now();
  }

  private startWhenCalm(): void {
    clearTimeout(this.timer);
    const waitMs = this.calmInMs;
    if (waitMs > calmMs || !this.waiting.some(({ isLater }) => isLater)) return;
    this.timer = setTimeout(() => this.startNext(), Math.max(1, waitMs));
  }
}

/** Resolves after that time, or rejects with the signal's reason. */
export function delay(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
