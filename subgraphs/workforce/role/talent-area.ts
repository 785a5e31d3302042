import { enumeration, type ValueOf } from '#kit/model/enumeration';

export const TalentArea = enumeration('TalentArea', 'What kind of talent a position or announcement is after.', {
  AI: 'Artificial intelligence.',
  DATA_SCIENCE: 'Data science and statistics.',
  CYBERSECURITY: 'Cybersecurity.',
  IT: 'Information technology.',
  COMPUTER_SCIENCE: 'Computer science and engineering.',
  OTHER: 'Anything else, such as mathematics and operations research.',
});
export type TalentArea = ValueOf<typeof TalentArea>;
