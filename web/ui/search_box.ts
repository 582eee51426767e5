import { h, icon, iconButton } from './dom.js';
import { strings } from './strings.js';
import { SuggestionList } from './suggestion_list.js';

interface SearchActions {
  /** After every change of the text; `settled`: Enter or a choice, worth a step of history. */
  type(text: string, settled: boolean): void;
  /** The visitor is about to type. */
  prepare(): void;
  /** Phrases that complete the text. */
  suggest(text: string): Promise<string[]>;
  chooseImage(file: File): void;
  clear(): void;
}

/** What the bundles can be asked by. */
export interface Readable {
  texts: boolean;
  imageFiles: boolean;
}

/** The text field, the image button, and the image searched by where there is one. */
export class SearchBox {
  readonly element: HTMLFormElement;
  private readonly input = h('input', {
    type: 'search',
    id: 'query',
    name: 'q',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: 'false',
    enterkeyhint: 'search',
    maxlength: 1000,
    placeholder: strings.searchPlaceholder,
    'aria-label': strings.searchLabel,
  });
  private readonly chip = h('span', { class: 'chip', hidden: true });
  private readonly chipImage = h('img', { alt: '' });
  private readonly chipName = h('bdi');
  private readonly suggestions: SuggestionList;
  private wantsSuggestions = false;

  constructor(
    private readonly actions: SearchActions,
    { texts, imageFiles }: Readable,
  ) {
    this.input.disabled = !texts;
    if (!texts) this.input.placeholder = strings.noTexts;
    this.suggestions = new SuggestionList(this.input, (phrase) => this.settle(phrase));
    const file = h('input', { type: 'file', accept: 'image/*', hidden: true });
    file.addEventListener('change', () => {
      if (file.files?.[0]) actions.chooseImage(file.files[0]);
      file.value = '';
    });
    const choose = iconButton('image', strings.chooseImage, () => file.click());
    choose.hidden = !imageFiles;
    const remove = iconButton('close', strings.clear, () => actions.clear());
    this.chip.append(this.chipImage, this.chipName, remove);
    this.element = h(
      'form',
      { class: 'search', role: 'search' },
      icon('search'),
      this.chip,
      this.input,
      file,
      choose,
      this.suggestions.element,
    );
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      this.settle(this.suggestions.chosen ?? this.input.value);
    });
    this.input.addEventListener('input', () => {
      actions.type(this.input.value, false);
      void this.suggest();
    });
    this.input.addEventListener('keydown', (event) => this.keyDown(event));
    this.input.addEventListener('blur', () => this.suggestions.close());
    this.input.addEventListener('focus', () => actions.prepare(), { once: true });
  }

  focus(): void {
    this.input.focus();
  }

  private settle(text: string): void {
    this.wantsSuggestions = false;
    this.input.value = text;
    this.suggestions.close();
    this.actions.type(text, true);
  }

  private async suggest(): Promise<void> {
    const { value } = this.input;
    this.wantsSuggestions = true;
    // Suggestions are a help; where they fail the search itself tells what is wrong.
    const phrases = await this.actions.suggest(value).catch(() => []);
    const isCurrent = value === this.input.value && document.activeElement === this.input;
    if (isCurrent && this.wantsSuggestions) this.suggestions.show(phrases, value);
  }

  private keyDown(event: KeyboardEvent): void {
    const { suggestions } = this;
    if (event.isComposing) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (suggestions.isOpen) suggestions.move(event.key === 'ArrowDown' ? 1 : -1);
      else void this.suggest();
    } else if (event.key === 'Escape' && suggestions.isOpen) {
      this.wantsSuggestions = false;
      suggestions.close();
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Follows the state, leaving alone what the visitor is typing. */
  showText(text: string): void {
    if (this.input.value.trim() !== text) this.input.value = text;
  }

  /** The image that is searched by; its picture is filled in by the caller. */
  showImage(name: string | null): HTMLImageElement {
    this.chip.hidden = name === null;
    this.element.classList.toggle('by-image', name !== null);
    this.chipName.textContent = name ?? '';
    if (name === null) this.chipImage.removeAttribute('src');
    return this.chipImage;
  }
}
