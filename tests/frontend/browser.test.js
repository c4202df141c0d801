// The API's page as a person uses it: open, sign in, choose an example, run it, read the rows.
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { funder, url } from './settings.js';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

test('a funder signs in and runs an example', { timeout: 180_000 }, async (t) => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ARGUMENTS,
  });
  t.after(() => browser.close());
  const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1400, height: 850 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);

  const elsewhere = [];
  const complaints = [];
  context.on('request', (request) => {
    const address = new URL(request.url());
    if (address.protocol !== 'data:' && address.origin !== new URL(url).origin) elsewhere.push(address.href);
  });
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));

  await page.goto(url);
  await page.getByLabel('E-mail').fill(funder.email);
  await page.getByLabel('Password').fill(funder.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();

  await page.getByLabel('Language').selectOption('fr');
  await page.getByRole('heading', { name: 'Exemples' }).waitFor();
  await page.getByLabel('Langue').selectOption('en');

  // The first example of the funder's own.
  const examples = page.getByRole('region', { name: 'Examples' });
  await examples
    .locator('div', { hasText: /^Funder/ })
    .getByRole('button')
    .first()
    .click();
  // The tab is named after its operation once the page has read it.
  const tab = page.getByRole('tab', { selected: true });
  await tab.filter({ hasNotText: 'untitled' }).waitFor();
  await page.getByRole('button', { name: /Execute query/ }).click();

  const answer = page.locator('.graphiql-response .view-lines');
  await answer.getByText('"id"').first().waitFor();
  const screenshot = join(tmpdir(), 'impact-page.png');
  await page.screenshot({ path: screenshot });
  t.diagnostic(`screenshot: ${screenshot}`);

  assert.doesNotMatch(await answer.innerText(), /"errors"/);
  assert.deepEqual(elsewhere, []);
  assert.deepEqual(complaints, []);
});
