import { open } from '../engine/sightline.js';
import { App } from './app.js';
import { h } from './dom.js';
import { Notices } from './notices.js';
import { strings } from './strings.js';
import { savesData } from './text_encoder_choice.js';
import { applyTheme, currentTheme } from './theme.js';

const bundlePath = 'bundle/';

/** `?encoder=ort`: for comparing the two ways to read a text. */
function wantsOnnxRuntime(): boolean {
  return new URLSearchParams(location.search).get('encoder') === 'ort';
}

async function start(): Promise<void> {
  applyTheme(currentTheme());
  const notices = new Notices();
  const app = document.querySelector('#app')!;
  const begin = async () => {
    app.replaceChildren(
      h('main', { class: 'opening' }, h('h1', {}, strings.appName), notices.element),
    );
    notices.say(strings.opening);
    try {
      const engine = await open(bundlePath, {
        cache: 'all',
        encoder: wantsOnnxRuntime() ? 'ort' : 'packed',
        prefetch: !savesData(),
        onLoading: (progress) => notices.progress(progress),
      });
      notices.say(strings.searching);
      new App(engine, notices).start();
    } catch (error) {
      notices.say('');
      notices.fail(error, strings.retry, () => void begin());
    }
  };
  await begin();
}

/** Makes the page itself start without network. */
function keepPage(): void {
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.register('sw.js').catch(() => undefined);
}

void start();
if (document.readyState === 'complete') keepPage();
else addEventListener('load', keepPage);
