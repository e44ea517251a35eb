// Bundles the extension and the command line: two tiny entries; the SDKs, client-node and yaml in lazy chunks they share.
import path from 'node:path';
import Minimizer from 'minimizer-webpack-plugin';
import webpack from 'webpack';

const root = import.meta.dirname;
/** The oldest Node that runs the bundle: the command line's floor. VS Code's own is newer. */
const target = 'node20';
/** Bytes; more makes the build fail. What VS Code reads at activation must stay tiny. */
const entryBudget = 14 * 1024;

const typescript = { test: /\.ts$/, loader: 'esbuild-loader', options: { target } };
const externals = { vscode: 'commonjs vscode' };

/**
 * Chunks that give what they share away: those that are loaded when they are asked for, and the threads of lint, which are nobody's start.
 * @param {webpack.Chunk} chunk
 */
const shares = (chunk) => !chunk.canBeInitial() || chunk.name === 'lint-worker' || chunk.name === 'cli-worker';

/** @type {(env: unknown, argv: { mode?: string }) => webpack.Configuration} */
export default (_env, { mode = 'production' }) => ({
  name: 'kubeflow-irsa',
  mode,
  target,
  context: root,
  entry: {
    extension: './src/extension.ts',
    'lint-worker': './src/editor/worker.ts',
    cli: './src/cli/start.ts',
    'cli-main': './src/cli/main.ts',
    'cli-worker': './src/cli/lint-worker.ts',
  },
  output: {
    path: path.join(root, 'dist'),
    filename: '[name].cjs',
    chunkFilename: '[name].cjs',
    library: { type: 'commonjs2' },
    clean: true,
  },
  // ws tries these two native speed-ups and works without them.
  externals: { ...externals, bufferutil: 'commonjs bufferutil', 'utf-8-validate': 'commonjs utf-8-validate' },
  // client-node's config.js imports it for a function that is not called here; it would load Node's deprecated punycode, of
  // which Node warns on stderr.
  resolve: { alias: { 'node-fetch': false } },
  module: {
    rules: [
      typescript,
      // Its generated API classes are only used by name: what we do not import can go.
      { test: /node_modules[\\/]@kubernetes[\\/]client-node[\\/]/, sideEffects: false },
    ],
  },
  optimization: {
    chunkIds: 'named',
    // Short names for what chunks know each other by; and one answer for all entries to what is used.
    moduleIds: 'size',
    mangleExports: 'size',
    usedExports: 'global',
    splitChunks: {
      // One copy for the extension and the command line, also where they use different functions of it.
      usedExports: false,
      cacheGroups: {
        default: false,
        defaultVendors: false,
        // One file instead of twenty: the SDK loads each kind of credentials by itself. Keys and user pools are seldom asked for.
        aws: {
          test: /node_modules[\\/]@(aws-sdk(?![\\/]client-(?:kms|cognito))|aws-crypto|smithy)[\\/]/,
          name: 'aws-sdk',
          chunks: 'async',
          enforce: true,
        },
        // What several rooms stand on is loaded once.
        core: {
          test: /[\\/](?:src[\\/]core|node_modules[\\/](?:diff|ignore))[\\/]/,
          name: 'core',
          chunks: shares,
          minChunks: 2,
          enforce: true,
        },
        cli: { test: /[\\/]src[\\/]cli[\\/]/, name: 'carry-cli', chunks: shares, minChunks: 2, enforce: true },
        provisioning: {
          test: /[\\/]src[\\/]provisioning[\\/]/,
          name: 'provisioning',
          chunks: 'async',
          minChunks: 2,
          enforce: true,
        },
        estate: { test: /[\\/]src[\\/]estate[\\/]/, name: 'estate', chunks: 'async', minChunks: 2, enforce: true },
        // What commands ask, and show.
        wizard: {
          test: /[\\/]src[\\/](?:wizard|commands)[\\/]/,
          name: 'wizard',
          chunks: 'async',
          minChunks: 2,
          enforce: true,
        },
        exports: {
          test: /[\\/]src[\\/]export[\\/]/,
          name: 'export-things',
          chunks: 'async',
          minChunks: 2,
          enforce: true,
        },
        yaml: { test: /node_modules[\\/]yaml[\\/]/, name: 'yaml', chunks: shares, enforce: true },
      },
    },
    // terser, since esbuild leaves what nobody uses inside of a module: a tenth more in the VSIX. A function stays where it is: put
    // into another one it would be made again at each call.
    minimizer: [
      new Minimizer({
        extractComments: false,
        minimizerOptions: { ecma: 2020, compress: { inline: 1, reduce_funcs: false }, format: { comments: false } },
      }),
    ],
  },
  devtool: mode === 'production' ? false : 'source-map',
  performance:
    mode === 'production'
      ? {
          hints: 'error',
          maxAssetSize: entryBudget,
          maxEntrypointSize: entryBudget,
          assetFilter: (name) => name === 'extension.cjs',
        }
      : false,
  plugins: [new webpack.BannerPlugin({ banner: '#!/usr/bin/env node', raw: true, include: /^cli\.cjs$/ })],
});

/** The tests that run inside VS Code. mocha stays outside: it is found in node_modules. */
export const vscodeTests = {
  name: 'tests in VS Code',
  mode: 'development',
  target,
  context: root,
  entry: { index: './test/vscode/index.ts' },
  output: {
    path: path.join(root, 'out/test/vscode'),
    filename: '[name].cjs',
    library: { type: 'commonjs2' },
    clean: true,
  },
  externals: { ...externals, mocha: 'commonjs mocha' },
  module: { rules: [typescript], parser: { javascript: { createRequire: false } } },
  devtool: 'inline-source-map',
};
