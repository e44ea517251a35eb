/** How a file is read that is more, or less, than documents: a shell script, a template that its name tells, a file of records. */
import { isPlaceholder } from '../policy/placeholder.ts';
import { HOLE } from './node.ts';
import { type Language, type Piece, pieces } from './parse.ts';
import { type Argument, isShell, readShell } from './shell.ts';
import { isTemplate, maskTemplates } from './template.ts';

export interface ReadFile {
  /** As long as the file, with holes where something is surely filled in. */
  readonly text: string;
  /** The same without the directives of templates. */
  readonly masked: string;
  readonly pieces: readonly Piece[];
  /** Policies in the arguments of commands. */
  readonly arguments: readonly Argument[];
  /** Parts of it come from elsewhere. */
  readonly isTemplate: boolean;
  /** What stands as `${…}` in it is filled in. */
  readonly isFilled: boolean;
}

/** Reads a file by its name, and its text where that says more. */
export function readFile(text: string, file: string, language?: Language): ReadFile {
  if (isShell(file, text)) {
    const script = readShell(text);
    return { ...script, masked: script.text, isTemplate: false, isFilled: false };
  }
  const filled = filledIn(text, file);
  const masked = maskTemplates(filled ?? text);
  const isNamed = TEMPLATE.test(file);
  return {
    text: isNamed ? masked : (filled ?? text),
    masked,
    pieces: pieces(masked, language),
    arguments: [],
    isTemplate: isNamed || isTemplate(text),
    isFilled: filled !== undefined,
  };
}

/** Names of templates of Terraform, Go, Jinja and envsubst. */
const TEMPLATE = /\.(?:tpl|tftpl|tmpl|gotmpl|j2|jinja2?)(?:\.(?:ya?ml|json))?$/i;
/** Others in which `${…}` is filled in: kro's graphs, OpenShift's templates, the Serverless Framework, files for envsubst. */
const FILLED = /^[ \t]*(?:apiVersion: ?["']?(?:kro\.run|template\.openshift\.io))/m;
const FILLED_NAME = /\.template$|(?:^|[\\/])serverless(?:[-.][\w-]+)?\.ya?ml$/i;

/** The text with what is no plain placeholder as holes, where its name or kind says that `${…}` is filled in, and `%{…}` of Terraform. */
function filledIn(text: string, file: string): string | undefined {
  if (!text.includes('${') && !text.includes('%{')) return undefined;
  if (!TEMPLATE.test(file) && !FILLED_NAME.test(file) && !FILLED.test(text)) return undefined;
  return text
    .replace(/^[ \t]*%\{[^}\n]*\}[ \t]*(?=\r?$)/gm, (line) => ' '.repeat(line.length))
    .replace(/[$%]\{(?:[^{}\r\n]|\{[^{}\r\n]*\})*\}/g, (part) =>
      isPlaceholder(part) ? part : HOLE.repeat(part.length),
    );
}
