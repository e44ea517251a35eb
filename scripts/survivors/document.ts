import type { Survivors } from './row.ts';

export const DOCUMENT: readonly Survivors[] = [
  {
    why: 'For speed alone: an end that lies behind is still the next one, and one that never comes is looked for once.',
    of: { 'src/core/document/template.ts': [['end >= 0 && end < from', 'end >= 0 || end < from']] },
  },
  {
    why: 'The end that lies just here is found again.',
    of: { 'src/core/document/template.ts': [['&& end < from)', '&& end <= from)']] },
  },
  {
    why: 'An end has its beginning before it: it is never the first character.',
    of: {
      'src/core/document/template.ts': [['if (end < 0 ||', 'if (end <= 0 ||']],
      'src/core/document/plain.ts': [['return end < 0 ?', 'return end <= 0 ?']],
      'src/core/document/places.ts': [['if (header < 0)', 'if (header <= 0)']],
    },
  },
  {
    why: 'For the types alone: a list has a first item if it has a last one.',
    of: {
      'src/core/document/edit.ts': [['if (!first || !last) return [];', 'if (!first && !last) return [];']],
      'src/core/document/join.ts': [['if (!first || !last)', 'if (!first && !last)']],
    },
  },
  {
    why: 'A text that becomes what it is: nothing is written at its end, or behind it.',
    of: { 'src/core/document/derived.ts': [['while (from < most', 'while (from <= most']] },
  },
  {
    why: 'The end of a text has a place of its own, behind its last character.',
    of: { 'src/core/document/derived.ts': [['index < old.length', 'index <= old.length']] },
  },
  {
    why: 'What gets more blanks begins with a key: the first line end is not the first character.',
    of: { 'src/core/document/edit.ts': [['at >= 0 && at < end', 'at > 0 && at < end']] },
  },
  {
    why: 'What stays is none of those that are removed.',
    of: { 'src/core/document/edit.ts': [['index < stays', 'index <= stays']] },
  },
  {
    why: 'The part itself is removed.',
    of: { 'src/core/document/edit.ts': [['i < index || removed', 'i <= index || removed']] },
  },
  {
    why: 'For speed alone: a row of one is that one.',
    of: { 'src/core/document/hcl-expression.ts': [['=== undefined) return first;', '=== undefined) ;']] },
  },
  {
    why: 'A line ends behind the sign that begins what is read, so never at the first character.',
    of: { 'src/core/document/hcl-expression.ts': [['if (line >= 0 &&', 'if (line > 0 &&']] },
  },
  {
    why: 'Nothing begins with the end of a line: what could not be read does not stand there.',
    of: { 'src/core/document/hcl-expression.ts': [['line < from &&', 'line <= from &&']] },
  },
  {
    why: 'For speed alone: where nothing is taken, all stays where it is.',
    of: { 'src/core/document/hcl-template.ts': [['if (count === 0) return;', 'if (count === 0) ;']] },
  },
  {
    why: 'Behind the last place there is none that would be kept.',
    of: {
      'src/core/document/hcl-template.ts': [
        ['i < piece.places.length; i += 2) {', 'i <= piece.places.length; i += 2) {'],
      ],
    },
  },
  {
    why: 'What begins where the cut is has the place that is put there anyway.',
    of: { 'src/core/document/hcl-template.ts': [['if (index > 0) places', 'if (index >= 0) places']] },
  },
  {
    why: 'DEL, the one character between, begins no word and goes on with none.',
    of: {
      'src/core/document/hcl-tokens.ts': [
        ['text.charCodeAt(at) > 127', 'text.charCodeAt(at) >= 127'],
        ['(code > 127', '(code >= 127'],
      ],
    },
  },
  {
    why: 'For speed alone: read as one with escapes, a string without them has the same value and places.',
    of: {
      'src/core/document/json.ts': [['if (c === 0x22) return i;', 'if (c === 0x22) ;']],
      'src/core/document/plain.ts': [['if (isPlain) return made(inside, from, at, 1);', 'if (isPlain) ;']],
    },
  },
  {
    why: 'At its end nothing is found, and behind it neither.',
    of: {
      'src/core/document/places.ts': [['while (at < end && text[at] !== c)', 'while (at <= end && text[at] !== c)']],
      'src/core/document/plain.ts': [['|| at >= text.length) throw', '|| at > text.length) throw']],
    },
  },
  {
    why: 'What stands in the first column begins its line.',
    of: { 'src/core/document/plain.ts': [['column >= 0 && !isBegin', 'column > 0 && !isBegin']] },
  },
  {
    why: 'For speed alone: what has no end from here on has none from further on.',
    of: { 'src/core/document/shell.ts': [['      endless.add(dash + word);\n', '      ;\n']] },
  },
  {
    why: 'Where a document ends, the word that ends it has a line of its own: no command begins there, and no quote.',
    of: { 'src/core/document/shell.ts': [['at < one.end', 'at <= one.end']] },
  },
  {
    why: 'A hole without a character fills nothing.',
    of: { 'src/core/document/shell.ts': [['if (end > at) filled', 'if (end >= at) filled']] },
  },
  {
    why: 'For the types alone: in one line there is no line end to be written, and the unit is empty.',
    of: {
      'src/core/document/write.ts': [
        ['if (indent === undefined) return JSON.stringify(value);', 'if (indent === undefined) ;'],
      ],
    },
  },
  {
    why: 'For speed alone: all of a value without a tag and an anchor is the value.',
    of: { 'src/core/document/yaml.ts': [['node.tag === undefined) return read;', 'node.tag === undefined) ;']] },
  },
  {
    why: 'Where both are the same, either is the end.',
    of: { 'src/core/document/yaml.ts': [['end <= parent.end ? end', 'end < parent.end ? end']] },
  },
  {
    why: 'A value stands behind its key or its dash.',
    of: { 'src/core/document/yaml.ts': [['start >= parent.start &&', 'start > parent.start &&']] },
  },
];
