// Pictures of the demo for the README: node tests/browser/screenshots.mjs FOLDER [SITE]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { serve, site } from '../web/demo_site.mjs';
import { startChromium } from './browsers.mjs';

const [folder, shown = site] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node tests/browser/screenshots.mjs FOLDER [SITE]');
  process.exit(2);
}
const desktop = { viewport: { width: 1280, height: 800 } };
const phone = {
  viewport: { width: 390, height: 800 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

mkdirSync(folder, { recursive: true });
const [browser, host] = await Promise.all([startChromium(), serve(shown)]);

async function shoot(name, options, hash, prepare = async () => undefined) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(host.address + hash);
  await page.waitForFunction(() => /\d/.test(document.querySelector('.status')?.textContent ?? ''));
  await prepare(page);
  await page.waitForFunction(() =>
    [...document.querySelectorAll('#results img, dialog[open] img')]
      .filter((image) => image.getBoundingClientRect().top < innerHeight)
      .every(({ complete, naturalWidth }) => complete && naturalWidth > 0),
  );
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await context.close();
}

const openFirst = async (page) => {
  await page.locator('#results a').first().click();
  await page.waitForSelector('dialog.lightbox[open] .filmstrip img[src]');
};
await shoot('search_light', { ...desktop, colorScheme: 'light' }, '#q=red+bus+at+night');
await shoot('image_dark', { ...desktop, colorScheme: 'dark' }, '#q=red+bus+at+night', openFirst);
await shoot('search_phone', { ...phone, colorScheme: 'light' }, '#q=snow');

const typed = (text) => async (page) => {
  await page.focus('#query');
  await page.locator('#query').pressSequentially(text);
  await page.waitForSelector('#suggestions [role="option"]');
  await page.keyboard.press('ArrowDown');
};
const standIn = async (page) => {
  await page.fill('#query', 'a gleaming red bus near warehouses');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.stand-in:not([hidden])');
};
for (const colorScheme of ['light', 'dark']) {
  await shoot(`suggestions_${colorScheme}`, { ...desktop, colorScheme }, '', typed('red b'));
  await shoot(`stand_in_${colorScheme}`, { ...desktop, colorScheme }, '?encoder=none', standIn);
}
await shoot('suggestions_phone', { ...phone, colorScheme: 'light' }, '', typed('dog in'));
await shoot('stand_in_phone', { ...phone, colorScheme: 'dark' }, '?encoder=none', standIn);
await browser.close();
await host.stop();
