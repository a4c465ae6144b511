/** Lets requests with a good key through, and puts its id into `response.locals`. */
export function requireKey(keys) {
  return async (request, response, next) => {
    const judged = await keys.validate(request.get('x-api-key') ?? '');
    if (judged.answer === 'accepted') {
      response.locals.client = judged.id;
      next();
    } else if (judged.answer === 'throttled') {
      response.set('retry-after', String(Math.ceil(judged.retryAfterMs / 1000))).sendStatus(429);
    } else {
      response.sendStatus(judged.answer === 'exhausted' ? 429 : 401);
    }
  };
}
