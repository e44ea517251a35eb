// The mutants of a file: places at which it is broken, one at a time. All of them stand in one text, each behind a switch.
import { stripTypeScriptTypes } from 'node:module';
import ts from 'typescript';

/** A place of a file, and what becomes of it: the characters `start` to `end` become `text`. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly node: ts.Node;
}

/** An id that no file shows: it takes the place of one where a finding cannot be left out. */
const ELSEWHERE = 'KP-035';
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

const QUANTIFIERS: ReadonlyMap<string, string> = new Map([
  ['some', 'every'],
  ['every', 'some'],
]);

/** The mutants of one file: those that take away a finding first. */
export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.ESNext, true);
  const [findings, others]: [Mutant[], Mutant[]] = [[], []];
  const replaced = (node: ts.Node, text: string): Mutant => ({ start: node.getStart(), end: node.end, text, node });
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
    } else if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(parent) && QUANTIFIERS.has(node.name.text)) {
      others.push(replaced(node.name, QUANTIFIERS.get(node.name.text) ?? ''));
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
  return [...findings, ...others];
}

const COMPARE: Readonly<Partial<Record<ts.SyntaxKind, string>>> = {
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: 'eq',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: 'ne',
  [ts.SyntaxKind.LessThanToken]: 'lt',
  [ts.SyntaxKind.LessThanEqualsToken]: 'le',
  [ts.SyntaxKind.GreaterThanToken]: 'gt',
  [ts.SyntaxKind.GreaterThanEqualsToken]: 'ge',
};

/** The file with a mutant. */
export const textWith = (source: string, { start, end, text }: Mutant): string =>
  source.slice(0, start) + text + source.slice(end);

/** The file in JavaScript with a switch for each mutant (see mutate-runner.ts); `first`: the number of the first. */
export function switched(source: string, mutants: readonly Mutant[], first: number): string {
  const byNode = new Map<ts.Node, { id: number; text: string }[]>();
  mutants.forEach(({ node, text }, index) => {
    const list = byNode.get(node) ?? [];
    list.push({ id: first + index, text });
    byNode.set(node, list);
  });
  const tree = mutants[0]?.node.getSourceFile();
  if (tree === undefined) return source;
  const render = (node: ts.Node): string => {
    let text = '';
    const operator = ts.isBinaryExpression(node) ? byNode.get(node.operatorToken)?.[0] : undefined;
    if (ts.isBinaryExpression(node) && operator !== undefined) {
      const [left, right] = [render(node.left), render(node.right)];
      const kind = node.operatorToken.kind;
      const name = COMPARE[kind];
      if (name !== undefined) text = `$m.${name}(${operator.id}, ${left}, ${right})`;
      else if (kind === ts.SyntaxKind.AmpersandAmpersandToken)
        text = `($m.is(${operator.id}, ${left}) ? ${right} : $m.last)`;
      else text = `($m.is(${operator.id}, ${left}) ? $m.last : ${right})`;
    } else {
      let at = node === tree ? 0 : node.getStart();
      ts.forEachChild(node, (child) => {
        if (child.getStart() < at || child.end === child.pos) return;
        text += source.slice(at, child.getStart()) + render(child);
        at = child.end;
      });
      text += source.slice(at, node === tree ? source.length : node.end);
    }
    for (const { id, text: becomes } of byNode.get(node) ?? []) {
      if (ts.isBinaryExpression(node.parent) && node.parent.operatorToken === node) continue;
      if (becomes === ';') text = `{ if (!$m.on(${id})) ${text} }`;
      else if (becomes === '...[]') text = `...($m.on(${id}) ? [] : [${text}])`;
      else if (becomes === '...{}') text = `...($m.on(${id}) ? {} : {${text}})`;
      else if (becomes.startsWith("'")) text = `($m.on(${id}) ? ${becomes} : ${text})`;
      else if (becomes.startsWith('!(')) text = `$m.not(${id}, ${text})`;
      else if (ts.isIdentifier(node)) text = `[$m.on(${id}) ? '${becomes}' : '${node.text}']`;
      else if (ts.isPrefixUnaryExpression(node)) text = `$m.plain(${id}, ${text.slice(1)})`;
      else throw new Error(`No switch for ${becomes}`);
    }
    return text;
  };
  const text = render(tree).replaceAll(/(?<!\?)\.\[\$m\.on/g, '[$m.on');
  return stripTypeScriptTypes(`import $m from 'mutants:';${text}`);
}
