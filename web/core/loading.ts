import type { LoadingPart, LoadingProgress } from './types.js';

export type OnLoading = (progress: LoadingProgress) => void;

/** Reports the bytes of several files as one sum, at most every tenth of a second. */
export class LoadingReport {
  private readonly loaded: number[] = [];
  private reportedAt = -Infinity;

  constructor(
    private readonly part: LoadingPart,
    private readonly totalBytes: number,
    private readonly report: OnLoading,
  ) {}

  /** The callback for one more file. */
  file(): (loadedBytes: number) => void {
    const index = this.loaded.push(0) - 1;
    return (loadedBytes) => {
      this.loaded[index] = loadedBytes;
      if (performance.now() - this.reportedAt > 100) this.send(false);
    };
  }

  finish(): void {
    this.send(true);
  }

  private send(done: boolean): void {
    this.reportedAt = performance.now();
    const loadedBytes = this.loaded.reduce((sum, bytes) => sum + bytes, 0);
    this.report({ part: this.part, loadedBytes, totalBytes: this.totalBytes, done });
  }
}
