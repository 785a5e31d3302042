import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { flag, generatedId, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { DeploymentStage } from '../tool/defensive-tool';
import { Vendor } from '../vendor/vendor';

export const UseCaseInventory = enumeration('UseCaseInventory', 'The inventory a use case stands in.', {
  INDIVIDUAL: 'The inventory of use cases, one by one.',
  COMMERCIAL: 'The inventory of common commercial products: one row per agency and kind of use.',
});

export const UseCaseImpact = enumeration('UseCaseImpact', 'Whether a use case is of high impact on people.', {
  HIGH_IMPACT: 'It is.',
  PRESUMED_NOT_HIGH: 'It is presumed to be, and was found not to be.',
  NOT_HIGH_IMPACT: 'It is not.',
});

@model('A use of AI that an agency has published.', { order: ['agencyName', 'name'] })
export class AIUseCase {
  @generatedId('use') id!: string;
  @refersTo(() => Agency, 'The agency; null when the graph does not know it.', { as: 'agency', nullable: true })
  agencyKey!: string | null;
  @text('The agency, as published.', { filter: true, order: true, length: 100 }) agencyName!: string;
  @text('The part of the agency, as published.', { nullable: true, filter: true }) bureau!: string | null;
  @oneOf(() => UseCaseInventory, 'The inventory it stands in.', { filter: true, order: true }) inventory!: ValueOf<
    typeof UseCaseInventory
  >;
  @text('Id in the inventory; many have none, some share one.', { nullable: true, filter: true, length: 40 }) ombId!:
    | string
    | null;
  @text('Name; null when withheld.', { nullable: true, filter: true, order: true, length: 500 }) name!: string | null;
  @oneOf(() => DeploymentStage, 'How far it is; null when not published.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
  })
  stage!: ValueOf<typeof DeploymentStage> | null;
  @oneOf(() => UseCaseImpact, 'Whether it is of high impact; null when not published.', {
    nullable: true,
    filter: true,
  })
  impact!: ValueOf<typeof UseCaseImpact> | null;
  @text('Topic.', { nullable: true, filter: true, order: true, length: 80 }) topic!: string | null;
  @flag('Whether it is about cybersecurity: by rule, from its name, problem and outputs.', { filter: true })
  cybersecurity!: boolean;
  @text('Kind of AI.', { nullable: true, filter: true, length: 60 }) classification!: string | null;
  @longText('The problem it is to solve.', { nullable: true }) problem!: string | null;
  @longText('What it is hoped to bring.', { nullable: true }) benefits!: string | null;
  @longText('What it puts out.', { nullable: true }) outputs!: string | null;
  @text('Since when it operates, as published.', { nullable: true, length: 60 }) operationalSince!: string | null;
  @text('Vendors or products, as published.', { nullable: true, filter: true, length: 500 }) vendorText!: string | null;
  @flag('Whether the agency uses it; of commercial uses only.', { nullable: true, filter: true }) inUse!:
    | boolean
    | null;
  @text('Estimated licenses or users; of commercial uses only.', { nullable: true, length: 40 }) estimatedUsers!:
    | string
    | null;
  @flag('Whether it is authorized to operate; null when not published.', { nullable: true, filter: true }) haveAto!:
    | boolean
    | null;
  @flag('Whether it works on personal information; null when not published.', { nullable: true, filter: true }) hasPii!:
    | boolean
    | null;
  @text('Whether it was tested before use, as published; of high-impact uses.', {
    nullable: true,
    filter: true,
    length: 60,
  })
  testing!: string | null;
}

export const UseCaseVendor = links(
  () => AIUseCase,
  'vendors',
  () => Vendor,
  {
    description: 'Vendors that its text names, by rule.',
  },
);
