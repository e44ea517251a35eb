import type { Configuration } from 'webpack';

declare const configure: (env: unknown, argv: { mode?: 'production' | 'development' }) => Configuration;
export default configure;
export const vscodeTests: Configuration;
