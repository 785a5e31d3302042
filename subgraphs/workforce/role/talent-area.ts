import { enumeration, type ValueOf } from '#kit/model/enumeration';

export const TalentArea = enumeration(
  'TalentArea',
  'Field of expertise that a position or announcement recruits for.',
  {
    AI: 'Artificial intelligence.',
    DATA_SCIENCE: 'Data science and statistics.',
    CYBERSECURITY: 'Cybersecurity.',
    IT: 'Information technology.',
    COMPUTER_SCIENCE: 'Computer science and engineering.',
    OTHER: 'Any other field, such as mathematics or operations research.',
  },
);
export type TalentArea = ValueOf<typeof TalentArea>;
