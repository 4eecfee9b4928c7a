/// <reference lib="dom" />
import { existsSync } from 'node:fs';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

const CHROMIUM = '/usr/bin/chromium';

/** How a headless browser is started; `isThere`: it can be, so tests that need it are not skipped. */
export const BROWSER = {
  isThere: existsSync(CHROMIUM),
  options: {
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  },
};
if (!BROWSER.isThere) console.warn(`skipped: ${CHROMIUM} is missing, so no page was opened in a browser`);

/** Opens a page, runs `look`, and expects that nothing was complained about or asked of anybody. */
export async function visitPage(
  browser: Browser,
  url: string,
  look: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
  /** Complaints that the test asks for. */
  asked?: RegExp,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => requests.push(request.url()));
  if (options.javaScriptEnabled !== false) {
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) =>
        console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`),
      );
    });
  }
  await page.goto(url);
  await look(page);
  await context.close();
  expect(complaints.filter((complaint) => !asked?.test(complaint))).toEqual([]);
  expect(
    requests.filter((request) => request !== url.replace(/#.*/, '') && !request.startsWith('data:')),
  ).toEqual([]);
}
