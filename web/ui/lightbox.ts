import type { BoxXyxyPx, Detection, Hit, ImageInfo } from '../core/types.js';
import { drawBoxes } from './box_overlay.js';
import type { BoxChoice } from './box_overlay.js';
import { h, icon, iconButton, imageName } from './dom.js';
import { detectionList, factList } from './image_facts.js';
import { describe } from './result_card.js';
import { strings } from './strings.js';

export interface LightboxActions {
  close(): void;
  step(step: 1 | -1): void;
  open(image: ImageInfo): void;
  toggleBoxes(): void;
  findSimilar(imageId: string, region: BoxXyxyPx | null): void;
  showThumbnail(picture: HTMLImageElement, image: ImageInfo): void;
  sequence(image: ImageInfo): Promise<ImageInfo[]>;
  canSearchRegions(): boolean;
  /** Whether there can be boxes at all. */
  hasBoxes(): boolean;
}

/** One image large, with what is known of it and the images before and after. */
export class Lightbox {
  readonly element = h('dialog', { class: 'lightbox' });
  private readonly title = h('h2');
  private readonly picture = h('img', { class: 'picture' });
  private readonly stage = h('div', { class: 'stage' });
  private readonly frame = h('div', { class: 'frame' }, this.picture);
  private readonly facts = h('div', { class: 'facts', tabindex: '-1' });
  private readonly strip = h('ul', { class: 'filmstrip', 'aria-label': strings.filmstrip });
  private readonly previous: HTMLButtonElement;
  private readonly next: HTMLButtonElement;
  private shown: Hit | ImageInfo | null = null;
  private choice: BoxChoice = { shown: true, hiddenClasses: new Set() };
  private stripKey = '';

  constructor(private readonly actions: LightboxActions) {
    this.previous = iconButton('left', strings.previous, () => actions.step(-1));
    this.next = iconButton('right', strings.next, () => actions.step(1));
    this.element.setAttribute('aria-labelledby', 'lightbox-title');
    this.title.id = 'lightbox-title';
    const close = iconButton('close', strings.close, () => this.element.close());
    this.stage.append(this.previous, this.frame, this.next);
    this.element.append(h('header', {}, this.title, close), this.stage, this.facts, this.strip);
    this.element.addEventListener('close', () => actions.close());
    this.element.addEventListener('click', ({ target }) => {
      if (target === this.element) this.element.close();
    });
    this.element.addEventListener('keydown', (event) => this.keyDown(event));
    this.picture.addEventListener('load', () => this.fitLoaded());
    new ResizeObserver(() => this.draw()).observe(this.frame);
  }

  get imageId(): string | null {
    return this.element.open ? (this.shown?.imageId ?? null) : null;
  }

  show(image: Hit | ImageInfo, choice: BoxChoice, hasPrevious: boolean, hasNext: boolean): void {
    const isNew = this.shown?.imageId !== image.imageId || !this.element.open;
    this.shown = image;
    this.choice = choice;
    this.previous.disabled = !hasPrevious;
    this.next.disabled = !hasNext;
    if (!this.element.open) this.element.showModal();
    if (isNew) this.showNew(image);
    this.draw();
  }

  hide(): void {
    if (this.element.open) this.element.close();
  }

  private showNew(image: Hit | ImageInfo): void {
    this.title.replaceChildren(h('bdi', {}, imageName(image)));
    this.fit(image.widthPx, image.heightPx);
    this.picture.alt = describe(image) || imageName(image);
    this.picture.removeAttribute('src');
    this.actions.showThumbnail(this.picture, image);
    this.showOriginal(image);
    const findRegion = ({ boxXyxyPx }: Detection) =>
      this.actions.findSimilar(image.imageId, boxXyxyPx);
    const detections = detectionList(image, this.actions.canSearchRegions(), findRegion);
    this.facts.replaceChildren(this.buttons(image), factList(image), detections ?? '');
    void this.showStrip(image);
  }

  /** Gives the picture its place; of an unknown size, one until it has come. */
  private fit(widthPx: number, heightPx: number): void {
    const isKnown = widthPx > 0 && heightPx > 0;
    this.frame.style.setProperty('--width', String(isKnown ? widthPx : 4));
    this.frame.style.setProperty('--height', String(isKnown ? heightPx : 3));
  }

  private fitLoaded(): void {
    const { naturalWidth, naturalHeight } = this.picture;
    if (this.shown?.widthPx === 0) this.fit(naturalWidth, naturalHeight);
  }

  /** The thumbnail stays until the original has come, and for good where it does not. */
  private showOriginal(image: ImageInfo): void {
    if (!image.mediaUrl) return;
    const original = new Image();
    original.src = image.mediaUrl;
    const stillShown = () => this.shown?.imageId === image.imageId;
    original.decode().then(
      () => stillShown() && (this.picture.src = original.src),
      () => undefined,
    );
  }

  private buttons(image: ImageInfo): HTMLElement {
    const similar = h('button', { type: 'button', class: 'primary' });
    similar.append(icon('similar'), strings.findSimilar);
    similar.addEventListener('click', () => this.actions.findSimilar(image.imageId, null));
    const boxes = h('button', { type: 'button', class: 'toggle', title: strings.boxesHint });
    boxes.append(icon('boxes'), strings.boxes);
    boxes.addEventListener('click', () => this.actions.toggleBoxes());
    boxes.hidden = !this.actions.hasBoxes();
    const original =
      image.mediaUrl &&
      h(
        'a',
        { class: 'quiet', href: image.mediaUrl, target: '_blank', rel: 'noopener noreferrer' },
        icon('external'),
        strings.original,
      );
    return h('div', { class: 'actions' }, similar, boxes, original);
  }

  private draw(): void {
    if (!this.shown || !this.element.open) return;
    this.facts.querySelector('.toggle')?.setAttribute('aria-pressed', String(this.choice.shown));
    const scale = this.shown.widthPx / Math.max(1, this.frame.clientWidth);
    const view = 'view' in this.shown ? this.shown.view : null;
    this.frame.querySelector('.boxes')?.remove();
    this.frame.append(drawBoxes(this.shown, view, { choice: this.choice, scale, labels: 'all' }));
  }

  private async showStrip(image: ImageInfo): Promise<void> {
    const key = image.imageId;
    this.stripKey = key;
    const images = await this.actions.sequence(image).catch(() => []);
    if (this.stripKey !== key) return;
    this.strip.hidden = images.length < 2;
    this.strip.replaceChildren(...images.map((other) => this.stripItem(other, image)));
    const current = this.strip.querySelector<HTMLElement>('[aria-current]');
    if (current) {
      const centre = current.offsetLeft + current.offsetWidth / 2;
      this.strip.scrollLeft = centre - this.strip.clientWidth / 2;
    }
  }

  private stripItem(other: ImageInfo, shown: ImageInfo): HTMLLIElement {
    const picture = h('img', { alt: imageName(other), decoding: 'async' });
    this.actions.showThumbnail(picture, other);
    const button = h('button', { type: 'button' }, picture);
    if (other.imageId === shown.imageId) button.setAttribute('aria-current', 'true');
    button.addEventListener('click', () => this.actions.open(other));
    return h('li', {}, button);
  }

  private keyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Record<string, () => void> = {
      ArrowLeft: () => !this.previous.disabled && this.actions.step(-1),
      ArrowRight: () => !this.next.disabled && this.actions.step(1),
      b: () => this.actions.toggleBoxes(),
      s: () => this.shown && this.actions.findSimilar(this.shown.imageId, null),
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    step();
  }
}
