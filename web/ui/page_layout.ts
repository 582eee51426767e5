import type { SearchEngine } from '../engine/sightline.js';
import { h, tidy } from './dom.js';
import type { Notices } from './notices.js';
import { OfflinePanel } from './offline_panel.js';
import { strings } from './strings.js';
import { themeButton } from './toolbar.js';

interface LayoutParts {
  notices: Notices;
  box: HTMLElement;
  toolbar: HTMLElement;
  grid: HTMLElement;
  facets: HTMLElement;
  lightbox: HTMLElement;
  tryExample(text: string): void;
  standIn: HTMLElement;
  empty: HTMLElement;
}

/** Where the parts of the page stand, and what is shown around them. */
export class PageLayout {
  private readonly main = h('main', { class: 'page' });
  private readonly results = h('section', { class: 'results', 'aria-label': strings.results });
  private readonly heading = h('h1', { class: 'unseen' });
  private readonly examples: HTMLElement;

  constructor(
    engine: SearchEngine,
    private readonly parts: LayoutParts,
  ) {
    const { bundles } = engine;
    const title = tidy(bundles.map((bundle) => bundle.title).find(Boolean) ?? strings.appName);
    document.title = title;
    this.examples = this.exampleChips(bundles.flatMap((bundle) => bundle.examples));
    const header = h(
      'header',
      { class: 'top' },
      h('a', { class: 'skip', href: '#results' }, strings.skipToResults),
      h('a', { class: 'brand', href: './' }, title),
      parts.box,
      themeButton(),
    );
    header.querySelector('.skip')?.addEventListener('click', (event) => {
      event.preventDefault();
      parts.grid.querySelector<HTMLElement>('a')?.focus();
    });
    this.results.append(
      this.heading,
      this.examples,
      this.warnings(bundles.map(({ model }) => model.warning)),
      parts.toolbar,
      parts.notices.element,
      parts.standIn,
      parts.empty,
      parts.grid,
    );
    this.main.append(parts.facets, this.results);
    document
      .querySelector('#app')!
      .replaceChildren(header, this.main, this.footer(engine), parts.lightbox);
  }

  /** On narrow screens the filters open on demand. */
  showFilters(shown: boolean): void {
    this.main.classList.toggle('with-filters', shown);
  }

  showQuery(text: string, byImage: boolean): void {
    this.heading.textContent = text || (byImage ? strings.results : strings.browsing);
    for (const chip of this.examples.querySelectorAll('button')) {
      chip.setAttribute('aria-pressed', String(chip.dataset['text'] === text));
    }
  }

  setBusy(busy: boolean): void {
    this.results.setAttribute('aria-busy', String(busy));
  }

  private exampleChips(examples: string[]): HTMLElement {
    const chips = [...new Set(examples)].map((text) => {
      const button = h('button', { type: 'button', class: 'chip-button' }, tidy(text));
      button.dataset['text'] = text;
      button.addEventListener('click', () => this.parts.tryExample(text));
      return h('li', {}, button);
    });
    const list = h('ul', { 'aria-label': strings.examples }, ...chips);
    return h('div', { class: 'examples', hidden: chips.length === 0 }, list);
  }

  private warnings(texts: string[]): HTMLElement {
    const shown = [...new Set(texts.filter(Boolean))].map((text) => h('p', {}, tidyNote(text)));
    return h('aside', { class: 'note', hidden: shown.length === 0 }, ...shown);
  }

  private footer(engine: SearchEngine): HTMLElement {
    const { bundles } = engine;
    const images = bundles.reduce((sum, { imageCount }) => sum + imageCount, 0);
    const model = tidy(bundles.map((bundle) => bundle.model.id).join(', '));
    const offline = new OfflinePanel(engine, (error, retry) =>
      this.parts.notices.fail(error, strings.retry, retry),
    );
    engine.ready.then(
      () => setTimeout(() => void offline.start(), offlinePauseMs),
      () => undefined,
    );
    return h(
      'footer',
      { class: 'bottom' },
      h('p', {}, strings.privacy),
      h('p', {}, strings.poweredBy(images, model)),
      offline.element,
    );
  }
}

const noteLength = 400;
// After the first images, so that it takes no bytes from them.
const offlinePauseMs = 1500;

function tidyNote(text: string): string {
  return text.slice(0, noteLength);
}
