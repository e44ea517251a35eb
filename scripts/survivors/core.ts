import type { Survivors } from './row.ts';

export const CORE: readonly Survivors[] = [
  {
    why: 'For speed alone: what is moved by nothing stays where it is.',
    of: { 'src/core/lint.ts': [['if (by === 0) return finding;', 'if (by === 0) ;']] },
  },
  {
    why: 'For speed alone: what is not kept of an earlier call is judged anew, and comes to the same.',
    of: {
      'src/core/lint.ts': [
        ['keys.set(context, key);', ';'],
        ['=== key) return before.found;', '=== key) ;'],
        ['known.set(resource, { context: key, found });', ';'],
      ],
    },
  },
  {
    why: 'For speed alone: a text that does not name s3 is read then, and has none.',
    of: { 'src/core/annotations.ts': [['.test(String(text.value))) return false;', '.test(String(text.value))) ;']] },
  },
  {
    why: 'For speed alone: none of the words of a text is among none.',
    of: { 'src/core/lint.ts': [['ofProfiles.size > 0', 'ofProfiles.size >= 0']] },
  },
  {
    why: 'For speed alone: what lacks one of the words is read then, and is found to be no definition of Profiles.',
    of: {
      'src/core/around.ts': [
        ['if (!DEFINITION.every(', 'if (!DEFINITION.some('],
        ['text.includes(word))) return [];', 'text.includes(word))) ;'],
        ['=> DEFINITION.every(', '=> DEFINITION.some('],
      ],
    },
  },
  {
    why: 'Two folders around one file whose paths are equally long are the same folder.',
    of: { 'src/core/around.ts': [['folder.length > found.length', 'folder.length >= found.length']] },
  },
  {
    why: 'For speed alone: of an object without a mark no other maker is found either.',
    of: {
      'src/core/maker.ts': [
        ['listed(ownerReferences).length > 0', 'listed(ownerReferences).length >= 0'],
        ['if (!isMarked) return undefined;', 'if (!isMarked) ;'],
      ],
    },
  },
  {
    why: 'Behind the end of a word, what stands there is the same in both only where both end there: all that is left to compare is empty.',
    of: { 'src/core/near.ts': [['while (from < a0 &&', 'while (from <= a0 &&']] },
  },
  {
    why: 'For speed alone: what follows gets no less, so that the last row has too many as well.',
    of: { 'src/core/near.ts': [['if (least > most) return Infinity;', 'if (least > most) ;']] },
  },
];
