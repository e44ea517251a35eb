/** Answers of three values, and how they go together. */

/** `unknown`: it depends on what cannot be known here, such as the address that a request comes from. Never to be told as no. */
export type Answer = 'yes' | 'no' | 'unknown';

/** All must hold. */
export function and(answers: Iterable<Answer>): Answer {
  let result: Answer = 'yes';
  for (const answer of answers) {
    if (answer === 'no') return 'no';
    if (answer === 'unknown') result = 'unknown';
  }
  return result;
}

/** One must hold. */
export function or(answers: Iterable<Answer>): Answer {
  let result: Answer = 'no';
  for (const answer of answers) {
    if (answer === 'yes') return 'yes';
    if (answer === 'unknown') result = 'unknown';
  }
  return result;
}

/** Both must hold; the second is asked only where that matters. */
export const then = (first: Answer, second: () => Answer): Answer => (first === 'no' ? 'no' : and([first, second()]));

export const not = (answer: Answer): Answer => (answer === 'unknown' ? answer : answer === 'yes' ? 'no' : 'yes');
export const answerOf = (holds: boolean): Answer => (holds ? 'yes' : 'no');
