/** A JSON schema that suggests and describes, and leaves it to lint to say what is wrong. Pure. */
type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Keywords of JSON Schema that make a value wrong; those that only say which part applies stand below `if`. */
const RULES: ReadonlySet<string> = new Set([
  ...['type', 'pattern', 'required', 'additionalProperties', 'uniqueItems'],
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems'],
]);

/** A schema that describes and suggests the same, and finds nothing wrong. */
export function withoutRules(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withoutRules);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema as Readonly<Record<string, Json>>).flatMap(([key, value]): [string, Json][] => {
      if (key === 'type' && value === 'boolean') return [['examples', [true, false]]];
      if (RULES.has(key)) return [];
      if (key === 'enum') return [['examples', value]];
      if (key === 'const') return [['examples', [value]]];
      if (key === 'if' || key === 'examples' || key === 'default') return [[key, value]];
      // Names of properties are no keywords.
      if (key === 'properties' || key === 'definitions')
        return [
          [
            key,
            Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, withoutRules(one as Json)])),
          ],
        ];
      return [[key, withoutRules(value)]];
    }),
  );
}
