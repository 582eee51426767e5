import type { SearchResult } from '../core/types.js';
import { h, nameOf } from './dom.js';
import { strings } from './strings.js';

interface StandInActions {
  loadModel(): void;
  /** Gives up the text. */
  clear(): void;
}

/** Says that the images shown are not the text's own, why, and what can be done. */
export class StandInNotice {
  readonly element = h('div', { class: 'stand-in', role: 'status', hidden: true });

  constructor(
    private readonly modelBytes: number,
    private readonly actions: StandInActions,
  ) {}

  show({ standIn, needsEncoder, complete }: SearchResult, text: string): void {
    if (!needsEncoder) return this.hide();
    const [before, after] = standIn
      ? complete
        ? strings.standInOnly
        : strings.standInMeanwhile
      : strings.notBanked;
    const sentence = h('p', {}, before, nameOf(standIn ?? text, 'phrase'), after);
    const load = () => button(strings.loadTextModel(this.modelBytes), this.actions.loadModel);
    this.element.replaceChildren(sentence, ...(complete && this.modelBytes > 0 ? [load()] : []));
    this.element.dataset['standIn'] = standIn ?? '';
    this.element.hidden = false;
  }

  /** The text cannot be asked for: nothing here reads texts. */
  showWordless(text: string): void {
    const [before, after] = strings.wordless;
    this.element.replaceChildren(
      h('p', {}, before, nameOf(text, 'phrase'), after),
      button(strings.clear, this.actions.clear),
    );
    this.element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }
}

function button(words: string, act: () => void): HTMLButtonElement {
  const element = h('button', { type: 'button', class: 'primary' }, words);
  element.addEventListener('click', () => act());
  return element;
}
