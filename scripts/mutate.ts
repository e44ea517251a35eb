// Breaks the rules in one place at a time and runs their tests: what no test notices is printed. No file is changed.
// Usage: npm run mutate [-- [--each N] [FILE…]]     N: at most so many mutants of a file besides its findings (default: 20)
import { execFile } from 'node:child_process';
import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import ts from 'typescript';
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
  'src/core/modes/policy.ts': ['permission-rules', 'trust-rules', 'lint-manifests'],
  'src/core/modes/role-arn.ts': ['lint-manifests'],
  'src/core/modes/trust/policy.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/statement.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/provider.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/claims.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/profile.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/controller.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/size.ts': ['trust-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/trust/live.ts': ['explorer-checks', 'access'],
  'src/core/modes/permissions/policy.ts': ['permission-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/permissions/resource.ts': ['permission-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/permissions/actions.ts': ['permission-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/permissions/levels.ts': ['permission-rules', 'lint-folder', 'lint-manifests'],
  'src/core/modes/permissions/folder.ts': ['lint-folder', 'rights'],
  'src/core/modes/permissions/live.ts': ['rights', 'explorer-checks'],
  'src/core/policy/model.ts': ['permission-rules', 'trust-rules', 'lint-manifests'],
  'src/core/arn/s3.ts': ['s3-grammar', 'permission-rules', 'lint-manifests'],
};
/** An id that no file shows: it takes the place of one where a finding cannot be left out. */
const ELSEWHERE = 'KP-035';
const LIMIT_MS = 120_000;

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

/** Mutants of one file: those that take away a finding, and others. */
function mutantsOf(file: string, source: string): { findings: Mutant[]; others: Mutant[] } {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const url = pathToFileURL(path.join(root, file)).href;
  const [findings, others]: [Mutant[], Mutant[]] = [[], []];
  const replaced = (node: ts.Node, text: string): Mutant => ({ url, start: node.getStart(), end: node.end, text });
  const isId = (node: ts.Node | undefined): node is ts.StringLiteral =>
    node !== undefined && ts.isStringLiteral(node) && /^(KP-\d{3}|[TP]-[A-Z-]+)$/.test(node.text);
  /** Whether an array is a constant of the file: its items are knowledge too. */
  const isTable = ({ parent }: ts.Node): boolean =>
    ts.isVariableDeclaration(parent) && parent.parent.parent.parent === tree;
  const visit = (node: ts.Node): void => {
    const { parent } = node;
    if (ts.isCallExpression(node) && node.expression.getText() === 'finding' && isId(node.arguments[0])) {
      const listed = ts.isArrayLiteralExpression(parent) || (ts.isCallExpression(parent) && parent.expression !== node);
      findings.push(listed ? replaced(node, '...[]') : replaced(node.arguments[0], `'${ELSEWHERE}'`));
    } else if (ts.isPropertyAssignment(node) && node.name.getText() === 'id' && isId(node.initializer)) {
      findings.push(replaced(node.initializer, `'${ELSEWHERE}'`));
    } else if (ts.isObjectLiteralExpression(node) && ts.isArrayLiteralExpression(parent) && isTable(parent)) {
      others.push(replaced(node, '...[]'));
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

/** Whether one of the test files fails with the mutant. */
async function isNoticed(mutant: Mutant, tests: readonly string[]): Promise<boolean> {
  const args = ['--no-warnings', '--import', pathToFileURL(path.join(import.meta.dirname, 'mutate-hook.ts')).href];
  const env = { ...process.env, MUTANT: JSON.stringify(mutant) };
  for (const test of tests) {
    const failed = await new Promise<boolean>((resolve) => {
      const options = { env, timeout: LIMIT_MS, maxBuffer: Infinity };
      execFile(process.execPath, [...args, test], options, (error) => resolve(error !== null));
    });
    if (failed) return true;
  }
  return false;
}

if (isEntry(import.meta.url)) {
  await main(async () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { each: { type: 'string', default: '20' } },
    });
    const say = stopwatch();
    const each = Number(values.each);
    const files = Object.keys(TESTED).filter((file) => positionals.length === 0 || positionals.includes(file));
    const common: string[] = [];
    for await (const test of glob('test/unit/{mutants-*,defects}.test.ts', { cwd: root })) common.push(test);
    let survivors = 0;
    let total = 0;
    for (const file of files) {
      const source = await readFile(path.join(root, file), 'utf8');
      const nearest = (TESTED[file] ?? []).map((name) => `test/unit/${name}.test.ts`);
      const tests = [...nearest, ...common].map((test) => path.join(root, test));
      const unchanged = { url: pathToFileURL(path.join(root, file)).href, start: 0, end: 0, text: '' };
      if (await isNoticed(unchanged, tests)) throw new Error(`The tests of ${file} fail without a mutant.`);
      const { findings, others } = mutantsOf(file, source);
      const step = Math.max(1, others.length / each);
      const mutants = [...findings, ...others.filter((_, index) => each > 0 && Math.floor(index % step) === 0)];
      say(`${file}: ${findings.length} findings, ${mutants.length - findings.length} of ${others.length} other places`);
      // Two at a time: a test is one process.
      const queue = mutants.values();
      const work = async (): Promise<void> => {
        for (const mutant of queue) {
          total += 1;
          if (await isNoticed(mutant, tests)) continue;
          survivors += 1;
          const before = source.slice(0, mutant.start);
          const line = before.split('\n').length;
          const changed = source.slice(mutant.start, mutant.end).replaceAll(/\s+/g, ' ').slice(0, 100);
          say(`  not noticed: ${file}:${line}:${mutant.start - before.lastIndexOf('\n')}: ${changed} → ${mutant.text}`);
        }
      };
      await Promise.all([work(), work()]);
    }
    say(`${total} mutants, ${survivors} not noticed`);
    return survivors === 0 ? 0 : 1;
  });
}
