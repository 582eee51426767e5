// Starts the browsers of this machine, and what tests ask of a page in either.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';

const chromiumPath = process.env.SIGHTLINE_CHROMIUM ?? '/usr/bin/chromium';
const firefoxPath = process.env.SIGHTLINE_FIREFOX ?? '/usr/bin/firefox-esr';

const absent = (path) => !existsSync(path) && `SKIPPED: no browser at ${path}; run ./setup.sh test`;
export const chromiumMissing = absent(chromiumPath);
export const firefoxMissing = absent(firefoxPath);

export const startChromium = (...flags) =>
  chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', ...flags] });

export const startFirefox = (options = {}) =>
  puppeteer.launch({ browser: 'firefox', executablePath: firefoxPath, headless: true, ...options });

export const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

// Runs before the page's own scripts: keeps breaches of the security policy, and any result that does not belong to what the search box says at that moment.
export function watchPage() {
  window.seen = { breaches: [], staleResults: [] };
  addEventListener('securitypolicyviolation', (event) =>
    window.seen.breaches.push(`${event.violatedDirective} ${event.blockedURI}`),
  );
  addEventListener('DOMContentLoaded', () =>
    new MutationObserver((changes) => {
      const grid = document.querySelector('#results');
      if (!grid || !changes.some(({ target }) => grid.contains(target))) return;
      const typed = document.querySelector('#query').value.trim();
      if (grid.dataset.query !== typed) window.seen.staleResults.push([grid.dataset.query, typed]);
    }).observe(document, {
      subtree: true,
      attributes: true,
      attributeFilter: ['data-query'],
    }),
  );
}
