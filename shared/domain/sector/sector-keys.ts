/** Keys of the sixteen critical-infrastructure sectors, for references from every program. Infrastructure owns the sectors. */
export const SECTOR_KEYS: ReadonlySet<string> = new Set([
  'chemical',
  'commercial-facilities',
  'communications',
  'critical-manufacturing',
  'dams',
  'dib',
  'emergency-services',
  'energy',
  'financial-services',
  'food-agriculture',
  'government-facilities',
  'healthcare-public',
  'it',
  'nuclear',
  'transport',
  'water',
]);
