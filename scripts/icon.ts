// Draws media/icon.png from media/icon.svg: the Marketplace takes no SVG.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { installChromium } from './chromium.ts';
import { atEnd, main, root, stopwatch } from './processes.ts';

await main(async () => {
  const browser = await chromium.launch(await installChromium(stopwatch()));
  atEnd(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
  const svg = await readFile(path.join(root, 'media/icon.svg'), 'utf8');
  await page.setContent(`<body style="margin:0">${svg.replace('<svg', '<svg style="display:block"')}</body>`);
  await page.screenshot({ path: path.join(root, 'media/icon.png'), omitBackground: true });
  return 0;
});
