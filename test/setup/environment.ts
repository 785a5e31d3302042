import { ModernFakeTimers } from '@jest/fake-timers';
import NodeEnvironment from 'jest-environment-node';

/**
 * Jest's environment of a test file with the built-in classes and the process of the product, which runs outside of it
 * (`runtime.ts`): both agree on what an Error or a Map is, on the time, and on the variables of the environment.
 */
export default class Environment extends NodeEnvironment {
  private readonly variables = { ...process.env };

  constructor(...[config, context]: ConstructorParameters<typeof NodeEnvironment>) {
    super(config, context);
    for (const name of SHARED)
      Object.defineProperty(this.global, name, { value: globalThis[name], configurable: true, writable: true });
    this.fakeTimersModern = new ModernFakeTimers({ config: config.projectConfig, global: globalThis });
  }

  /** Undoes what the file changed outside of the sandbox, for the next file. */
  override async teardown(): Promise<void> {
    this.moduleMocker?.restoreAllMocks();
    for (const name of Object.keys(process.env)) if (!(name in this.variables)) delete process.env[name];
    Object.assign(process.env, this.variables);
    await super.teardown();
  }
}

const SHARED = [
  'process',
  'Date',
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'Map',
  'Set',
  'WeakMap',
  'WeakSet',
  'Promise',
  'RegExp',
  'JSON',
  'Math',
  'Reflect',
  'Symbol',
  'Int8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
  'SharedArrayBuffer',
  'Atomics',
] as const;
