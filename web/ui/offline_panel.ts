import { isAbort } from '../bundle/errors.js';
import type { SearchEngine } from '../engine/sightline.js';
import type { DownloadState } from '../core/types.js';
import { h } from './dom.js';
import { bytes, strings } from './strings.js';

/** Keeps the whole bundle on this device, or removes it. */
export class OfflinePanel {
  readonly element = h('p', { class: 'offline-panel', hidden: true });
  private running: AbortController | null = null;

  constructor(
    private readonly engine: SearchEngine,
    private readonly onError: (error: unknown, retry: () => void) => void,
  ) {}

  /** Shows itself only where the browser can keep anything. */
  async start(): Promise<void> {
    if (!('caches' in globalThis) || !('serviceWorker' in navigator)) return;
    await this.refresh();
    this.element.hidden = false;
  }

  private async refresh(): Promise<void> {
    this.render(await this.engine.downloadState());
  }

  private render(state: DownloadState): void {
    const { complete, totalBytes, isLowerBound } = state;
    if (this.running) {
      this.element.replaceChildren(button(strings.stopDownload, () => this.running?.abort()));
    } else if (complete) {
      const remove = button(strings.removeOffline, () => void this.remove());
      this.element.replaceChildren(strings.keptOffline(totalBytes), ' ', remove);
    } else {
      const size = isLowerBound ? strings.moreThan(bytes(totalBytes)) : bytes(totalBytes);
      const keep = button(strings.keepOffline(size), () => void this.download(state));
      this.element.replaceChildren(keep);
    }
  }

  private async download(state: DownloadState): Promise<void> {
    this.running = new AbortController();
    this.render(state);
    try {
      await this.engine.download({ signal: this.running.signal });
    } catch (error) {
      if (!isAbort(error)) this.onError(error, () => void this.download(state));
    } finally {
      this.running = null;
      await this.refresh();
    }
  }

  private async remove(): Promise<void> {
    await this.engine.forget();
    await this.refresh();
  }
}

function button(text: string, onClick: () => void): HTMLButtonElement {
  const element = h('button', { type: 'button', class: 'quiet' }, text);
  element.addEventListener('click', onClick);
  return element;
}
