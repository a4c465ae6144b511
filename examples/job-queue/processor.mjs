import { isKeywardError } from 'keyward';

/**
 * The function that a queue runs for each job, as BullMQ's `Worker` takes it. `place` sends the order of the job with
 * the credentials that it is given; it may run twice, so an order has an id that the exchange accepts once.
 */
export function createProcessor(secrets, place) {
  return async (job) => {
    const { exchange, order } = job.data;
    try {
      return await secrets.withCredentials(exchange, (credentials) => place(credentials, { ...order, id: job.id }));
    } catch (error) {
      // Trying again later does not help; an outage does pass, and is left to the queue's own attempts.
      if (isKeywardError(error, 'not_found', 'denied', 'deleted')) throw unrecoverable(error);
      throw error;
    }
  };
}

/** BullMQ knows errors of this name: the job fails at once, whatever attempts it has left. */
function unrecoverable(cause) {
  return Object.assign(new Error(cause.message, { cause }), { name: 'UnrecoverableError' });
}
