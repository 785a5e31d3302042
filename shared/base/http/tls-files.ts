import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Logger } from 'pino';
import { OperatorError } from '../errors';
import { WatchedFile } from '../files/watched-file';
import { reasonOf } from '../read-text';
import { withoutSecrets } from '../settings';

/** PEM texts: certificate, its key, and the authorities that verify other certificates. */
export interface TlsTexts {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** Certificates, which may be replaced at runtime. */
export interface TlsSource {
  /** The same object until the certificates change. */
  readonly current: TlsTexts;
}

type Names = keyof TlsTexts;

/** Certificates from files. Keeps using the previous ones until new ones are valid and match. */
export class TlsFiles implements TlsSource {
  private readonly files: ReadonlyMap<Names, WatchedFile<string>>;
  private read: TlsTexts;
  private used: TlsTexts;

  /** @param paths of PEM files @throws OperatorError */
  constructor(
    paths: Readonly<Partial<Record<Names, string>>>,
    private readonly log: Logger,
  ) {
    const entries = Object.entries(paths).filter(([, path]) => path) as [Names, string][];
    this.files = new Map(entries.map(([name, path]) => [name, watch(path, log)]));
    this.read = this.texts();
    this.used = this.read;
    try {
      requireUsable(this.used);
    } catch (error) {
      throw new OperatorError(
        `The TLS certificates ${entries.map(([, path]) => `"${path}"`).join(', ')} are invalid: ${(error as Error).message}`,
        'Check that they are PEM files and that the key belongs to the certificate',
      );
    }
  }

  get current(): TlsTexts {
    const texts = this.texts();
    if ((['cert', 'key', 'ca'] as const).every((name) => texts[name] === this.read[name])) return this.used;
    this.read = texts;
    try {
      requireUsable(texts);
      this.used = texts;
      this.log.info('using new TLS certificates');
    } catch (error) {
      // files are not replaced at the same moment, nor all at once
      this.log.warn({ err: error }, 'TLS certificates are incomplete or do not match; still using the previous ones');
    }
    return this.used;
  }

  private texts(): TlsTexts {
    return Object.fromEntries([...this.files].map(([name, file]) => [name, file.current]));
  }
}

/** With the labels that OpenSSL reads: bundles of some systems have trusted certificates. */
const CERTIFICATE = /-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]*-----END \1-----/g;
const BEGINNING = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;

/** @throws Error for texts that do not match, and for those that Node would ignore: without a `ca`, it trusts all public authorities */
function requireUsable({ cert, key, ca }: TlsTexts): void {
  for (const text of [cert, ca]) {
    if (text === undefined) continue;
    const certificates = text.match(CERTIFICATE) ?? [];
    if (certificates.length === 0 || certificates.length !== text.split(BEGINNING).length - 1)
      throw new Error('a file has no certificate, or only a part of one');
    for (const certificate of certificates) new X509Certificate(certificate);
  }
  if (key !== undefined) createPrivateKey(key);
  createSecureContext({ cert, key, ca });
}

function watch(path: string, log: Logger): WatchedFile<string> {
  try {
    return new WatchedFile(path, { what: 'a PEM file', parse: (text) => text, log });
  } catch (error) {
    throw new OperatorError(
      `Could not read the PEM file "${withoutSecrets(path)}": ${reasonOf(error, path)}`,
      'Check the path and its permissions',
    );
  }
}
