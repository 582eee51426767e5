import type { Hit, ImageInfo } from '../core/types.js';
import { drawBoxes, matchedDetection } from './box_overlay.js';
import type { BoxChoice } from './box_overlay.js';
import { h, icon, imageName, nameOf, tidy } from './dom.js';
import { count, percent, similarity, strings } from './strings.js';

const typicalHeightPx = 180;
const widestRatio = 3.4;
const narrowestRatio = 0.6;

export interface CardActions {
  linkTo(hit: Hit): string;
  open(hit: Hit): void;
  findSimilar(hit: Hit): void;
  showThumbnail(image: HTMLImageElement, hit: Hit, signal: AbortSignal): void;
}

const onceNear = new WeakMap<Element, () => void>();
const nearView = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      nearView.unobserve(target);
      onceNear.get(target)?.();
    }
  },
  { rootMargin: '200px' },
);

/** One image of the grid; keeps its picture when a later search finds it again. */
export class ResultCard {
  readonly element = h('li', { class: 'card' });
  private readonly picture: HTMLImageElement;
  private readonly frame: HTMLElement;
  private readonly link: HTMLAnchorElement;
  private readonly caption = h('span', { class: 'caption' });
  private readonly removal = new AbortController();
  private overlay: SVGSVGElement | null = null;

  constructor(
    private hit: Hit,
    private readonly actions: CardActions,
  ) {
    this.picture = h('img', { decoding: 'async', draggable: 'false' });
    this.frame = h('span', { class: 'frame' }, this.picture);
    this.link = h('a', { class: 'open', tabindex: '-1' }, this.frame, this.caption);
    this.link.addEventListener('click', (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
      event.preventDefault();
      this.actions.open(this.hit);
    });
    const label = strings.findSimilarLabel(imageName(hit));
    const similar = h('button', { type: 'button', class: 'similar', title: strings.findSimilar });
    similar.tabIndex = -1;
    similar.setAttribute('aria-label', label);
    similar.append(icon('similar'));
    similar.addEventListener('click', () => this.actions.findSimilar(this.hit));
    this.element.append(this.link, similar);
    // A bundle of vectors may not know the sizes of its images.
    const isKnown = hit.widthPx > 0 && hit.heightPx > 0;
    const ratio = isKnown ? hit.widthPx / hit.heightPx : 4 / 3;
    const shown = Math.min(widestRatio, Math.max(narrowestRatio, ratio));
    this.element.style.setProperty('--ratio', shown.toFixed(4));
    if (ratio > widestRatio || ratio < narrowestRatio) this.frame.classList.add('letterbox');
    if (!isKnown) this.frame.classList.add('cropped');
    nearView.observe(this.element);
    onceNear.set(this.element, () => actions.showThumbnail(this.picture, hit, this.removal.signal));
  }

  remove(): void {
    nearView.unobserve(this.element);
    this.removal.abort();
    this.element.remove();
  }

  get focusTarget(): HTMLElement {
    return this.link;
  }

  get current(): Hit {
    return this.hit;
  }

  update(hit: Hit, choice: BoxChoice): void {
    this.link.href = this.actions.linkTo(hit);
    const { similarity: last, relevance, view } = this.hit;
    const isSame =
      last === hit.similarity &&
      relevance === hit.relevance &&
      String(view.boxXyxyPx) === String(hit.view.boxXyxyPx);
    this.hit = hit;
    if (this.overlay && isSame) return;
    this.picture.alt = describe(hit);
    const matched = matchedDetection(hit, hit.view);
    this.caption.replaceChildren(
      nameOf(imageName(hit), 'name'),
      matched
        ? h('span', { class: 'match' }, strings.matched(tidy(matched.className)))
        : h('span', { class: 'match' }, tidy(hit.sequence)),
    );
    if (hit.similarity !== null) {
      const byRelevance = hit.relevance !== null;
      const value = byRelevance ? percent(hit.relevance!) : similarity(hit.similarity);
      const title = byRelevance ? strings.relevanceTitle(hit.similarity) : strings.similarityTitle;
      this.caption.append(h('span', { class: 'similarity', title }, value));
    }
    this.drawBoxes(choice);
  }

  drawBoxes(choice: BoxChoice): void {
    const scale = this.hit.heightPx / typicalHeightPx;
    const overlay = drawBoxes(this.hit, this.hit.view, { choice, scale, labels: 'matched' });
    if (this.overlay) this.overlay.replaceWith(overlay);
    else this.frame.append(overlay);
    this.overlay = overlay;
  }
}

/** What a screen reader says for a picture, beside its name. */
export function describe(hit: ImageInfo): string {
  const counts = new Map<string, number>();
  for (const { className } of hit.detections) {
    counts.set(className, (counts.get(className) ?? 0) + 1);
  }
  const objects = [...counts].map(([name, value]) => count(value, tidy(name), tidy(name)));
  return [tidy(hit.sequence), ...objects].filter(Boolean).join(', ');
}
