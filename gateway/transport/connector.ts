import { buildConnector } from 'undici';
import type { TlsSource, TlsTexts } from '#base/http/tls-files';

/** Opens each connection with the current certificates. */
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
