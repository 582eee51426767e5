import { h, tidy } from './dom.js';
import { strings } from './strings.js';

interface EmptyActions {
  /** Drops the conditions that leave nothing. */
  relax(): void;
  /** The nearest images, though none fits. */
  showAll(): void;
  search(phrase: string): void;
}

/** What stands in place of images where there are none, and what to do about it. */
export class EmptyResults {
  readonly element = h('div', { class: 'empty', hidden: true });

  constructor(private readonly actions: EmptyActions) {}

  hide(): void {
    this.element.hidden = true;
  }

  /** No image passes the filters. */
  showFiltered(): void {
    this.show(strings.nothingHint, button(strings.relax, 'primary', this.actions.relax));
  }

  /** No image fits the text; `nearest` are phrases that some images fit. */
  showUnfit(text: string, nearest: string[]): void {
    const chips = nearest.map((phrase) =>
      button(tidy(phrase), 'chip-button', () => this.actions.search(phrase)),
    );
    this.show(
      strings.nothingFits(tidy(text)),
      chips.length > 0 && h('p', { class: 'instead' }, strings.searchInstead, ' ', ...chips),
      button(strings.showAllAnyway, 'primary', this.actions.showAll),
    );
  }

  private show(hint: string, ...actions: (HTMLElement | false)[]): void {
    this.element.replaceChildren(
      h('h2', {}, strings.nothingFound),
      h('p', {}, hint),
      ...actions.filter((action) => action !== false),
    );
    this.element.hidden = false;
  }
}

function button(words: string, className: string, act: () => void): HTMLButtonElement {
  const element = h('button', { type: 'button', class: className }, words);
  element.addEventListener('click', () => act());
  return element;
}
