import { toSightlineError } from '../bundle/errors.js';
import type { LoadingPart, LoadingProgress } from '../core/types.js';
import { h } from './dom.js';
import { remedies, strings } from './strings.js';

/** What is being loaded, errors with what to do, and what a visitor should know. */
export class Notices {
  readonly element = h('div', { class: 'notices' });
  private readonly status = h('p', { class: 'status', role: 'status' });
  private readonly loading = h('div', { class: 'loading', hidden: true });
  private readonly bar = h('progress', { max: 1 });
  private readonly loadingText = h('p');
  private readonly alert = h('div', { class: 'alert', role: 'alert', hidden: true });
  private readonly offline = h('p', { class: 'offline', hidden: true }, strings.offline);
  private readonly parts = new Map<LoadingPart, LoadingProgress>();

  constructor() {
    this.bar.setAttribute('aria-label', strings.opening);
    this.loading.append(this.bar, this.loadingText);
    this.element.append(this.offline, this.alert, this.loading, this.status);
    const follow = () => (this.offline.hidden = navigator.onLine);
    addEventListener('online', follow);
    addEventListener('offline', follow);
    follow();
  }

  say(text: string): void {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  progress(progress: LoadingProgress): void {
    if (progress.done) this.parts.delete(progress.part);
    else this.parts.set(progress.part, progress);
    const current = [...this.parts.values()].at(-1);
    this.loading.hidden = !current;
    if (!current) return;
    const { part, loadedBytes, totalBytes } = current;
    const text = strings.loading(part, loadedBytes, totalBytes);
    this.loadingText.textContent = text;
    this.bar.setAttribute('aria-label', text);
    if (totalBytes > 0) this.bar.value = Math.min(1, loadedBytes / totalBytes);
    else this.bar.removeAttribute('value');
  }

  /** Loading that failed is no longer shown as going on. */
  stopProgress(): void {
    this.parts.clear();
    this.loading.hidden = true;
  }

  fail(error: unknown, actionName: string, action: () => void): void {
    const { code, message } = toSightlineError(error);
    const button = h('button', { type: 'button', class: 'primary' }, actionName);
    button.addEventListener('click', () => {
      this.clearError();
      action();
    });
    this.alert.dataset['code'] = code;
    this.alert.replaceChildren(
      h('h2', {}, strings.errorTitle),
      h('p', {}, remedies[code] ?? remedies['other']!),
      h('p', { class: 'cause' }, message),
      button,
    );
    this.alert.hidden = false;
    this.stopProgress();
  }

  clearError(): void {
    this.alert.hidden = true;
    this.alert.replaceChildren();
  }
}
