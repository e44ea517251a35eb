// Draws a part of VS Code's real window as SVG in the colours of whatever theme shows it: the same elements are looked at in a dark
// and in a light theme, and each colour becomes the theme colour that is nearest to it in both.
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';

/** Red, green and blue from 0 to 255, and alpha from 0 to 1. */
type Color = readonly [number, number, number, number];

interface Placed {
  readonly x: number;
  readonly y: number;
  readonly opacity: number;
}
/** What inPage.js tells of; places and sizes in CSS pixels. */
export type Item = Placed &
  (
    | { kind: 'box'; width: number; height: number; radius: number; fill?: Color; stroke?: Color }
    | { kind: 'squiggle'; width: number; height: number; as: string }
    | { kind: 'icon'; size: number; code: number; color: Color; turned: boolean }
    | {
        kind: 'text';
        width: number;
        text: string;
        color: Color;
        size: number;
        weight: number;
        italic: boolean;
        mono: boolean;
      }
  );

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The colours that a picture is drawn in: they mean the same in every theme, high contrast too. */
const THEME = [
  ...['foreground', 'descriptionForeground', 'disabledForeground', 'errorForeground', 'icon-foreground', 'focusBorder'],
  ...['editor-background', 'editor-foreground', 'editorLineNumber-foreground', 'editorCodeLens-foreground'],
  ...['editorGroupHeader-tabsBackground', 'tab-activeBackground', 'tab-border', 'editorLightBulb-foreground'],
  ...['editorHoverWidget-background', 'editorHoverWidget-border', 'editorWidget-background', 'editorWidget-border'],
  ...['sideBar-background', 'sideBar-foreground', 'quickInput-background', 'quickInput-foreground'],
  ...['quickInputTitle-background', 'pickerGroup-foreground', 'input-background', 'input-border'],
  ...['input-placeholderForeground', 'menu-background', 'menu-foreground', 'menu-border', 'menu-separatorBackground'],
  ...['widget-border', 'list-activeSelectionBackground', 'list-activeSelectionForeground', 'list-hoverBackground'],
  ...['list-inactiveSelectionBackground', 'list-warningForeground', 'list-errorForeground', 'button-background'],
  ...['button-foreground', 'button-border', 'badge-background', 'badge-foreground', 'textLink-foreground'],
  ...['checkbox-background', 'checkbox-border', 'checkbox-selectBackground', 'problemsWarningIcon-foreground'],
  ...['problemsErrorIcon-foreground', 'problemsInfoIcon-foreground', 'testing-iconPassed'],
  ...['charts-red', 'charts-blue', 'charts-green', 'charts-orange', 'charts-purple', 'charts-yellow'],
].map((name) => `--vscode-${name}`);

/** What is seen in one theme. */
export interface Seen {
  readonly items: readonly Item[];
  readonly theme: Readonly<Record<string, Color>>;
}

/** Looks at the elements of a selector within an area of the page. */
export async function look(page: Page, selector: string, area: Area): Promise<Seen> {
  const source = (await readFile(new URL('inPage.js', import.meta.url), 'utf8'))
    .replace(/^\/\/.*\n/gm, '')
    .trim()
    .replace(/;$/, '');
  const items = await page.evaluate<Item[]>(`(${source})(${JSON.stringify(selector)}, ${JSON.stringify(area)})`);
  const theme = await page.evaluate<Record<string, Color>>(`(() => {
    const probe = document.querySelector('.monaco-workbench');
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    const style = getComputedStyle(probe);
    return Object.fromEntries(${JSON.stringify(THEME)}.flatMap((name) => {
      const value = style.getPropertyValue(name).trim();
      if (value === '') return [];
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = value;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      return [[name, [r, g, b, a / 255]]];
    }));
  })()`);
  return { items, theme };
}

const distance = (a: Color | undefined, b: Color | undefined): number =>
  a === undefined || b === undefined
    ? 1e6
    : a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)) * (index === 3 ? 255 : 1), 0);

/** Whether both themes show the same thing in the same place. */
const isSame = (a: Item, b: Item): boolean =>
  a.kind === b.kind &&
  Math.abs(a.x - b.x) < 1 &&
  Math.abs(a.y - b.y) < 1 &&
  (a.kind !== 'text' || b.kind !== 'text' || a.text === b.text) &&
  (a.kind !== 'icon' || b.kind !== 'icon' || a.code === b.code) &&
  (a.kind !== 'box' || b.kind !== 'box' || (Math.abs(a.width - b.width) < 2 && Math.abs(a.height - b.height) < 2));

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\u00a0', ' ');
const short = (value: number): string => String(Math.round(value * 10) / 10);

/** A style element would not be let in where walkthroughs are shown: all is said by attributes. */
const UI = 'var(--vscode-font-family,sans-serif)';
const MONO = 'var(--vscode-editor-font-family,monospace)';

/**
 * The picture: `width` and `height` in CSS pixels, drawn by the outlines of icons where there are icons;
 * `alt` is read to who does not see it. Throws where the two themes do
 * not show the same elements.
 */
export function draw(
  dark: Seen,
  light: Seen,
  { width, height }: Pick<Area, 'width' | 'height'>,
  outline: (code: number, size: number) => string,
  alt: string,
): string {
  const rest = [...light.items];
  /** Pairs: surfaces and lines that only one of the themes has are left out, words and icons both must have. */
  const pairs = dark.items.flatMap((item): readonly (readonly [Item, Item])[] => {
    const at = rest.findIndex((other) => isSame(item, other));
    if (at >= 0) return [[item, rest.splice(at, 1)[0] as Item]];
    // Code is cut into words of one colour, and so in another way by each theme.
    if (item.kind === 'text' && item.mono) return [[item, item]];
    if (item.kind === 'text' || item.kind === 'icon')
      throw new Error(`Only the dark theme shows ${item.kind === 'text' ? item.text : 'an icon'}.`);
    return [];
  });
  const names = Object.keys(dark.theme).filter((name) => name in light.theme);
  /** The nearest of the theme's colours. */
  const nearest = (
    a: Color,
    b: Color,
    among: readonly string[] = names,
  ): { readonly name: string; readonly by: number } | undefined =>
    among
      .map((name) => ({ name, by: distance(a, dark.theme[name]) + distance(b, light.theme[name]) }))
      .sort((one, other) => one.by - other.by)[0];
  const themed = (a: Color, b: Color): string => `var(${nearest(a, b)?.name ?? '--vscode-foreground'})`;
  const surfaces = names.filter((name) => /background|border/i.test(name));
  /** Of a surface: what is no colour of the theme, as the mark of a word, is not drawn. */
  const surface = (a: Color | undefined, b: Color | undefined, otherwise?: string): string => {
    const found = a && b && nearest(a, b, surfaces);
    if (found && found.by < 40) return `var(${found.name})`;
    return found && otherwise !== undefined ? `var(${otherwise})` : 'none';
  };
  /** Words in code have colours that no name of the theme has: the nearest of the charts'. */
  const inCode = (a: Color, b: Color): string => {
    const found = nearest(a, b);
    if (found && found.by < 10) return `var(${found.name})`;
    const [best] = names
      .filter((name) => /charts-|editor-foreground/.test(name))
      .sort((one, other) => distance(a, dark.theme[one]) - distance(a, dark.theme[other]));
    return `var(${best ?? '--vscode-editor-foreground'})`;
  };
  const icons = new Map<string, string>();
  const body = pairs.map(([item, other]) => {
    const faint = item.opacity < 0.99 ? ` opacity="${short(item.opacity)}"` : '';
    const at = `x="${short(item.x)}" y="${short(item.y)}"`;
    if (item.kind === 'box' && other.kind === 'box') {
      const fill = surface(item.fill, other.fill);
      const line = surface(item.stroke, other.stroke, '--vscode-widget-border');
      if (fill === 'none' && line === 'none') return '';
      const stroke = line === 'none' ? '' : ` stroke="${line}"`;
      const radius = item.radius > 0 ? ` rx="${short(Math.min(item.radius, item.width / 2, item.height / 2))}"` : '';
      return `<rect ${at} width="${short(item.width)}" height="${short(item.height)}"${radius} fill="${fill}"${stroke}${faint}/>`;
    }
    if (item.kind === 'squiggle') {
      const y = item.y + item.height - 2;
      const waves = Math.round(item.width / 3);
      const path = `M${short(item.x)} ${short(y)}${Array.from({ length: waves }, (_, wave) => `l3 ${wave % 2 === 0 ? -2 : 2}`).join('')}`;
      const color = /error/.test(item.as) ? 'Error' : /warning/.test(item.as) ? 'Warning' : 'Info';
      return `<path d="${path}" fill="none" stroke="var(--vscode-editor${color}-foreground)"/>`;
    }
    if (item.kind === 'icon' && other.kind === 'icon') {
      const key = `i${item.code.toString(16)}-${item.size}`;
      if (!icons.has(key)) icons.set(key, outline(item.code, item.size));
      const turn = item.turned
        ? ` transform="rotate(-90 ${short(item.x + item.size / 2)} ${short(item.y + item.size / 2)})"`
        : '';
      return `<use href="#${key}" ${at} fill="${themed(item.color, other.color)}"${turn}${faint}/>`;
    }
    if (item.kind === 'text' && other.kind === 'text') {
      const leading = item.text.length - item.text.replace(/^[\s\u00a0]+/, '').length;
      const each = item.width / item.text.length;
      const said = item.text.trim();
      const x = item.x + leading * each;
      const length = said.length * each;
      const style = `${item.mono ? ` font-family="${MONO}"` : ''}${item.weight >= 600 ? ' font-weight="600"' : ''}${item.italic ? ' font-style="italic"' : ''}`;
      return `<text x="${short(x)}" y="${short(item.y)}" font-size="${short(item.size)}"${style} textLength="${short(length)}" lengthAdjust="spacingAndGlyphs" fill="${item.mono ? inCode(item.color, other.color) : themed(item.color, other.color)}"${faint}>${item.mono ? escape(said).replaceAll(' ', '\u00a0') : escape(said)}</text>`;
    }
    return '';
  });
  const defs = [...icons].map(([id, path]) => `<path id="${id}" d="${path}"/>`).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 ${short(width + 2)} ${short(height + 2)}" role="img" aria-label="${escape(alt).replaceAll('"', '&quot;')}">
<!-- Made by npm run pictures. Icons: Visual Studio Code codicons, CC BY 4.0, https://github.com/microsoft/vscode-codicons -->
<defs>${defs}<clipPath id="c"><rect width="${short(width)}" height="${short(height)}" rx="6"/></clipPath></defs>
<g clip-path="url(#c)" font-family="${UI}">
${body.filter((line) => line !== '').join('\n')}
</g>
<rect width="${short(width)}" height="${short(height)}" rx="6" fill="none" stroke="var(--vscode-widget-border,var(--vscode-contrastBorder))"/>
</svg>
`;
}
