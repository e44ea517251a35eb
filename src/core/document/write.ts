/** Data as text of JSON, of YAML and of HCL. */
import { escapeTemplate, hcl } from './hcl-write.ts';
import { lineEnd } from './lines.ts';
import type { DocNode, Json, Source } from './node.ts';

/** JSON or flow YAML, over several lines where `indent` is given. */
export function inBrackets({ source, start }: DocNode, value: Json, indent: string | undefined, unit: string): string {
  if (source.format === 'hcl') return hcl(value, indent, unit);
  if (source.format === 'yaml') return flow(value);
  if (indent === undefined) return JSON.stringify(value);
  return JSON.stringify(value, undefined, unit).replaceAll('\n', lineEnd(source.text, start) + indent);
}

/** Lines of block YAML. */
export function block(value: Json, indent: string, unit: string): readonly string[] {
  if (isJsonArray(value)) {
    if (value.length === 0) return [`${indent}[]`];
    return value.flatMap((item) => {
      const [first = '', ...rest] = block(item, `${indent}  `, unit);
      return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
    });
  }
  if (typeof value !== 'object' || value === null) return [indent + flow(value)];
  const entries = Object.entries(value);
  if (entries.length === 0) return [`${indent}{}`];
  return entries.flatMap(([key, inner]) => {
    const name = `${indent}${yamlString(key, undefined)}:`;
    const nested = typeof inner === 'object' && inner !== null && Object.keys(inner).length > 0;
    return nested ? [name, ...block(inner, indent + unit, unit)] : [`${name} ${flow(inner)}`];
  });
}

export const isJsonArray = (value: Json): value is readonly Json[] => Array.isArray(value);

export function flow(value: Json): string {
  if (typeof value === 'string') return yamlString(value, undefined);
  if (isJsonArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${yamlString(key, undefined)}: ${flow(inner)}`)
    .join(', ')} }`;
}

/** Plain text that YAML 1.1 and 1.2 both read as this string, also inside brackets. */
const PLAIN = /^(?!(?:true|false|yes|no|on|off|y|n|null|~)$)[A-Za-z/_](?:[\w./@+=-]|:(?=[\w/@+=-])|:(?=:))*$/i;

export function yamlString(value: string, quote: string | undefined): string {
  if (quote === "'" && !/[\n\r]/.test(value)) return `'${value.replaceAll("'", "''")}'`;
  if (quote === '"') return JSON.stringify(value);
  return PLAIN.test(value) ? value : JSON.stringify(value);
}

/** How text is written inside the string that holds the document; in Terraform `${` is one of its templates, unless it is escaped. */
export function escaper(source: Source): (text: string) => string {
  const isTemplate = source.derived !== undefined && source.format !== 'hcl';
  return (text) => {
    const plain = isTemplate ? escapeTemplate(text) : text;
    if (source.quote === '"') return JSON.stringify(plain).slice(1, -1);
    return source.quote === "'" ? plain.replaceAll("'", "''") : plain;
  };
}
