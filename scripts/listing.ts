// What the Visual Studio Marketplace and Open VSX ask of an extension's entry, one row a rule, each with where it is published.
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './processes.ts';

const MANIFEST = 'code.visualstudio.com/api/references/extension-manifest';
const PUBLISHING = 'code.visualstudio.com/api/working-with-extensions/publishing-extension';
const OPEN_VSX = 'github.com/eclipse/openvsx server/…/ExtensionValidator.java';
const VSCE = '@vscode/vsce out/validation.js, out/package.js';

/** The fields of package.json that make the entry, with %keys% replaced by their English text. */
export interface Entry {
  readonly name?: string;
  readonly publisher?: string;
  readonly version?: string;
  readonly displayName?: string;
  readonly description?: string;
  readonly categories?: readonly string[];
  readonly keywords?: readonly string[];
  readonly icon?: string;
  readonly galleryBanner?: { readonly color?: string; readonly theme?: string };
  readonly license?: string;
  readonly repository?: { readonly url?: string };
  readonly homepage?: string;
  readonly bugs?: { readonly url?: string };
  readonly pricing?: string;
  readonly qna?: string | false;
  readonly preview?: boolean;
  readonly sponsor?: { readonly url?: string };
  readonly extensionKind?: readonly string[];
  readonly engines?: { readonly vscode?: string };
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly enabledApiProposals?: readonly string[];
  readonly badges?: readonly unknown[];
}

/** All that a rule looks at. */
export interface Listing {
  readonly entry: Entry;
  /** The icon's bytes. */
  readonly icon: Uint8Array;
  /** README.md and CHANGELOG.md, as they stand here. */
  readonly pages: Readonly<Record<string, string>>;
  /** Whether a file of the repository is there. */
  readonly exists: (file: string) => boolean;
}

interface Rule {
  readonly name: string;
  readonly source: string;
  readonly problems: (listing: Listing) => (string | false | undefined)[];
}

/** The Marketplace's categories; vsce passes on any word. */
const CATEGORIES = new Set(
  `Programming Languages|Snippets|Linters|Themes|Debuggers|Formatters|Keymaps|SCM Providers|Other|Extension Packs|Language Packs|Data Science|Machine Learning|Visualization|Notebooks|Education|Testing|AI|Chat`.split(
    '|',
  ),
);

const isHttps = (url: string | undefined): boolean =>
  URL.canParse(url ?? '') && new URL(url ?? '').protocol === 'https:';

/** Width and height of a PNG in pixels (PNG specification, 11.2.2 IHDR); undefined for anything else. */
export function pngSize(bytes: Uint8Array): [width: number, height: number] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 24 || view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452) return undefined;
  return [view.getUint32(16), view.getUint32(20)];
}

/** WCAG 2's contrast between a colour #rrggbb and white or black. */
export function contrast(color: string, text: 'white' | 'black'): number {
  const part = (at: number): number => {
    const value = parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  return text === 'white' ? 1.05 / (luminance + 0.05) : (luminance + 0.05) / 0.05;
}

/** Where the pictures of a Markdown page are: of its own syntax and of HTML. */
const pictures = (page: string): string[] => [
  ...[...page.matchAll(/!\[[^\]]*\]\(\s*<?([^)\s>]+)/g)].map((match) => match[1] ?? ''),
  ...[...page.matchAll(/<img\b[^>]*\bsrc\s*=\s*["']?([^"'\s>]+)/gi)].map((match) => match[1] ?? ''),
];

/** Open VSX refuses control, format and private characters. */
const ODD = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u;
const texts = ({ displayName = '', description = '', categories = [], keywords = [], license = '' }: Entry) =>
  Object.entries({ displayName: [displayName], description: [description], categories, keywords, license: [license] });

const RULES: readonly Rule[] = [
  {
    name: 'name and publisher are plain',
    source: `${VSCE}; ${MANIFEST}: lower case`,
    problems: ({ entry: { name = '', publisher = '' } }) =>
      Object.entries({ name, publisher }).map(
        ([key, value]) =>
          !/^[a-z0-9][a-z0-9-]*$/.test(value) && `${key} must be letters, digits and hyphens: "${value}"`,
      ),
  },
  {
    name: 'the version is three numbers',
    source: `${PUBLISHING}#prerelease-extensions: no pre-release tags`,
    problems: ({ entry: { version = '' } }) => [
      !/^\d+\.\d+\.\d+$/.test(version) && `version is "${version}"; a pre-release is told by --pre-release.`,
    ],
  },
  {
    name: 'name, description, categories, keywords and license are of a length and of characters that are taken',
    source: OPEN_VSX,
    problems: ({ entry }) => [
      !entry.displayName && 'displayName is missing.',
      !entry.description && 'description is missing.',
      ...texts(entry).flatMap(([key, values]) =>
        values.map((value) => {
          const limit = key === 'description' ? 2048 : 255;
          if (ODD.test(value)) return `${key} holds a character that Open VSX refuses.`;
          return value.length > limit && `${key} has ${value.length} characters; ${limit} are taken.`;
        }),
      ),
    ],
  },
  {
    name: 'categories are of the list',
    source: MANIFEST,
    problems: ({ entry: { categories = [] } }) => [
      categories.length === 0 && 'There is no category.',
      ...categories.map((one) => !CATEGORIES.has(one) && `${one} is no category of the Marketplace.`),
    ],
  },
  {
    name: 'at most 30 keywords, each once',
    source: `${MANIFEST}; ${PUBLISHING}: "exceeded the number of allowed tags of 30"`,
    problems: ({ entry: { keywords = [] } }) => [
      keywords.length > 30 && `There are ${keywords.length} keywords.`,
      new Set(keywords).size < keywords.length && 'A keyword stands twice.',
    ],
  },
  {
    name: 'the icon is a square PNG of at least 128 pixels',
    source: `${MANIFEST} (128, 256 for Retina); ${PUBLISHING}: no SVG`,
    problems: ({ entry, icon }) => {
      const size = pngSize(icon);
      if (!entry.icon?.endsWith('.png') || size === undefined) return ['The icon is no PNG.'];
      const [width, height] = size;
      return [(width !== height || width < 128) && `The icon has ${width} by ${height} pixels.`];
    },
  },
  {
    name: "the banner's colour and theme go together",
    source: `${MANIFEST}#marketplace-presentation-tips; ${OPEN_VSX}; contrast: WCAG 2.2, 1.4.3`,
    problems: ({ entry: { galleryBanner: { color = '', theme = '' } = {} } }) => {
      if (!/^#[0-9a-f]{6}$/i.test(color)) return [`galleryBanner.color is "${color}", not #rrggbb.`];
      if (theme !== 'dark' && theme !== 'light') return [`galleryBanner.theme is "${theme}", not dark or light.`];
      const seen = contrast(color, theme === 'dark' ? 'white' : 'black');
      return [seen < 4.5 && `Text of the ${theme} banner has a contrast of ${seen.toFixed(1)}.`];
    },
  },
  {
    name: 'there is a license, and its file',
    source: `${PUBLISHING} (LICENSE); Open VSX: Publishing Extensions, "a license is now mandatory"`,
    problems: ({ entry: { license }, exists }) => [
      !license && 'license is missing.',
      !exists('LICENSE') && 'LICENSE is missing.',
    ],
  },
  {
    name: 'repository, homepage and bugs are https addresses',
    source: `${OPEN_VSX}; ${PUBLISHING}: relative links of the README need the repository`,
    problems: ({ entry: { repository, homepage, bugs } }) =>
      Object.entries({ repository: repository?.url, homepage, bugs: bugs?.url }).map(
        ([key, url]) => (!isHttps(url) || (url ?? '').length > 255) && `${key} is no https address: "${url ?? ''}"`,
      ),
  },
  {
    name: 'pricing, Q&A and sponsor are of what there is',
    source: `${MANIFEST}; ${VSCE}`,
    problems: ({ entry: { pricing, qna, sponsor } }) => [
      pricing !== 'Free' && pricing !== 'Trial' && `pricing is "${pricing ?? ''}", not Free or Trial.`,
      qna !== undefined && qna !== false && qna !== 'marketplace' && !isHttps(qna) && `qna is "${qna}".`,
      sponsor !== undefined && !isHttps(sponsor.url) && 'sponsor.url is no https address.',
    ],
  },
  {
    name: 'a version below 1.0 is a preview, a later one is none',
    source: MANIFEST,
    problems: ({ entry: { version = '', preview = false } }) => [
      preview !== version.startsWith('0.') && `preview is ${preview} at version ${version}.`,
    ],
  },
  {
    name: 'it is said where it runs, and on which VS Code',
    source: `${MANIFEST}; ${VSCE}: engines not older than @types/vscode`,
    problems: ({ entry: { extensionKind = [], engines, devDependencies = {} } }) => [
      extensionKind.length === 0 && 'extensionKind is missing.',
      ...extensionKind.map((kind) => kind !== 'ui' && kind !== 'workspace' && `extensionKind is "${kind}".`),
      !/^\^\d+\.\d+\.\d+$/.test(engines?.vscode ?? '') && `engines.vscode is "${engines?.vscode ?? ''}".`,
      `^${devDependencies['@types/vscode'] ?? ''}` !== engines?.vscode &&
        '@types/vscode is of another version than engines.vscode.',
    ],
  },
  {
    name: 'no proposed API, no badge',
    source:
      'code.visualstudio.com/api/advanced-topics/using-proposed-api: not to be published; badges only of approved hosts',
    problems: ({ entry: { enabledApiProposals = [], badges = [] } }) => [
      enabledApiProposals.length > 0 && 'enabledApiProposals are not published.',
      badges.length > 0 && 'A badge calls home from the page of the Marketplace.',
    ],
  },
  {
    name: 'pictures of README and CHANGELOG come by https, are no SVG, and are there',
    source: `${PUBLISHING}; vsce makes relative ones https addresses of the repository`,
    problems: ({ pages, exists }) =>
      Object.entries(pages).flatMap(([file, text]) => [
        /<svg\b/i.test(text) && `${file} holds an SVG.`,
        ...pictures(text).map((picture) => {
          if (/\.svg([?#]|$)/i.test(picture)) return `${file} shows an SVG: ${picture}`;
          if (/^[a-z][a-z0-9+.-]*:/i.test(picture))
            return !isHttps(picture) && `${file} shows a picture not by https: ${picture}`;
          return !exists(picture.replace(/[?#].*/, '')) && `${file} shows a picture that is not there: ${picture}`;
        }),
      ]),
  },
];

/** What is wrong with an entry, by rule. */
export function listingProblems(listing: Listing): { name: string; problems: string[] }[] {
  return RULES.map(({ name, source, problems }) => ({
    name,
    problems: problems(listing)
      .filter((problem) => typeof problem === 'string')
      .map((problem) => `${problem} (${source})`),
  }));
}

/** The entry of this extension. */
export async function readListing(): Promise<Listing> {
  const text = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');
  const nls = JSON.parse(await text('package.nls.json')) as Record<string, string>;
  const entry = JSON.parse(await text('package.json'), (_key, value: unknown) =>
    typeof value === 'string' ? value.replace(/^%([\w.]+)%$/, (all, key: string) => nls[key] ?? all) : value,
  ) as Entry;
  return {
    entry,
    icon: await readFile(path.join(root, entry.icon ?? '')),
    pages: { 'README.md': await text('README.md'), 'CHANGELOG.md': await text('CHANGELOG.md') },
    exists: (file) => existsSync(path.join(root, file)),
  };
}
