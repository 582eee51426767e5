// Fifty file names, and captions of detected things, that try to be markup, scripts, or unreadable: a bundle of them shows as text.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { demoFrames, demoModel, missing, program, root, serve } from '../web/demo_site.mjs';
import { chromiumMissing, startChromium, watchPage } from './browsers.mjs';

const attacks = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)<\u2215script>',
  'javascript:alert(1)',
  "' onclick='alert(1)",
  '\u202egpj.exe',
  '\u2066\u2067hidden\u2069',
  '{{constructor.constructor("alert(1)")()}}',
  '${alert(1)}',
  '%3Cscript%3E',
  '&lt;b&gt;',
  '\u0007bell',
  'line\nbreak',
  `${'x'.repeat(240)}`,
  '\u0301\u0301\u0301combining',
  '\ud83d\udc68\u200d\ud83d\udc69\u200d\ud83d\udc67',
  '#q=other&image=other',
  '?a=b',
];
const names = Array.from({ length: 50 }, (_, i) => {
  const attack = attacks[i % attacks.length];
  return Buffer.from(`${i} ${attack}`, 'utf8').subarray(0, 240).toString('utf8');
});

// A detector's class names come from a file, so they can be of any length and hold any character.
const longName = 'y'.repeat(10_000);
const classNames = [...attacks.slice(0, 8), 'nul\u0000nul', longName, `${'<b>'.repeat(3400)}`];

// A copy of the demo's detector that calls its classes so.
function hostileDetector(folder) {
  const copy = join(folder, 'detector');
  cpSync(join(root, 'datasets/streets/models/streets-detector'), copy, { recursive: true });
  const path = join(copy, 'model.json');
  chmodSync(path, 0o644);
  const description = JSON.parse(readFileSync(path, 'utf8'));
  assert.equal(description.class_names.length, classNames.length);
  writeFileSync(path, JSON.stringify({ ...description, class_names: classNames }));
  return copy;
}

describe('hostile names in Chromium', { skip: missing || chromiumMissing }, () => {
  let folder;
  let browser;
  let host;
  let refusal;

  before(async () => {
    folder = mkdtempSync(join(root, 'build/hostile-'));
    const source = join(folder, '<b>drive<\u2215b>');
    mkdirSync(source);
    const frames = demoFrames(names.length);
    for (const [index, name] of names.entries()) {
      copyFileSync(frames[index], join(source, `${name}.jpg`));
    }
    const { status, stderr } = spawnSync(
      program,
      [
        ...['build', source, '--out', join(folder, 'site')],
        ...['--detector', hostileDetector(folder), '--confidence', '0.05'],
        ...['--catalog', join(folder, 'catalog.sqlite')],
        ...['--title', '<script>alert(1)</script>'],
        ...['--model', demoModel],
      ],
      { encoding: 'utf8' },
    );
    if (status !== 0) refusal = stderr;
    else [browser, host] = await Promise.all([startChromium(), serve(join(folder, 'site'))]);
  });
  after(async () => {
    await browser?.close();
    await host?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  test('are shown as text and run nothing', async () => {
    assert.equal(refusal, undefined);
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.addInitScript(watchPage);
    let alerts = 0;
    page.on('dialog', (dialog) => {
      alerts += 1;
      return dialog.dismiss();
    });
    await page.goto(`${host.address}#k=100`);
    await page.waitForSelector('#results .card img[src^="blob:"]');
    const cards = page.locator('#results .card');
    await page.waitForFunction(
      (count) => document.querySelectorAll('#results .card').length === count,
      names.length,
    );
    assert.equal(await page.title(), '<script>alert(1)</script>');
    const strange = await page.$$eval('#app :is(script, iframe, object, embed, b)', (found) =>
      found.map(({ outerHTML }) => outerHTML),
    );
    assert.deepEqual(strange, []);
    const badLinks = await page.$$eval('#app a', (links) =>
      links.map(({ protocol }) => protocol).filter((protocol) => !/^https?:$/.test(protocol)),
    );
    assert.deepEqual(badLinks, []);
    for (let i = 0; i < 10; ++i) {
      await cards.nth(i).locator('a').click();
      await page.waitForSelector('dialog.lightbox[open]');
      await page.keyboard.press('Escape');
      await page.waitForFunction(() => !document.querySelector('dialog.lightbox[open]'));
    }
    const visible = await page.$$eval(
      '#results .name, #results .label, .facets label, .facets button',
      (found) => found.map(({ textContent }) => textContent),
    );
    assert.ok(visible.every((text) => text.length < 400));
    assert.ok(visible.every((text) => !/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/.test(text)));
    assert.equal(alerts, 0);
    assert.deepEqual(await page.evaluate(() => window.seen.breaches), []);
  });
});
