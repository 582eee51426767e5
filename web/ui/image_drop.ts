import { h } from './dom.js';
import { strings } from './strings.js';

/** Takes image files that are dropped anywhere on the page or pasted into it. */
export function acceptImages(onImage: (file: File) => void): void {
  const veil = h('div', { class: 'drop-veil', hidden: true }, h('p', {}, strings.dropHere));
  document.body.append(veil);
  let depth = 0;
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
  const leave = () => {
    depth = 0;
    veil.hidden = true;
  };
  addEventListener('dragenter', (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    veil.hidden = false;
  });
  addEventListener('dragleave', () => {
    depth -= 1;
    if (depth <= 0) leave();
  });
  addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    leave();
    const file = event.dataTransfer?.files[0];
    if (file) onImage(file);
  });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const image = files.find(({ type }) => type.startsWith('image/'));
    if (!image) return;
    event.preventDefault();
    onImage(image);
  });
}
