import { buildConnector } from 'undici';
import type { TlsSource, TlsTexts } from '#base/http/tls-files';

/** Opens connections with the certificates that are current when each is opened. */
export function connectorWith(
  tls: TlsSource,
  options: Pick<buildConnector.BuildOptions, 'timeout' | 'allowH2'> = {},
): buildConnector.connector {
  let texts: TlsTexts | undefined;
  let connect: buildConnector.connector;
  return (target, callback) => {
    if (texts !== tls.current) {
      texts = tls.current;
      connect = buildConnector({ ...options, ...texts });
    }
    return connect(target, callback);
  };
}
