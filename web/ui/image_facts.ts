import type { Detection, Hit, ImageInfo } from '../core/types.js';
import { matchedDetection } from './box_overlay.js';
import { classStyle } from './class_style.js';
import { h, icon, nameOf, svg, tidy } from './dom.js';
import { percent, similarity, strings, time } from './strings.js';

/** What is known of an image, as terms and values; what is unknown is left out. */
export function factList(image: Hit | ImageInfo): HTMLElement {
  const { fields } = strings;
  const list = h('dl', { 'aria-label': strings.details });
  const add = (term: string, value: string | null | undefined) => {
    if (value) list.append(h('dt', {}, term), h('dd', {}, nameOf(value)));
  };
  if ('similarity' in image && image.similarity !== null) {
    const matched = matchedDetection(image, image.view);
    if (image.relevance !== null) add(fields.relevance, percent(image.relevance));
    add(fields.similarity, similarity(image.similarity));
    add(fields.matched, matched?.className ?? strings.viewKinds[image.view.kind]);
  }
  const { latitudeDeg, longitudeDeg, timestampS } = image;
  add(fields.dataset, image.dataset);
  add(fields.sequence, image.sequence);
  add(fields.camera, image.camera);
  add(fields.time, timestampS === null ? null : time(timestampS));
  if (latitudeDeg !== null && longitudeDeg !== null) {
    add(fields.place, `${latitudeDeg.toFixed(5)}, ${longitudeDeg.toFixed(5)}`);
  }
  if (image.widthPx > 0) add(fields.size, `${image.widthPx} × ${image.heightPx}`);
  add(fields.path, image.path);
  add(fields.licence, image.licence);
  return list;
}

/** The detected objects, each a button where a part of an image can be searched by. */
export function detectionList(
  image: ImageInfo,
  searchable: boolean,
  findRegion: (detection: Detection) => void,
): HTMLElement | null {
  if (image.detections.length === 0) return null;
  const items = [...image.detections]
    .sort((a, b) => b.confidence - a.confidence)
    .map((detection) => {
      const swatch = svg(
        'svg',
        { viewBox: '0 0 24 16', class: `swatch box ${classStyle(detection.classId)}` },
        svg('rect', { class: 'line', x: 3, y: 3, width: 18, height: 10 }),
      );
      swatch.setAttribute('aria-hidden', 'true');
      const confidence = h('span', { class: 'count', title: strings.confidenceTitle });
      confidence.textContent = percent(detection.confidence);
      const words = [swatch, nameOf(detection.className, 'value'), confidence];
      if (!searchable) return h('li', {}, ...words);
      const button = h('button', { type: 'button', class: 'region' }, ...words, icon('similar'));
      button.title = strings.findRegion(tidy(detection.className));
      button.addEventListener('click', () => findRegion(detection));
      return h('li', {}, button);
    });
  return h(
    'section',
    { class: 'detections' },
    h('h3', {}, strings.detected),
    h('ul', {}, ...items),
  );
}
