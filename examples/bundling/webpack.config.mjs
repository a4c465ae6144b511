import { nativeParts } from './native-parts.mjs';

export default {
  mode: 'production',
  target: 'node20',
  entry: './app.mjs',
  output: { path: `${import.meta.dirname}/out`, filename: 'webpack.mjs', module: true, chunkFormat: 'module' },
  experiments: { outputModule: true },
  externalsType: 'import',
  externals: nativeParts,
};
