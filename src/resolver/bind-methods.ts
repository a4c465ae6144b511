/** Gives the object its methods as own functions that know it, so that they work when they are taken out of it. */
export function bindMethods(instance: object): void {
  const inherited = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(instance)));
  const methods = inherited.filter(([name, { value }]) => typeof value === 'function' && name !== 'constructor');
  Object.assign(instance, Object.fromEntries(methods.map(([name, { value }]) => [name, value.bind(instance)])));
}
