import { defaultUnreadBytes, defaultUnreadBytesOfCaller, type UnreadLimits } from '#base/http/unread';
import type { GatewayConfig } from '../config';

/**
 * Limits on the bytes that wait for slow clients. Without issuers, nothing shows that an address is one caller.
 * @param knowsCallers whether tokens of trusted issuers identify callers
 */
export function unreadLimits(
  { maxUnreadBytes, maxUnreadBytesPerCaller }: Pick<GatewayConfig, 'maxUnreadBytes' | 'maxUnreadBytesPerCaller'>,
  knowsCallers: boolean,
): UnreadLimits {
  const standard = defaultUnreadBytes();
  const total = maxUnreadBytes === '' ? standard : maxUnreadBytes;
  if (maxUnreadBytesPerCaller !== '') return { total, perCaller: maxUnreadBytesPerCaller };
  return { total, perCaller: knowsCallers ? defaultUnreadBytesOfCaller(total || standard) : 0 };
}
