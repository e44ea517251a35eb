/** Mutants that change nothing are told by the text that they change: it must still be there, or they say nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EQUIVALENT } from '../../scripts/equivalent.ts';

for (const { file, text } of EQUIVALENT)
  test(`${file} has just once: ${text.trim()}`, () => {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    assert.equal(source.split(text).length - 1, 1, 'take it out of scripts/equivalent.ts, or write it anew');
  });
