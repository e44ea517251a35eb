/** Entry of the bundled command line: runs what main.ts became, from code that was compiled before where there is some. */
import nodeModule from 'node:module';
import path from 'node:path';
import { bundles, compiledOf } from './compiled.ts';

const [, , command = ''] = process.argv;
const compiled = compiledOf(command, process.env);
bundles(path.dirname(__filename), nodeModule.createRequire(__filename), compiled)('./cli-main.cjs');
