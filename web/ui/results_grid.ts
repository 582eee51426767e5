import type { Hit, SearchResult } from '../core/types.js';
import type { BoxChoice } from './box_overlay.js';
import { h } from './dom.js';
import { ResultCard } from './result_card.js';
import type { CardActions } from './result_card.js';
import { strings } from './strings.js';

const keyOf = (hit: Hit) => `${hit.bundle} ${hit.imageId}`;

/** The found images, best first. Arrow keys move between them; Tab leaves the grid. */
export class ResultsGrid {
  readonly element = h('ul', { class: 'grid', 'aria-label': strings.results, id: 'results' });
  private cards = new Map<string, ResultCard>();

  constructor(
    private readonly actions: CardActions,
    private readonly onKey: (key: string, hit: Hit) => void,
  ) {
    this.element.addEventListener('keydown', (event) => this.keyDown(event));
    this.element.addEventListener('focusin', ({ target }) => this.rove(target as HTMLElement));
  }

  /** `query` marks what the results belong to. */
  show(result: SearchResult, choice: BoxChoice, query: string): void {
    const cards = new Map<string, ResultCard>();
    const hadFocus = this.element.contains(document.activeElement);
    for (const hit of result.hits) {
      const key = keyOf(hit);
      const card = this.cards.get(key) ?? new ResultCard(hit, this.actions);
      card.update(hit, choice);
      cards.set(key, card);
    }
    for (const [key, card] of this.cards) if (!cards.has(key)) card.remove();
    let place: Element | null = this.element.firstElementChild;
    for (const { element } of cards.values()) {
      if (element === place) place = place.nextElementSibling;
      else this.element.insertBefore(element, place);
    }
    this.cards = cards;
    this.element.dataset['query'] = query;
    const first = cards.values().next().value;
    if (first && !this.element.querySelector('[tabindex="0"]')) first.focusTarget.tabIndex = 0;
    if (hadFocus && !this.element.contains(document.activeElement)) first?.focusTarget.focus();
  }

  clear(): void {
    for (const card of this.cards.values()) card.remove();
    this.cards.clear();
  }

  drawBoxes(choice: BoxChoice): void {
    for (const card of this.cards.values()) card.drawBoxes(choice);
  }

  /** The hit before or after one, in the order shown. */
  neighbor(imageId: string, step: 1 | -1): Hit | null {
    const cards = [...this.cards.values()];
    const place = cards.findIndex(({ current }) => current.imageId === imageId);
    return place < 0 ? null : (cards[place + step]?.current ?? null);
  }

  hit(imageId: string): Hit | null {
    const cards = [...this.cards.values()];
    return cards.find(({ current }) => current.imageId === imageId)?.current ?? null;
  }

  focus(imageId: string): void {
    const cards = [...this.cards.values()];
    cards.find(({ current }) => current.imageId === imageId)?.focusTarget.focus();
  }

  private rove(target: HTMLElement): void {
    const card = [...this.cards.values()].find(({ element }) => element.contains(target));
    if (!card) return;
    for (const open of this.element.querySelectorAll<HTMLElement>('[tabindex="0"]')) {
      open.tabIndex = -1;
    }
    for (const part of card.element.querySelectorAll<HTMLElement>('a, button')) part.tabIndex = 0;
  }

  private keyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const cards = [...this.cards.values()];
    const place = cards.findIndex(({ element }) => element.contains(event.target as Node));
    const card = cards[place];
    if (!card) return;
    const next = { ArrowLeft: place - 1, ArrowRight: place + 1, Home: 0, End: cards.length - 1 };
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      nearestInNextRow(cards, card, event.key === 'ArrowUp' ? -1 : 1)?.focusTarget.focus();
    } else if (event.key in next) {
      cards[next[event.key as keyof typeof next]]?.focusTarget.focus();
    } else {
      return this.onKey(event.key, card.current);
    }
    event.preventDefault();
  }
}

function nearestInNextRow(cards: ResultCard[], from: ResultCard, step: 1 | -1): ResultCard | null {
  const own = from.element.getBoundingClientRect();
  const centre = own.left + own.width / 2;
  const rows = cards
    .map((card) => ({ card, box: card.element.getBoundingClientRect() }))
    .filter(({ box }) => (step > 0 ? box.top > own.top + 1 : box.top < own.top - 1));
  const row = step > 0 ? rows[0]?.box.top : rows.at(-1)?.box.top;
  const distance = (box: DOMRect) => Math.abs(box.left + box.width / 2 - centre);
  return (
    rows
      .filter(({ box }) => Math.abs(box.top - (row ?? 0)) < 2)
      .sort((a, b) => distance(a.box) - distance(b.box))[0]?.card ?? null
  );
}
