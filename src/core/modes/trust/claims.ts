import { patternMatches } from '../../arn/pattern.ts';
import { addEntries, addEntry, removeItems, renameKey, replaceValue } from '../../document/edit.ts';
import { HOLE } from '../../document/node.ts';
import { finding, type Finding, type Fix, type PolicyContext } from '../../finding.ts';
import {
  type Access,
  type EksStatement,
  EQUALS,
  hasUnknownTests,
  isOpen,
  ISSUER,
  mendIssuer,
  POSITIVE,
  SUBJECT_LIKE,
  WHOLE_SUBJECT,
} from './statement.ts';
import {
  type AdmittedTokens,
  audienceFits,
  isEvery,
  isEveryone,
  mayBeSubject,
  subjectFits,
} from '../../policy/tokens.ts';
import { accessWords } from '../../policy/access-words.ts';
import { AUDIENCE, issuerOf, subject } from '../../policy/build.ts';
import { firstKey, fix, part, type Statement, type Test, type Text } from '../../policy/model.ts';

/** Values of `aud` that were meant to be the usual one. */
const NEAR_AUDIENCE = /^\s*(https?:\/\/)?sts\.amazonaws\.com[\s/]*$/i;

const SUBJECT = 'system:serviceaccount:';

/** T-NO-CONDITION, KP-028, KP-029, T-FORALLVALUES, T-IFEXISTS: which claims are tested, and how. */
export function checkClaims(eks: EksStatement, access: Access, context: PolicyContext): Finding[] {
  const { statement, claims, issuer } = eks;
  const { condition } = statement;
  const findings = claims.flatMap(({ test, forAll, ifExists }) => {
    const name = String(test.operator.value);
    const plain = name.replace(/^ForAllValues:|^ForAnyValue:/i, '').replace(/IfExists$/i, '');
    const operators = condition?.value.type === 'object' ? condition.value.entries : [];
    const alone = test.block.entries.every(({ key }) => /:(aud|sub)$/i.test(String(key.value)));
    const entry = operators.find(({ key }) => key === test.operator);
    const free = !operators.some(({ key }) => String(key.value).toLowerCase() === plain.toLowerCase());
    const fixes: Fix[] =
      entry !== undefined && alone && free
        ? [{ title: `Write ${plain}`, edits: [renameKey(entry, plain)], preferred: true }]
        : [];
    // Said once an operator, at its first claim that is one of these.
    if (test.block.entries.find(({ key }) => /:(aud|sub)$/i.test(String(key.value))) !== test.entry) return [];
    if (forAll) {
      const message = 'ForAllValues is also true for a token without this claim, and a token has only one value here.';
      return [finding('T-FORALLVALUES', test.operator, message, fixes, 'error')];
    }
    if (!ifExists) return [];
    const message = 'IfExists is also true for a token without this claim.';
    return [finding('T-IFEXISTS', test.operator, message, fixes, 'error')];
  });

  // A condition that is not known, wholly or in part, may hold what is not seen.
  if (condition !== undefined && (condition.value.type !== 'object' || hasUnknownTests(condition.value)))
    return findings;
  const misplaced = checkMisplaced(eks);
  if (misplaced.length > 0) return [...findings, ...misplaced];
  const nobody = checkExcluded(eks);
  if (nobody.length > 0) return [...findings, ...nobody];
  const has = (claim: string): boolean => claims.some((one) => one.claim === claim && POSITIVE.has(one.operator));
  const [aud, sub] = [has('aud'), has('sub')];
  const here = condition?.key ?? statement.stray[0]?.key ?? firstKey(statement.node);
  const subjectOf = context.profile === undefined ? undefined : subject(context.profile);
  const admitted = access.of(statement);
  if (!sub) {
    // A Deny may let in only those who are meant.
    const everyone = admitted?.find(isEveryone);
    if (admitted !== undefined && everyone === undefined) return findings;
    // It is tested by what no claim is compared with: nobody can say who that lets in.
    if (everyone?.depends.some((key) => /:(sub|aud)$/i.test(key)) === true) return findings;
    const who =
      everyone === undefined
        ? 'every service account of every namespace of the cluster'
        : everyoneWords(everyone, context);
    const said =
      everyone === undefined
        ? `As soon as the rest is right, ${who} can assume this role`
        : `${who.charAt(0).toUpperCase()}${who.slice(1)} can assume this role`;
    const excluded = claims.some(({ claim }) => claim === 'sub');
    const why = excluded
      ? 'the condition does not say by sub who may'
      : aud
        ? 'the condition tests only aud'
        : condition === undefined
          ? 'there is no condition'
          : 'the condition tests neither sub nor aud';
    const values =
      issuer === undefined || subjectOf === undefined
        ? undefined
        : { ...(aud ? {} : { [`${issuer}:aud`]: AUDIENCE }), [`${issuer}:sub`]: subjectOf };
    const id = aud || excluded ? 'KP-029' : 'T-NO-CONDITION';
    const severity = id === 'KP-029' && context.annotateOnly === false ? 'warning' : 'error';
    const title = aud ? `Add sub ${subjectOf ?? ''}` : 'Add aud and sub';
    const message = `${said}: ${why}.${aud ? ' Add sub.' : ''}`;
    findings.push(finding(id, here, message, addTests(statement, values, title), severity));
  } else if (!aud) {
    const isElsewhere =
      admitted !== undefined && admitted.length > 0 && !admitted.some((one) => audienceFits(one, OTHER_AUDIENCE));
    if (isElsewhere) return findings;
    // One that is decided elsewhere is written as it stands in the other key.
    const open = claims.find(
      (one) => one.claim === 'sub' && one.test.key.node.source.derived && !/^https?:/.test(one.issuer),
    );
    const right = issuer ?? open?.issuer;
    const values = right === undefined ? undefined : { [`${right}:aud`]: AUDIENCE };
    const message = `The condition does not test aud, so tokens made for other services are accepted too. Add ${AUDIENCE}.`;
    findings.push(finding('KP-028', here, message, addTests(statement, values, 'Add aud'), 'warning'));
  }
  return findings;
}

/** Characters of a pattern that can mean everybody. */
const LONGEST = 200;

/** T-SUB-FORM and KP-028: a claim of which StringNotLike leaves out every value. Nobody gets in, whatever else is tested. */
function checkExcluded({ claims }: EksStatement): Finding[] {
  return claims.flatMap(({ claim, operator, forAll, test }) => {
    if (operator !== 'stringnotlike' || forAll || (claim !== 'sub' && claim !== 'aud')) return [];
    const every = test.values.texts.find(({ text }) =>
      claim === 'sub' ? text.length <= LONGEST && isEvery({ text }) : /^\*+$/.test(text),
    );
    if (every === undefined || isOpen(every.text)) return [];
    return claim === 'sub'
      ? [
          finding(
            'T-SUB-FORM',
            every.node,
            'StringNotLike leaves out every service account: nobody can assume this role. Say under StringEquals who may.',
            [],
            'error',
          ),
        ]
      : [
          finding(
            'KP-028',
            every.node,
            `StringNotLike leaves out every audience: nobody can assume this role. Write StringEquals with ${AUDIENCE}.`,
            [],
            'error',
          ),
        ];
  });
}

/** An audience that nobody asks for. */
const OTHER_AUDIENCE = 'an-audience-of-somebody-else';

/** Every service account, and who is left out. */
function everyoneWords(one: AdmittedTokens, { issuer }: PolicyContext): string {
  // An issuer that is filled in later is taken for that of the cluster.
  const isFilledIn = issuerOf(one.provider).includes(HOLE);
  const kind = isFilledIn ? 'service-accounts' : one.kind;
  const who = { admitted: [{ ...one, kind, depends: [] }], providers: [], unjudged: [], refused: [], bounded: false };
  const isOther = !isFilledIn && issuer !== undefined && issuerOf(one.provider) !== issuer;
  const words = accessWords(who, () => (isOther ? undefined : 'the cluster')).replace(
    'every service account of ',
    'every service account of every namespace of ',
  );
  return one.depends.length === 0 ? words : `${words}, depending on ${one.depends.join(', ')},`;
}

/** KP-028: a subject that stands under `aud`. */
function checkMisplaced({ claims, issuer: known }: EksStatement): Finding[] {
  if (claims.some(({ claim }) => claim === 'sub')) return [];
  return claims.flatMap(({ claim, test, issuer, operator }) => {
    const { texts } = test.values;
    if (claim !== 'aud' || !POSITIVE.has(operator) || !texts.some(({ text }) => SUBJECT_LIKE.test(text))) return [];
    const message =
      'A subject stands under aud: tokens have another audience, so no pod can assume this role. It belongs under sub.';
    const isOnly = claims.filter((one) => one.claim === 'aud').length === 1;
    const isWhole = test.values.complete && texts.every(({ text }) => WHOLE_SUBJECT.test(text));
    const right = known ?? (isOpen(issuer) || !ISSUER.test(mendIssuer(issuer)) ? undefined : mendIssuer(issuer));
    const fixes =
      right !== undefined && isOnly && isWhole
        ? [
            {
              title: 'Write sub, and add aud',
              edits: [renameKey(test.entry, `${right}:sub`), ...addEntry(test.block, `${right}:aud`, AUDIENCE)],
              preferred: true,
            },
          ]
        : [];
    return [finding('KP-028', test.key.node, message, fixes, 'error')];
  });
}

/** A fix that adds tests under StringEquals, of claims that none there is of. */
function addTests({ node, condition }: Statement, values: Record<string, string> | undefined, title: string): Fix[] {
  if (values === undefined) return [];
  // What is none of an object has a finding of its own, and nobody asks.
  if (condition?.value.type !== 'object') {
    return [{ title, edits: addEntry(node, 'Condition', { StringEquals: values }), preferred: true }];
  }
  const equals = condition.value.entries.find(({ key }) => key.value === 'StringEquals')?.value;
  if (equals?.type !== 'object') {
    return [{ title, edits: addEntry(condition.value, 'StringEquals', values), preferred: true }];
  }
  return [{ title, edits: addEntries(equals, values), preferred: true }];
}

/** The exact subject that a wrong one probably meant: what is written, mended; else that of the profile. */
function exactSubject(text: string, { profile }: PolicyContext): string | undefined {
  const lower = text.trim().toLowerCase();
  const once = lower.replace(/^(system:serviceaccount:)+/, SUBJECT);
  if (once !== lower && WHOLE_SUBJECT.test(once)) return once;
  if (profile !== undefined) return subject(profile);
  const mended = lower.replace(/^system:serviceaccounts?[:/]+/, SUBJECT);
  if (WHOLE_SUBJECT.test(mended)) return mended;
  const pair = /^([a-z0-9-]+)[:/]([a-z0-9.-]+)$/.exec(mended);
  const whole = pair === null ? undefined : `${SUBJECT}${pair[1] ?? ''}:${pair[2] ?? ''}`;
  return whole !== undefined && WHOLE_SUBJECT.test(whole) ? whole : undefined;
}

/** KP-031, T-SUB-FORM, T-LIKE-ANY-NS, T-LIKE-NS-ANY-SA: the values of sub. */
export function checkSubjects({ statement, claims }: EksStatement, access: Access, context: PolicyContext): Finding[] {
  const subjects = claims.filter(({ claim, operator }) => claim === 'sub' && POSITIVE.has(operator));
  // A pattern beside an exact value in another operator narrows it further and widens nothing.
  const exact = subjects.some(
    ({ operator, forAll, ifExists, test }) =>
      EQUALS.has(operator) && !forAll && !ifExists && test.values.texts.every(({ text }) => !/[*?]/.test(text)),
  );
  return subjects.flatMap(({ operator, test }) =>
    test.values.texts.flatMap((value) => {
      const { text, node } = value;
      if (isOpen(text)) return operator === 'stringlike' && !exact ? ofOpenName(value, access.of(statement)) : [];
      const right = exactSubject(text, context);
      const present = test.values.texts.some((other) => other.text === right);
      const fixes = right === undefined || present ? [] : [fix(`Write ${right}`, node, right)];
      if (NEAR_AUDIENCE.test(text)) {
        const hasAudience = claims.some(({ claim, operator: by }) => claim === 'aud' && POSITIVE.has(by));
        return [audienceAmong(value, test, operator, hasAudience, fixes)];
      }
      const wild = /[*?]/.test(text);
      if (EQUALS.has(operator)) {
        if (wild) {
          const [from, to] = [text.search(/[*?]/), Math.max(text.lastIndexOf('*'), text.lastIndexOf('?')) + 1];
          const message =
            'A wildcard is plain text under StringEquals: this matches no token. Write the service account in full.';
          return [
            finding('KP-031', part(value, from, to), message, fixes.length > 0 ? fixes : ofNamespace(value), 'error'),
          ];
        }
        return WHOLE_SUBJECT.test(operator === 'stringequals' ? text : text.toLowerCase())
          ? []
          : [finding('T-SUB-FORM', node, formMessage(text), fixes, 'error')];
      }
      if (!mayBeSubject({ text })) {
        return [finding('T-SUB-FORM', node, formMessage(text), fixes, 'error')];
      }
      if (!wild || exact) return [];
      return checkBreadth(value, right, access.of(statement), context);
    }),
  );
}

/** The account that Kubeflow makes in a namespace, where all of it were meant: perhaps others were. */
function ofNamespace({ text, node }: Text): Fix[] {
  const namespace = /^(?:system:serviceaccounts?:)?([a-z0-9-]+):\*$/.exec(text.trim())?.[1];
  if (namespace === undefined) return [];
  const right = subject(namespace);
  return [{ title: `Write ${right}`, edits: [replaceValue(node, right)], preferred: false }];
}

/** T-SUB-FORM: the audience of the tokens among the subjects. It does no harm to those that stand beside it. */
function audienceAmong(
  { text, node }: Text,
  { values }: Test,
  operator: string,
  hasAudience: boolean,
  fixes: readonly Fix[],
): Finding {
  const isSubject = (other: string): boolean =>
    isOpen(other) ||
    (operator === 'stringlike'
      ? mayBeSubject({ text: other })
      : WHOLE_SUBJECT.test(operator === 'stringequals' ? other : other.toLowerCase()));
  const others = !values.complete || values.texts.some((other) => isSubject(other.text));
  const where = hasAudience ? 'It belongs under aud, which is tested already' : 'It belongs under aud';
  const message = `${text.trim()} is an audience, and no token has it as its subject${others ? '' : ': this lets in nobody'}. ${where}.`;
  if (!others) return finding('T-SUB-FORM', node, message, fixes, 'error');
  const list = values.entry.value;
  const at = list.type === 'array' ? list.items.indexOf(node) : -1;
  const without: readonly Fix[] =
    list.type === 'array' && at >= 0
      ? [{ title: `Remove ${text.trim()}`, edits: removeItems(list, [at]), preferred: true }]
      : [];
  return finding('T-SUB-FORM', node, message, without, 'warning');
}

function formMessage(text: string): string {
  const hint = text !== text.trim() ? ' There is a blank at its start or end.' : '';
  return `No token has this subject: it is system:serviceaccount:NAMESPACE:NAME.${hint}`;
}

/** Names that nobody has: a pattern that fits them fits whatever stands there. */
const STRANGERS = [
  'system:serviceaccount:a-namespace-of-someone-else:default-editor',
  'system:serviceaccount:a-namespace-of-someone-else:z9',
];

const canOrCould = (admitted: readonly AdmittedTokens[] | undefined): 'can' | 'could' =>
  admitted?.some((one) => one.depends.length === 0 && audienceFits(one, AUDIENCE)) === true ? 'can' : 'could';

const ofFitting = (can: 'can' | 'could'): string =>
  `Service accounts of every namespace whose name fits ${can} assume this role, also of namespaces to come.`;

/** T-LIKE-ANY-NS: whatever name is filled in later, `*` lets in every namespace. */
const ofOpenName = ({ text, node }: Text, admitted: readonly AdmittedTokens[] | undefined): Finding[] =>
  /^system:serviceaccount:\*+:/.test(text)
    ? [finding('T-LIKE-ANY-NS', node, ofFitting(canOrCould(admitted)), [], 'warning')]
    : [];

/**
 * How much a pattern under StringLike lets in. No fix is preferred: who else needs the role is not known.
 *
 * @param admitted whom the statement lets in; undefined where its other mistakes keep out everybody
 */
function checkBreadth(
  { text, node }: Text,
  right: string | undefined,
  admitted: readonly AdmittedTokens[] | undefined,
  { profile }: PolicyContext,
): Finding[] {
  const fixes =
    right === undefined ? [] : [{ title: `Write ${right}`, edits: [replaceValue(node, right)], preferred: false }];
  // With a test of aud that no token of a pod meets, or one that is not known, it could only.
  const can = canOrCould(admitted);
  const strangers = STRANGERS.filter((one) => patternMatches(text, one));
  if (
    admitted === undefined ? strangers.length > 0 : strangers.some((one) => admitted.some((is) => subjectFits(is, one)))
  ) {
    const message = `Service accounts of every namespace ${can} assume this role: anyone who has a profile. List the namespaces.`;
    return [finding('T-LIKE-ANY-NS', node, message, fixes, 'error')];
  }
  // What another test or a Deny leaves of it is not said of this text.
  const isWhole = ({ subjects: { among } }: AdmittedTokens): boolean =>
    among.length === 1 && among[0]?.some((one) => one.text === text) === true;
  if (admitted !== undefined && !admitted.some(isWhole)) return [];
  const parts = text.split(':');
  if (parts.slice(0, 3).some((one) => /[*?]/.test(one)) || parts.length < 4) {
    return [finding('T-LIKE-ANY-NS', node, ofFitting(can), fixes, 'warning')];
  }
  const isProfile = profile !== undefined && parts[2] === profile;
  const message = `More than one service account of the namespace ${can} assume this role.${isProfile ? ' Kubeflow needs only default-editor.' : ''}`;
  return [finding('T-LIKE-NS-ANY-SA', node, message, isProfile ? fixes : [], 'warning')];
}

/** KP-028 and KP-031: the values of aud. */
export function checkAudience({ claims }: EksStatement): Finding[] {
  const hasSubject = claims.some(({ claim }) => claim === 'sub');
  return claims.flatMap(({ claim, operator, test }) => {
    if (claim !== 'aud' || !POSITIVE.has(operator)) return [];
    const { texts } = test.values;
    if (texts.some(({ text }) => text === AUDIENCE)) return [];
    return texts.flatMap((value) => {
      const { text, node } = value;
      if (isOpen(text)) return [];
      const fixes = [fix(`Write ${AUDIENCE}`, node, AUDIENCE)];
      if (SUBJECT_LIKE.test(text)) {
        // Without a test of sub it is one that stands under the wrong key: see checkMisplaced.
        const message = `A subject stands under aud, and tokens have the audience ${AUDIENCE}: no pod can assume this role.`;
        return hasSubject ? [finding('KP-028', node, message, fixes, 'error')] : [];
      }
      if (/[*?]/.test(text)) {
        if (EQUALS.has(operator)) {
          const message = 'A wildcard is plain text under StringEquals: this matches no token.';
          return [finding('KP-031', node, message, fixes, 'error')];
        }
        const message = `Tokens made for other services are accepted too: write ${AUDIENCE}.`;
        return [finding('KP-028', node, message, fixes, 'warning')];
      }
      if (NEAR_AUDIENCE.test(text)) {
        return [
          finding('KP-028', node, `Tokens of EKS have the audience ${AUDIENCE}, written just so.`, fixes, 'error'),
        ];
      }
      // A service account may ask for another audience, so the right answer is not certain.
      const message = `Tokens of EKS have the audience ${AUDIENCE}, unless the service account has the annotation eks.amazonaws.com/audience.`;
      const [first] = fixes;
      return [finding('KP-028', node, message, first === undefined ? [] : [{ ...first, preferred: false }], 'warning')];
    });
  });
}
