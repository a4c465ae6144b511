import { because, contractOver, faultContractOf } from './aws-fixture.js';

const deviations = [
  ...because(
    'the service holds no empty values; one is refused before anything is sent',
    'takes an empty text for a value',
    'writes an empty value',
  ),
  ...because(
    'the service deletes a secret with all its versions only; one version cannot be destroyed',
    'destroys one version for good and leaves the others',
    'says not_found when there is nothing to remove',
  ),
];

contractOver('moto', 'aws', deviations);
contractOver('ministack', 'aws', [
  ...deviations,
  ...because(
    'ministack refuses a repeated CreateSecret and takes a token for another value; the service and moto do neither',
    'makes one version of a write that is repeated with its token',
  ),
]);
faultContractOf('aws');
