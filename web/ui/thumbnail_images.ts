import type { SearchEngine } from '../engine/sightline.js';
import type { ImageInfo, Thumbnail } from '../core/types.js';

const keptCount = 600;

/** Checked thumbnails as addresses of this page's memory; those used last stay. */
export class ThumbnailImages {
  private readonly urls = new Map<string, Promise<string>>();

  constructor(private readonly engine: SearchEngine) {}

  /** Shows the thumbnail once it is there, else the original; without both a plain field stays. */
  async show(
    image: HTMLImageElement,
    { thumbnail, mediaUrl }: Pick<ImageInfo, 'thumbnail' | 'mediaUrl'>,
    signal?: AbortSignal,
  ): Promise<void> {
    image.onerror = null;
    if (thumbnail) return this.showThumbnail(image, thumbnail, signal);
    image.classList.toggle('missing', !mediaUrl);
    if (!mediaUrl) return;
    image.onerror = () => image.classList.add('missing');
    image.referrerPolicy = 'no-referrer';
    image.src = mediaUrl;
  }

  blob(thumbnail: Thumbnail): Promise<Blob> {
    return this.engine.thumbnail(thumbnail);
  }

  private async showThumbnail(
    image: HTMLImageElement,
    thumbnail: Thumbnail,
    signal?: AbortSignal,
  ): Promise<void> {
    // Another card's abort may end the fetch that this one shares, so once more.
    for (let attempt = 1; attempt <= 2 && !signal?.aborted; ++attempt) {
      try {
        image.src = await this.url(thumbnail, signal);
        return image.classList.remove('missing');
      } catch {
        image.classList.add('missing');
      }
    }
  }

  private url(thumbnail: Thumbnail, signal?: AbortSignal): Promise<string> {
    const key = `${thumbnail.bundle} ${thumbnail.object.name} ${thumbnail.offset}`;
    const known = this.urls.get(key);
    const url =
      known ??
      this.engine.thumbnail(thumbnail, { signal }).then((blob) => URL.createObjectURL(blob));
    this.urls.delete(key);
    this.urls.set(key, url);
    if (!known) url.catch(() => this.urls.delete(key));
    if (this.urls.size > keptCount) this.dropOldest();
    return url;
  }

  private dropOldest(): void {
    const [key, url] = this.urls.entries().next().value!;
    this.urls.delete(key);
    void url.then(URL.revokeObjectURL, () => undefined);
  }
}
