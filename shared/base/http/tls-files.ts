import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { OperatorError } from '../errors';
import { WatchedFile } from '../files/watched-file';

/** PEM texts: the own certificate with its key, and the authorities that others' certificates are checked by. */
export interface TlsTexts {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** Certificates that may be replaced while the process runs. */
export interface TlsSource {
  /** Another object once they have changed. */
  readonly current: TlsTexts;
}

type Names = keyof TlsTexts;

/** Certificates in files. New ones are used once they fit together; until then, and while one is invalid, the previous ones are. */
export class TlsFiles implements TlsSource {
  private readonly files: ReadonlyMap<Names, WatchedFile<string>>;
  private read: TlsTexts;
  private used: TlsTexts;

  /** @param paths of PEM files @throws OperatorError */
  constructor(
    paths: Readonly<Partial<Record<Names, string>>>,
    private readonly log: Logger,
  ) {
    const named = Object.entries(paths).filter(([, path]) => path) as [Names, string][];
    this.files = new Map(named.map(([name, path]) => [name, watch(path, log)]));
    this.read = this.texts();
    this.used = this.read;
    try {
      createSecureContext(this.used);
    } catch (error) {
      throw new OperatorError(
        `The TLS certificates ${named.map(([, path]) => `"${path}"`).join(', ')} cannot be used: ${(error as Error).message}`,
        'Check that they are PEM files and that the key belongs to the certificate',
      );
    }
  }

  get current(): TlsTexts {
    const texts = this.texts();
    if ((['cert', 'key', 'ca'] as const).every((name) => texts[name] === this.read[name])) return this.used;
    this.read = texts;
    try {
      createSecureContext(texts);
      this.used = texts;
      this.log.info('using new TLS certificates');
    } catch (error) {
      // a certificate is replaced before its key, or after it
      this.log.warn({ err: error }, 'TLS certificate and key do not fit together; still using the previous ones');
    }
    return this.used;
  }

  private texts(): TlsTexts {
    return Object.fromEntries([...this.files].map(([name, file]) => [name, file.current]));
  }
}

function watch(path: string, log: Logger): WatchedFile<string> {
  try {
    return new WatchedFile(path, { what: 'a PEM file', parse: (text) => text, log });
  } catch (error) {
    throw new OperatorError(
      `The PEM file cannot be read from "${path}": ${(error as Error).message}`,
      'Check the path and its permissions',
    );
  }
}
