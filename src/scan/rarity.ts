/**
 * For each pair of letters the bits that the second one takes after the first, as a hexadecimal digit: minus the binary
 * logarithm of its frequency in 66 MB of source code and documentation. Row and column 0 are whatever is no letter.
 */
const table = [
  '06767668869977766a6657789ac49645965b5b7343b5b34357686843878299843939938b5674cbd4e449593aa45c549b2a947359d96f',
  '2487528894b767846a557689b6e25844757979a56376633496757c2397934bb2dc6b836c4764ccb7e2597928564c968467b55558a98b',
  '3387729993ca86948d5746bac6d55744555dae954236a634b6e9f645aaa1bba8b9bba58aa2a6c6b9c26967187b5db66577b758698bad',
  '34775389a2cb39947c84447af5a3247829ab49b74944d8496b9c9c34943464a6a778756d83357ae7d47564956a6a654264e355465aac',
  '439873bb74d949925c3544abb8e5888a8aac9ac8baba86970bbaab33966276b4e676537d554669d6d2595838964b887955a8425a8c6d',
  '2496938a33ea88945a455598a5e66556368e5fd34375f343acea9e32bbc2c9d3dbb9c4cda8abaacdd2397949842c89a549d5479b6bcc',
  '2593858b95ca86962b892aab97c1676879996bb64552b65488acba439891baa6a98aa4bb8793baa89',
].join('');
const bitsOfPair = Uint8Array.from(table, (digit) => Number.parseInt(digit, 16));
const classes = 27;
/** What a change between letters, digits and other characters takes, or of the case inside of a word. */
const bitsPerChange = 5;
const bitsPerDigit = 3.3;
const bitsPerCapital = 3;

/**
 * How many bits a character of the text takes on average for who expects source code and prose: about 3 for words and
 * the names of programs, over 4.5 for what was drawn at random.
 */
export function rarityOf(text: string): number {
  let bits = 0;
  for (let at = 1; at < text.length; at += 1) bits += pairBits(text.charCodeAt(at - 1), text.charCodeAt(at));
  return text.length < 2 ? 0 : bits / (text.length - 1);
}

/** Bits that a character takes after another one. */
export function pairBits(before: number, code: number): number {
  const from = letterOf(before);
  const to = letterOf(code);
  if (from > 0 && to > 0) {
    const isCapitalInside = isCapital(code) && !isCapital(before);
    return (bitsOfPair[from * classes + to] ?? 0) + (isCapitalInside ? bitsPerCapital : 0);
  }
  if (isDigit(before) && isDigit(code)) return bitsPerDigit;
  if (isDigit(before) || isDigit(code)) return bitsPerChange;
  // A separator begins a new word.
  return to > 0 ? bitsPerDigit : 1;
}

/** 1 to 26, 0 for what is no letter. */
function letterOf(code: number): number {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a ? lower - 0x60 : 0;
}

function isCapital(code: number): boolean {
  return code >= 0x41 && code <= 0x5a;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
