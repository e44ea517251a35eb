/** How a file is read that is more, or less, than documents: a shell script, a template that its name tells, a file of records. */
import { accountOf, type Carried } from '../carriers.ts';
import { isPlaceholder } from '../policy/placeholder.ts';
import { HOLE } from './node.ts';
import { type Language, type Piece, pieces } from './parse.ts';
import { isShell, readShell } from './shell.ts';
import { isTemplate, maskTemplates, TEMPLATE_ENDINGS } from './template.ts';

export interface ReadFile {
  /** As long as the file, with holes where something is surely filled in. */
  readonly text: string;
  /** The same without the directives of templates. */
  readonly masked: string;
  readonly pieces: readonly Piece[];
  /** What the arguments of commands hold. */
  readonly arguments: readonly Carried[];
  /** Parts of it come from elsewhere. */
  readonly isTemplate: boolean;
  /** What stands as `${…}` in it is filled in. */
  readonly isFilled: boolean;
}

/** Reads a file by its name, and its text where that says more. */
export function readFile(text: string, file: string, language?: Language): ReadFile {
  if (isShell(file, text)) {
    const script = readShell(text);
    const held = [...script.arguments, ...script.accounts.flatMap(accountOf)];
    return { ...script, arguments: held, masked: script.text, isTemplate: false, isFilled: false };
  }
  const isNamed = TEMPLATE.test(file) || (/\.template$/i.test(file) && !/AWSTemplateFormatVersion|\bAWS::/.test(text));
  const filled = isNamed || FILLED_NAME.test(file) || FILLED.test(text) ? filledIn(text, isNamed) : undefined;
  const masked = maskTemplates(filled ?? text);
  return {
    text: isNamed ? masked : (filled ?? text),
    masked,
    pieces: pieces(masked, language),
    arguments: [],
    isTemplate: isNamed || isTemplate(text),
    isFilled: isNamed || filled !== undefined,
  };
}

const TEMPLATE = new RegExp(`\\.(?:${TEMPLATE_ENDINGS})(?:\\.(?:ya?ml|json))?$`, 'i');
/** Others in which `${…}` is filled in: kro's graphs, OpenShift's templates, the Serverless Framework. */
const FILLED = /^[ \t]*(?:apiVersion: ?["']?(?:kro\.run|template\.openshift\.io))/m;
const FILLED_NAME = /(?:^|[\\/])serverless(?:[-.][\w-]+)?\.ya?ml$/i;

/** The text with what is no plain placeholder as holes: `${…}`, and in templates `%{…}` of Terraform and `%s` of formats. */
function filledIn(text: string, isTemplate: boolean): string {
  const filled = text.replace(/\$\{(?:[^{}\r\n]|\{[^{}\r\n]*\})*\}/g, (part) =>
    isPlaceholder(part) ? part : HOLE.repeat(part.length),
  );
  if (!isTemplate) return filled;
  return filled
    .replace(/^[ \t]*%\{[^}\n]*\}[ \t]*(?=\r?$)/gm, (line) => ' '.repeat(line.length))
    .replace(/%\{[^{}\r\n]*\}|%(?:\[\d\]|\d\$)?[sdvq](?![0-9A-Fa-f])/g, (part) => HOLE.repeat(part.length));
}
