import { type ParseArgsConfig, parseArgs } from 'node:util';

/** Parses a script's options. An invalid option ends the script with its error, without a stack trace. */
export function parseOptions<Options extends NonNullable<ParseArgsConfig['options']>>(options: Options) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n--help lists the options\n`);
    process.exit(2);
  }
}
