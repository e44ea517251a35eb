// Lint, with the import directions of docs/architecture.md: arrows point one way.
import tseslint from 'typescript-eslint';

/** One room of the house: what its files may not import, and which way is right. */
const room = (files, forbidden, message) => ({
  files: [files],
  rules: {
    'no-restricted-imports': ['error', { patterns: forbidden.map((regex) => ({ regex, message })) }],
  },
});

const sdk = '^@aws-sdk/|^@smithy/|^@aws-crypto/';
const k8s = '^@kubernetes/';
const anyRoom = (...names) => `/(${names.join('|')})/`;

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', '.vscode-test/', '**/*.js', '**/*.mjs', '**/*.cjs'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'it', 'describe', 'suite', 'before', 'after'] },
          ],
        },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
    },
  },
  { files: ['sandbox/**', 'test/**', 'scripts/**', 'src/cli/**'], rules: { 'no-console': 'off' } },
  room(
    'src/core/**',
    [
      '^vscode$',
      '^node:',
      sdk,
      k8s,
      anyRoom('provisioning', 'estate', 'aws', 'kubernetes', 'explorer', 'wizard', 'editor', 'commands', 'cli'),
    ],
    'core is pure: it imports neither vscode, Node, an SDK nor another room. Pass what it needs in as an argument.',
  ),
  room(
    'src/provisioning/**',
    ['^vscode$', sdk, k8s, anyRoom('estate', 'aws', 'kubernetes', 'explorer', 'wizard', 'editor', 'commands', 'cli')],
    'provisioning drives ports.ts and imports only core. aws and kubernetes are plugged in at the composition root.',
  ),
  room(
    'src/export/**',
    [
      '^vscode$',
      '^node:',
      sdk,
      k8s,
      anyRoom('provisioning', 'estate', 'aws', 'kubernetes', 'explorer', 'wizard', 'editor', 'commands', 'cli'),
    ],
    'export is pure: things in, files out, on core alone. Who calls it reads the world and writes the files.',
  ),
  room(
    'src/estate/**',
    ['^vscode$', sdk, k8s, anyRoom('aws', 'kubernetes', 'explorer', 'wizard', 'editor', 'commands', 'cli')],
    'estate holds what was read, for the editor and the command line; it imports only core and provisioning.',
  ),
  room(
    'src/aws/**',
    [
      '^vscode$',
      k8s,
      anyRoom('estate', 'kubernetes', 'explorer', 'wizard', 'editor', 'commands', 'cli'),
      '/provisioning/(?!ports\\.ts$)',
    ],
    'aws implements provisioning/ports.ts; it may import only core and provisioning/ports.ts.',
  ),
  room(
    'src/kubernetes/**',
    [
      '^vscode$',
      '^@aws-sdk/',
      anyRoom('estate', 'aws', 'explorer', 'wizard', 'editor', 'commands', 'cli'),
      '/provisioning/(?!(ports|follow)\\.ts$)',
    ],
    'kubernetes implements provisioning/ports.ts; it may import only core, provisioning/ports.ts and the loop that follows a kind.',
  ),
  room(
    'src/{explorer,wizard,editor}/**',
    [sdk, k8s, anyRoom('aws', 'kubernetes', 'commands', 'cli')],
    'The rooms of the user interface reach the outside through provisioning; commands call them, not the other way round.',
  ),
  room(
    'src/commands/**',
    [sdk, k8s, anyRoom('aws', 'kubernetes', 'cli')],
    'Commands reach the outside through provisioning.',
  ),
  room(
    'src/cli/**',
    ['^vscode$', sdk, k8s, anyRoom('explorer', 'wizard', 'editor', 'commands')],
    'The CLI is the same core without an editor.',
  ),
  {
    // The same arrow for import(): only the composition roots load these rooms.
    files: ['src/**'],
    ignores: ['src/connect.ts', 'src/cli/carry.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportExpression > Literal[value=/\\/(aws|kubernetes)\\//]',
          message: 'aws and kubernetes are plugged in at the composition roots: src/connect.ts and src/cli/carry.ts.',
        },
      ],
    },
  },
  room(
    'sandbox/**',
    ['/src/', '^vscode$'],
    'The sandbox is independent of the product: a mistake in one must not hide in the other.',
  ),
);
