import { z } from 'zod';
import type { SettingTable } from '#base/settings';

/** Settings of the voluntary framework's rules. */
export const frameworkSettings = {
  launchReference: {
    env: 'ORDERGRAPH_LAUNCH_REFERENCE',
    hasFlag: false,
    schema: z.enum(['PUBLIC_LAUNCH', 'TRUSTED_PARTNER_RELEASE']),
    default: 'PUBLIC_LAUNCH',
    help: 'Event that ends the review window of submissions that name none: PUBLIC_LAUNCH or TRUSTED_PARTNER_RELEASE.',
  },
} as const satisfies SettingTable;
