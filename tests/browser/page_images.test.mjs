// Boxes, lightbox and filmstrip in Chromium, by mouse and by keyboard; what axe says of them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chromiumVisitor, cannotVisit } from './chromium_visitor.mjs';

describe('images in Chromium', { skip: cannotVisit }, () => {
  const visitor = chromiumVisitor();

  test('boxes carry class, confidence, colour and pattern, and are switched by class', async () => {
    await visitor.visit();
    const boxes = visitor.page.locator('#results .boxes g.box');
    if ((await boxes.count()) === 0) return;
    assert.match(await boxes.first().getAttribute('class'), /tone-\d.*dash-\d/);
    const before = await boxes.count();
    await visitor.page.locator('.eye').first().click();
    await visitor.page.waitForFunction(() => location.hash.includes('hide='));
    await visitor.page.waitForFunction(
      (most) => document.querySelectorAll('#results .boxes g.box').length < most,
      before,
    );
    await visitor.page.locator('.toolbar .toggle').filter({ hasText: 'Boxes' }).click();
    await visitor.page.waitForFunction(() => location.hash.includes('boxes=off'));
    assert.equal(await boxes.count(), 0);
  });

  test('the keyboard alone opens, steps through and leaves the lightbox', async () => {
    await visitor.visit();
    await visitor.example(0);
    const ids = await visitor.shownIds();
    await visitor.page.locator('#results a').first().focus();
    await visitor.page.keyboard.press('ArrowRight');
    await visitor.page.keyboard.press('Enter');
    await visitor.dialog().waitFor();
    const current = () =>
      visitor.page.evaluate(() => new URLSearchParams(location.hash.slice(1)).get('image'));
    assert.equal(await current(), ids[1]);
    await visitor.page.keyboard.press('ArrowLeft');
    await visitor.page.waitForFunction(
      (id) => new URLSearchParams(location.hash.slice(1)).get('image') === id,
      ids[0],
    );
    await visitor.page.keyboard.press('b');
    await visitor.page.waitForFunction(() => location.hash.includes('boxes=off'));
    await visitor.page.keyboard.press('Escape');
    await visitor.dialog().waitFor({ state: 'detached' });
    await visitor.page.waitForFunction(() => !location.hash.includes('image='));
    assert.ok(
      await visitor.page.evaluate(() => document.activeElement.closest('#results') !== null),
    );
  });

  test('a filmstrip shows the images before and after', async () => {
    await visitor.visit();
    for (const link of (await visitor.page.locator('#results a').all()).slice(0, 5)) {
      await link.click();
      await visitor.dialog().waitFor();
      await visitor.page.waitForTimeout(200);
      const strip = await visitor.dialog().locator('.filmstrip li').count();
      if (strip >= 2) {
        assert.equal(await visitor.dialog().locator('.filmstrip [aria-current]').count(), 1);
        await visitor.dialog().locator('.filmstrip button:not([aria-current])').first().click();
        await visitor.page.waitForFunction(() =>
          document.querySelector('.filmstrip [aria-current]'),
        );
        return;
      }
      await visitor.page.keyboard.press('Escape');
    }
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing in ${colorScheme}: start, results, lightbox`, async () => {
      await visitor.openContext({ colorScheme, reducedMotion: 'reduce' });
      await visitor.visit();
      assert.deepEqual(await visitor.breachesOfAxe(), []);
      await visitor.example(0);
      assert.deepEqual(await visitor.breachesOfAxe(), []);
      await visitor.page.locator('#results a').first().click();
      await visitor.dialog().waitFor();
      await visitor.page.waitForTimeout(300);
      assert.deepEqual(await visitor.breachesOfAxe(), []);
    });
  }

  test('a phone of 320 px shows everything without scrolling sideways', async () => {
    await visitor.openContext({
      viewport: { width: 320, height: 640 },
      isMobile: true,
      hasTouch: true,
    });
    await visitor.visit();
    const overflow = () =>
      visitor.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.equal(await overflow(), 0);
    await visitor.page.getByRole('button', { name: 'Filters' }).click();
    assert.ok(await visitor.page.locator('.facets').isVisible());
    assert.equal(await overflow(), 0);
  });
});
