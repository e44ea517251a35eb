// Breaks the code in one place at a time and runs its tests: what no test notices is printed, and the share of it. No file is
// changed. Ends with 1 where more than 5 of 100 mutants are not noticed, those that change nothing (equivalent.ts) included.
// Usage: npm run mutate [-- [--each N] [FILE…]]     N: at most so many mutants of a file besides its findings (default: 20)
import { spawn } from 'node:child_process';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
import { EQUIVALENT } from './equivalent.ts';
import { isEntry, main, root, stopwatch } from './processes.ts';

/** A file as it is read by the tests: the characters `start` to `end` become `text`. */
export interface Mutant {
  readonly url: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The files that are broken, and the tests that are to notice it, the nearest first. */
const TESTED: Readonly<Record<string, readonly string[]>> = {
  'src/core/modes/profile/name.ts': ['lint-profile'],
  'src/core/modes/profile/owner.ts': ['lint-profile'],
  'src/core/modes/profile/plugins.ts': ['lint-profile', 'lint-manifests'],
  'src/core/modes/profile/fixes.ts': ['lint-profile'],
  'src/core/modes/profile/quota.ts': ['lint-profile'],
  'src/core/modes/profile/manifest.ts': ['lint-profile', 'lint-manifests'],
  'src/core/modes/profile/role.ts': ['lint-profile', 'lint-manifests'],
  'src/core/modes/manifest.ts': ['lint-profile', 'lint-manifests', 'lint-folder'],
  'src/core/modes/service-account.ts': ['lint-manifests', 'lint-folder', 'explorer-checks'],
  'src/core/modes/artifacts/config-maps.ts': ['lint-manifests'],
  'src/core/modes/folder.ts': ['lint-folder'],
  'src/core/modes/role.ts': ['lint-folder', 'explorer-checks'],
  'src/core/modes/controller.ts': ['explorer-checks'],
  'src/core/modes/provider.ts': ['explorer-checks'],
  'src/core/modes/live.ts': ['explorer-checks'],
  'src/core/modes/artifacts.ts': ['explorer-checks'],
  'src/core/modes/suppression.ts': ['lint-manifests'],
  'src/core/modes/policy.ts': ['policy-rules', 'permission-rules', 'trust-rules', 'lint-manifests'],
  'src/core/modes/role-arn.ts': ['lint-manifests'],
  'src/core/modes/trust/policy.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/statement.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/provider.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/claims.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/profile.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/controller.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/size.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/live.ts': ['access', 'explorer-checks', 'modes', 'live-words'],
  'src/core/modes/permissions/policy.ts': ['permission-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/permissions/resource.ts': ['permission-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/permissions/actions.ts': ['permission-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/permissions/levels.ts': ['permission-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/permissions/folder.ts': ['lint-folder', 'rights'],
  'src/core/modes/permissions/live.ts': ['rights', 'explorer-checks'],
  'src/core/policy/grammar.ts': ['policy-rules', 'permission-rules', 'trust-rules', 'lint-manifests'],
  'src/core/policy/model.ts': ['policy-rules', 'permission-rules', 'trust-rules', 'lint-manifests'],
  'src/core/policy/operators.ts': ['evaluate', 'access', 'trust-rules'],
  'src/core/policy/evaluate.ts': ['evaluate', 'access', 'rights'],
  'src/core/policy/access.ts': ['access', 'plan', 'evaluate'],
  'src/core/policy/rights.ts': ['rights', 'lint-folder', 'explorer-checks'],
  'src/core/policy/amend.ts': ['amend', 'repair', 'plan', 'run'],
  'src/core/policy/build.ts': ['plan', 'evaluate', 'repair'],
  'src/core/arn/pattern.ts': ['arn', 'evaluate', 'access'],
  'src/core/arn/s3.ts': ['s3-grammar', 'permission-rules', 'lint-manifests'],
  'src/core/kinds.ts': ['kinds', 'plan', 'run', 'result'],
  'src/core/plan/deletion.ts': ['plan', 'repair'],
  'src/core/plan/permissions.ts': ['kinds', 'plan', 'run'],
  'src/core/plan/plan.ts': ['plan', 'kinds', 'run', 'repair', 'result'],
  'src/core/plan/profile.ts': ['plan', 'repair', 'run'],
  'src/core/plan/proof.ts': ['plan', 'run'],
  'src/core/plan/provider.ts': ['plan', 'run'],
  'src/core/plan/review.ts': ['plan', 'run', 'kinds'],
  'src/core/plan/role.ts': ['plan', 'repair', 'run'],
  'src/core/plan/trust.ts': ['plan', 'repair', 'run'],
  'src/provisioning/run.ts': ['run', 'prove', 'repair', 'result'],
  'src/provisioning/drivers.ts': ['run', 'repair'],
  'src/provisioning/prove.ts': ['prove', 'run'],
  'src/provisioning/journal.ts': ['waiting', 'run'],
  'src/provisioning/wait.ts': ['waiting', 'run', 'prove'],
  'src/provisioning/follow.ts': ['waiting', 'following'],
  'src/provisioning/look.ts': ['look', 'store', 'run', 'repair'],
  'src/provisioning/store.ts': ['store', 'following', 'run'],
  'src/estate/accounts.ts': ['explorer-rows'],
  'src/estate/cluster.ts': ['following', 'explorer-judging'],
  'src/estate/entry.ts': ['explorer-rows', 'following'],
  'src/estate/estate.ts': ['explorer-rows', 'following'],
  'src/estate/judging.ts': ['explorer-judging'],
  'src/estate/lists.ts': ['following', 'explorer-judging'],
  'src/estate/live.ts': ['following', 'live-words'],
  'src/estate/liveWords.ts': ['live-words'],
  'src/estate/portions.ts': ['explorer-judging', 'lint-folder'],
  'src/estate/proofs.ts': ['estate-proofs'],
  'src/estate/roles.ts': ['following'],
  'src/estate/sources.ts': ['source'],
};
/** An id that no file shows: it takes the place of one where a finding cannot be left out. */
const ELSEWHERE = 'KP-035';
/** A test that takes so many times as long as without a mutant, and longer than so many milliseconds, does not end. */
const [TIMES, LIMIT_MS] = [4, 10_000];
/** Of 100 mutants, how many may be not noticed. */
const MOST = 5;

const OPERATORS: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [ts.SyntaxKind.AmpersandAmpersandToken]: '||',
  [ts.SyntaxKind.BarBarToken]: '&&',
  [ts.SyntaxKind.LessThanToken]: '<=',
  [ts.SyntaxKind.LessThanEqualsToken]: '<',
  [ts.SyntaxKind.GreaterThanToken]: '>=',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>',
};

const QUANTIFIERS: Readonly<Record<string, string>> = { some: 'every', every: 'some' };

/** Mutants of one file: those that take away a finding, and others. */
function mutantsOf(file: string, source: string): { findings: Mutant[]; others: Mutant[] } {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const url = pathToFileURL(path.join(root, file)).href;
  const [findings, others]: [Mutant[], Mutant[]] = [[], []];
  const replaced = (node: ts.Node, text: string): Mutant => ({ url, start: node.getStart(), end: node.end, text });
  const isId = (node: ts.Node | undefined): node is ts.StringLiteral =>
    node !== undefined && ts.isStringLiteral(node) && /^(KP-\d{3}|[TP]-[A-Z-]+)$/.test(node.text);
  /** Whether an array or a record is a constant of the file: its items are knowledge too. */
  const isTable = ({ parent }: ts.Node): boolean =>
    ts.isVariableDeclaration(parent) && parent.parent.parent.parent === tree;
  const isRecord = (node: ts.Node): boolean =>
    ts.isObjectLiteralExpression(node) &&
    isTable(node) &&
    /\b(Record|Map)\b/.test((node.parent as ts.VariableDeclaration).type?.getText() ?? '');
  /** Whether an expression is decided by something else than an operator that is replaced. */
  const isPlain = (node: ts.Expression): boolean =>
    ts.isCallExpression(node) || ts.isIdentifier(node) || ts.isPropertyAccessExpression(node);
  const isCondition = (node: ts.Node): node is ts.Expression =>
    node !== tree &&
    ((ts.isIfStatement(node.parent) && node.parent.expression === node) ||
      (ts.isConditionalExpression(node.parent) && node.parent.condition === node));
  const visit = (node: ts.Node): void => {
    const { parent } = node;
    if (ts.isCallExpression(node) && node.expression.getText() === 'finding' && isId(node.arguments[0])) {
      const listed = ts.isArrayLiteralExpression(parent) || (ts.isCallExpression(parent) && parent.expression !== node);
      findings.push(listed ? replaced(node, '...[]') : replaced(node.arguments[0], `'${ELSEWHERE}'`));
    } else if (ts.isPropertyAssignment(node) && node.name.getText() === 'id' && isId(node.initializer)) {
      findings.push(replaced(node.initializer, `'${ELSEWHERE}'`));
    } else if (ts.isObjectLiteralExpression(node) && ts.isArrayLiteralExpression(parent) && isTable(parent)) {
      others.push(replaced(node, '...[]'));
    } else if (ts.isPropertyAssignment(node) && isRecord(parent)) {
      others.push(replaced(node, '...{}'));
    } else if (isCondition(node) && isPlain(node)) {
      others.push(replaced(node, `!(${node.getText()})`));
    } else if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(parent) && QUANTIFIERS[node.name.text]) {
      others.push(replaced(node.name, QUANTIFIERS[node.name.text] ?? ''));
    } else if (ts.isBinaryExpression(node)) {
      const other = OPERATORS[node.operatorToken.kind];
      if (other !== undefined) others.push(replaced(node.operatorToken, other));
    } else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) {
      others.push(replaced(node, node.operand.getText()));
    } else if (ts.isReturnStatement(node) && (ts.isIfStatement(parent) || ts.isIfStatement(parent.parent))) {
      others.push(replaced(node, ';'));
    } else if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) {
      if (!/\bfinding\(/.test(node.getText())) others.push(replaced(node, ';'));
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { findings, others };
}

/** A file of tests, and how long it may take, in milliseconds. */
interface TestFile {
  readonly file: string;
  readonly limit: number;
}

/** Whether a test file fails with the mutant; it is not run further than to its first failure. */
function fails(mutant: Mutant, { file, limit }: TestFile): Promise<boolean> {
  const hook = pathToFileURL(path.join(import.meta.dirname, 'mutate-hook.ts')).href;
  const args = ['--no-warnings', '--test-reporter=tap', '--import', hook, file];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, MUTANT: JSON.stringify(mutant) },
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: limit,
    killSignal: 'SIGKILL',
  });
  let last = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    last += text;
    if (/^ *not ok /m.test(last)) child.kill('SIGKILL');
    last = last.slice(last.lastIndexOf('\n') + 1);
  });
  return new Promise((resolve, reject) => child.on('error', reject).on('close', (code) => resolve(code !== 0)));
}

/** Whether one of the test files fails with the mutant. */
async function isNoticed(mutant: Mutant, tests: readonly TestFile[]): Promise<boolean> {
  for (const test of tests) if (await fails(mutant, test)) return true;
  return false;
}

/** The texts of a file with mutants that change nothing which anybody could notice. */
function equivalentTexts(file: string, source: string): Set<string> {
  return new Set(
    EQUIVALENT.filter((one) => one.file === file).map(({ text, becomes }) => {
      const [before, after, ...more] = source.split(text);
      if (before === undefined || after === undefined || more.length > 0)
        throw new Error(
          `scripts/equivalent.ts: ${file} has this not exactly once, take it out or write it anew: ${text}`,
        );
      return `${before}${becomes}${after}`;
    }),
  );
}

const percent = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(1)} %`;

if (isEntry(import.meta.url)) {
  await main(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { each: { type: 'string', default: '20' } },
    });
    const say = stopwatch();
    const each = Number(values.each);
    const unknown = positionals.find((file) => TESTED[file] === undefined);
    if (unknown !== undefined)
      throw new Error(`${unknown} is not among the files that are broken: ${import.meta.filename}`);
    const files = Object.keys(TESTED).filter((file) => positionals.length === 0 || positionals.includes(file));
    const common: string[] = [];
    for await (const test of glob('test/unit/modes.test.ts', { cwd: root })) common.push(test);
    const all = { total: 0, survivors: 0, equivalent: 0 };
    const summary = ({ total, survivors, equivalent }: typeof all): string =>
      `${total} mutants, ${survivors} not noticed (${percent(survivors, total)}), ${equivalent} more change nothing (${percent(equivalent, total)})`;
    for (const file of files) {
      const source = await readFile(path.join(root, file), 'utf8');
      const nearest = (TESTED[file] ?? []).map((name) => `test/unit/${name}.test.ts`);
      // Linting is of the core alone.
      const more = file.startsWith('src/core/') ? common : [];
      const unchanged = { url: pathToFileURL(path.join(root, file)).href, start: 0, end: 0, text: '' };
      const tests: TestFile[] = [];
      for (const name of [...nearest, ...more]) {
        const test = path.join(root, name);
        const started = performance.now();
        if (await fails(unchanged, { file: test, limit: 12 * LIMIT_MS }))
          throw new Error(`${name} fails without a mutant of ${file}.`);
        tests.push({ file: test, limit: Math.ceil(Math.max(LIMIT_MS, TIMES * (performance.now() - started))) });
      }
      const { findings, others } = mutantsOf(file, source);
      const textWith = ({ start, end, text }: Mutant): string => source.slice(0, start) + text + source.slice(end);
      const equal = equivalentTexts(file, source);
      const made = new Set([...findings, ...others].map(textWith));
      if (![...equal].every((text) => made.has(text)))
        throw new Error(`scripts/equivalent.ts tells of a mutant of ${file} that is not made.`);
      const step = Math.max(1, others.length / each);
      const mutants = [...findings, ...others.filter((_, index) => each > 0 && Math.floor(index % step) === 0)];
      say(`${file}: ${findings.length} findings, ${mutants.length - findings.length} of ${others.length} other places`);
      const its = { total: mutants.length, survivors: 0, equivalent: 0 };
      // Two at a time: a test is one process.
      const queue = mutants.values();
      const work = async (): Promise<void> => {
        for (const mutant of queue) {
          if (equal.has(textWith(mutant))) {
            its.equivalent += 1;
            continue;
          }
          if (await isNoticed(mutant, tests)) continue;
          its.survivors += 1;
          const before = source.slice(0, mutant.start);
          const line = before.split('\n').length;
          const changed = source.slice(mutant.start, mutant.end).replaceAll(/\s+/g, ' ').slice(0, 100);
          say(`  not noticed: ${file}:${line}:${mutant.start - before.lastIndexOf('\n')}: ${changed} → ${mutant.text}`);
        }
      };
      await Promise.all([work(), work()]);
      say(`  ${summary(its)}`);
      for (const key of ['total', 'survivors', 'equivalent'] as const) all[key] += its[key];
    }
    say(summary(all));
    return 100 * (all.survivors + all.equivalent) > MOST * all.total ? 1 : 0;
  });
}
