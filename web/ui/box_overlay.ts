import type { BoxXyxyPx, Detection, Hit, ImageInfo } from '../core/types.js';
import { classStyle } from './class_style.js';
import { svg, tidy } from './dom.js';
import { percent } from './strings.js';

export interface BoxChoice {
  shown: boolean;
  hiddenClasses: ReadonlySet<string>;
}

interface OverlayOptions {
  choice: BoxChoice;
  /** Pixels of the image per pixel on the screen. */
  scale: number;
  labels: 'matched' | 'all';
}

/** The detections of an image as an SVG to lie over it, coordinates in its own pixels. */
export function drawBoxes(
  image: ImageInfo,
  view: Hit['view'] | null,
  { choice, scale, labels }: OverlayOptions,
): SVGSVGElement {
  const overlay = svg('svg', {
    class: 'boxes',
    viewBox: `0 0 ${image.widthPx} ${image.heightPx}`,
    preserveAspectRatio: 'xMidYMid meet',
    'aria-hidden': 'true',
  });
  if (!choice.shown) return overlay;
  const matched = view && matchedDetection(image, view);
  for (const detection of image.detections) {
    if (choice.hiddenClasses.has(detection.className)) continue;
    const isMatch = detection === matched;
    const group = svg('g', {
      class: `box ${classStyle(detection.classId)}${isMatch ? ' matched' : ''}`,
    });
    group.append(outline(detection.boxXyxyPx, 'halo'), outline(detection.boxXyxyPx, 'line'));
    if (labels === 'all' || isMatch) group.append(...label(detection, image, scale));
    overlay.append(group);
  }
  return overlay;
}

/** The detection that a matching crop was cut around. */
export function matchedDetection(image: ImageInfo, { kind, boxXyxyPx }: Hit['view']) {
  if (kind !== 'crop') return null;
  const overlap = ({ boxXyxyPx: box }: Detection) => intersection(box, boxXyxyPx) / area(box);
  const inside = image.detections.filter((detection) => overlap(detection) > 0.9);
  return inside.sort((a, b) => area(b.boxXyxyPx) - area(a.boxXyxyPx))[0] ?? null;
}

function area([x0, y0, x1, y1]: BoxXyxyPx): number {
  return Math.max(0, x1 - x0) * Math.max(0, y1 - y0);
}

function intersection(a: BoxXyxyPx, b: BoxXyxyPx): number {
  return area([
    Math.max(a[0], b[0]),
    Math.max(a[1], b[1]),
    Math.min(a[2], b[2]),
    Math.min(a[3], b[3]),
  ]);
}

function outline([x0, y0, x1, y1]: BoxXyxyPx, name: string): SVGRectElement {
  return svg('rect', { class: name, x: x0, y: y0, width: x1 - x0, height: y1 - y0 });
}

function label(detection: Detection, image: ImageInfo, scale: number): SVGElement[] {
  const text = `${tidy(detection.className)} ${percent(detection.confidence)}`;
  const height = 15 * scale;
  const width = (text.length * 6.9 + 9) * scale;
  const [x0, y0] = detection.boxXyxyPx;
  const x = Math.max(0, Math.min(x0, image.widthPx - width));
  const y = y0 >= height ? y0 - height : y0;
  const plate = svg('rect', { class: 'plate', x, y, width, height, rx: 2 * scale });
  const words = svg('text', { x: x + 4 * scale, y: y + 11 * scale, 'font-size': 11 * scale });
  words.textContent = text;
  return [plate, words];
}
