import { h, tidy } from './dom.js';
import { strings } from './strings.js';

/** The phrases below a text field: the listbox of a combobox. The field keeps the focus. */
export class SuggestionList {
  readonly element = h('ul', {
    id: 'suggestions',
    class: 'suggestions',
    role: 'listbox',
    'aria-label': strings.suggestions,
    hidden: true,
  });
  private phrases: string[] = [];
  private active = -1;

  constructor(
    private readonly input: HTMLInputElement,
    private readonly choose: (phrase: string) => void,
  ) {
    for (const [name, value] of Object.entries({
      role: 'combobox',
      'aria-autocomplete': 'list',
      'aria-controls': this.element.id,
      'aria-expanded': 'false',
    })) {
      input.setAttribute(name, value);
    }
    // The field would lose the focus, and with it the list would close before the click.
    this.element.addEventListener('pointerdown', (event) => event.preventDefault());
    this.element.addEventListener('click', ({ target }) => {
      const place = [...this.element.children].findIndex((option) =>
        option.contains(target as Node),
      );
      const phrase = this.phrases[place];
      if (phrase !== undefined) this.choose(phrase);
    });
  }

  get isOpen(): boolean {
    return !this.element.hidden;
  }

  /** The phrase that arrow keys have reached. */
  get chosen(): string | null {
    return this.phrases[this.active] ?? null;
  }

  show(phrases: string[], typed: string): void {
    this.phrases = phrases;
    this.element.dataset['typed'] = typed;
    this.element.replaceChildren(
      ...phrases.map((phrase, index) =>
        h(
          'li',
          { role: 'option', id: `suggestion-${index}`, 'aria-selected': 'false' },
          ...emphasised(tidy(phrase), typed.trim().toLowerCase()),
        ),
      ),
    );
    this.element.hidden = phrases.length === 0;
    this.input.setAttribute('aria-expanded', String(this.isOpen));
    this.activate(-1);
  }

  close(): void {
    this.show([], '');
  }

  /** To the next or the one before; past either end lies the text as typed. */
  move(step: 1 | -1): void {
    const places = this.phrases.length + 1;
    this.activate(((this.active + 1 + step + places) % places) - 1);
  }

  private activate(index: number): void {
    this.active = index;
    for (const [place, option] of [...this.element.children].entries()) {
      option.setAttribute('aria-selected', String(place === index));
      if (place === index) option.scrollIntoView({ block: 'nearest' });
    }
    if (index < 0) this.input.removeAttribute('aria-activedescendant');
    else this.input.setAttribute('aria-activedescendant', `suggestion-${index}`);
  }
}

/** What a phrase adds to the text stands out. */
function emphasised(phrase: string, typed: string): (Node | string)[] {
  const place = typed === '' ? -1 : phrase.indexOf(typed);
  if (place < 0) return [phrase];
  const end = place + typed.length;
  return [
    ...(place > 0 ? [h('b', {}, phrase.slice(0, place))] : []),
    phrase.slice(place, end),
    ...(end < phrase.length ? [h('b', {}, phrase.slice(end))] : []),
  ];
}
