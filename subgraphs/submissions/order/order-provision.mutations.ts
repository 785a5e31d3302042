import { civilDate } from '#base/civil';
import { InputError, NotFoundError, requireRevision } from '#base/errors';
import { dateInput, expectedRevisionInput, idInput, optional, urlInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { OrderProvision } from './executive-order';

const recordProvisionOutcome = mutation({
  name: 'recordProvisionOutcome',
  description: 'Records when a provision of the order was carried out, and the public document that shows it.',
  by: ['INTAKE'],
  input: {
    id: idInput('Provision id, such as "14409-1".'),
    expectedRevision: expectedRevisionInput(),
    doneOn: optional(
      dateInput(
        'Day on which it was carried out; not in the future. Omit it to withdraw an outcome recorded by mistake.',
      ),
    ),
    evidenceUrl: optional(urlInput('Address of a public document that shows it. Required with "doneOn".')),
  },
  returns: ['provision', () => OrderProvision],
  async run({ database, now }, { id, expectedRevision, doneOn, evidenceUrl }) {
    const provision = await database.lock(OrderProvision, id);
    if (!provision) throw new NotFoundError('OrderProvision', id, 'id');
    requireRevision('OrderProvision', provision, expectedRevision);
    const today = civilDate(now);
    if (doneOn !== null && doneOn > today)
      throw new InputError(`"doneOn" is in the future: it is ${today} today`, ['input', 'doneOn']);
    if ((doneOn === null) !== (evidenceUrl === null))
      throw new InputError('Send "doneOn" and "evidenceUrl" together, or neither', ['input', 'evidenceUrl']);
    await database.update(OrderProvision, id, { doneOn, evidenceUrl, revision: provision.revision + 1 });
    return id;
  },
});

export const provisionMutations = [recordProvisionOutcome];
