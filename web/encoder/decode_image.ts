import { SightlineError } from '../bundle/errors.js';
import type { BoxXyxyPx, RgbPixels } from '../core/types.js';

const maxPixels = 64e6;

/** The pixels of an image file, by the browser's decoders, EXIF orientation applied. */
export async function decodeImage(image: Blob | RgbPixels): Promise<RgbPixels> {
  if (!(image instanceof Blob)) return image;
  if (!('createImageBitmap' in globalThis) || !('OffscreenCanvas' in globalThis)) {
    throw new SightlineError(
      'unsupported',
      'no image decoder here; pass pixels ({ widthPx, heightPx, rgb }) instead',
    );
  }
  const options: ImageBitmapOptions = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };
  const bitmap = await createImageBitmap(image, options).catch(() => {
    const type = image.type || 'unknown type';
    throw new SightlineError(
      'invalid_argument',
      `this file is no image that the browser can read (${type}); try a JPEG, PNG or WebP`,
    );
  });
  const { width: widthPx, height: heightPx } = bitmap;
  if (widthPx * heightPx > maxPixels) {
    bitmap.close();
    throw new SightlineError(
      'too_large',
      `the image has ${widthPx} × ${heightPx} pixels, at most ${maxPixels / 1e6} million are read`,
    );
  }
  const canvas = new OffscreenCanvas(widthPx, heightPx);
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const rgba = context.getImageData(0, 0, widthPx, heightPx).data;
  const rgb = new Uint8Array(widthPx * heightPx * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return { widthPx, heightPx, rgb };
}

/** The square around a box that shows it whole, inside the image where it fits. */
export function squareAround(box: BoxXyxyPx, widthPx: number, heightPx: number): BoxXyxyPx {
  const [x0, y0, x1, y1] = box;
  const side = Math.max(x1 - x0, y1 - y0) * 1.1;
  const place = (centre: number, length: number): [number, number] => {
    const size = Math.max(1, Math.min(Math.round(side), length));
    const start = Math.round(Math.min(Math.max(centre - size / 2, 0), length - size));
    return [start, start + size];
  };
  const [left, right] = place((x0 + x1) / 2, widthPx);
  const [top, bottom] = place((y0 + y1) / 2, heightPx);
  return [left, top, right, bottom];
}
