// Quantities of Kubernetes, such as "500m" and "1.5Gi", as its Go library writes what it has read.
// Source: Kubernetes API reference, "Quantity": the largest suffix that needs no fraction; below 1024 without a binary one.

const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?$/;

/** A quantity in its shortest form; what is none stays as it is, for the API server to refuse. */
export function canonicalQuantity(value: string | number): string {
  const match = QUANTITY.exec(String(value));
  const [, sign = '', whole = '', fraction = '', suffix = '', power] = match ?? [];
  if (!match || whole + fraction === '') return String(value);
  let digits = BigInt(whole + fraction);
  if (digits === 0n) return '0';
  const minus = sign === '-' ? '-' : '';
  if (suffix.endsWith('i')) {
    const scale = 10n ** BigInt(fraction.length);
    const exact = digits * 1024n ** BigInt(BINARY.indexOf(suffix));
    // Small ones are written in decimals; of others no fraction is kept.
    if (exact >= 1024n * scale) {
      let bytes = (exact + scale - 1n) / scale;
      let index = 0;
      for (; bytes % 1024n === 0n && index + 1 < BINARY.length; index++) bytes /= 1024n;
      return `${minus}${bytes}${BINARY[index] ?? ''}`;
    }
    digits = exact;
  }
  const base = power !== undefined ? Number(power) : suffix.endsWith('i') ? 0 : (DECIMAL.indexOf(suffix) - 3) * 3;
  let exponent = base - fraction.length;
  for (; digits % 10n === 0n; digits /= 10n) exponent++;
  for (; exponent < -9; exponent++) digits = (digits + 9n) / 10n;
  for (; exponent % 3 !== 0 || exponent > 18; exponent--) digits *= 10n;
  if (power !== undefined) return `${minus}${digits}${exponent === 0 ? '' : `e${exponent}`}`;
  return `${minus}${digits}${DECIMAL[exponent / 3 + 3] ?? ''}`;
}
