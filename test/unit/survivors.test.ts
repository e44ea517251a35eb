/** Mutants that no test notices are told by the text that they change: it must still be there once, or they say nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { mutantsOf, textWith } from '../../scripts/mutants.ts';
import { explainedIn, SURVIVORS } from '../../scripts/survivors/index.ts';

const files = new Set(SURVIVORS.flatMap(({ of }) => Object.keys(of)));
for (const file of files)
  test(`what survives in ${file}`, () => {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    const made = new Set(mutantsOf(file, source).map((mutant) => textWith(source, mutant)));
    assert.deepEqual(explainedIn(file, source, made).bad, [], 'take it out of scripts/survivors, or write it anew');
  });
