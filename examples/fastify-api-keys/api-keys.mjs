/** A hook that lets requests with a good key through, and puts its id into `request.client`. */
export function requireKey(keys) {
  return async (request, reply) => {
    const judged = await keys.validate(request.headers['x-api-key'] ?? '');
    if (judged.answer === 'accepted') {
      request.client = judged.id;
      return;
    }
    if (judged.answer === 'throttled') reply.header('retry-after', Math.ceil(judged.retryAfterMs / 1000));
    const isLimit = judged.answer === 'throttled' || judged.answer === 'exhausted';
    return reply.code(isLimit ? 429 : 401).send({ error: isLimit ? 'too many requests' : 'unauthorized' });
  };
}
