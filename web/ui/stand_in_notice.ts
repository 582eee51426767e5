import type { SearchResult } from '../engine/types.js';
import { h, nameOf } from './dom.js';
import { strings } from './strings.js';

/** Says that the images shown are another phrase's, why, and how to get the text's own. */
export class StandInNotice {
  readonly element = h('div', { class: 'stand-in', role: 'status', hidden: true });

  constructor(
    private readonly modelBytes: number,
    private readonly loadModel: () => void,
  ) {}

  show({ standIn, needsEncoder, complete }: SearchResult, text: string): void {
    if (!needsEncoder) return this.hide();
    const [before, after] = standIn
      ? complete
        ? strings.standInOnly
        : strings.standInMeanwhile
      : strings.notBanked;
    const sentence = h('p', {}, before, nameOf(standIn ?? text, 'phrase'), after);
    const load = complete && this.modelBytes > 0;
    this.element.replaceChildren(sentence, ...(load ? [this.loadButton()] : []));
    this.element.dataset['standIn'] = standIn ?? '';
    this.element.hidden = false;
  }

  hide(): void {
    this.element.hidden = true;
    this.element.replaceChildren();
  }

  private loadButton(): HTMLButtonElement {
    const words = strings.loadTextModel(this.modelBytes);
    const button = h('button', { type: 'button', class: 'primary' }, words);
    button.addEventListener('click', () => this.loadModel());
    return button;
  }
}
