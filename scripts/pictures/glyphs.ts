// The outlines of VS Code's icons, out of its font: a picture cannot use the font, and draws them.
// Format: OpenType specification 1.9, tables cmap (format 4 and 12), head, loca and glyf.

/** The outlines of a TrueType font: of a code point the data of an SVG path in a box of one em, y downwards; empty where it has none. */
export function outlines(font: Buffer): (code: number, size: number) => string {
  const tables = new Map<string, number>();
  for (let at = 12, left = font.readUInt16BE(4); left > 0; left -= 1, at += 16)
    tables.set(font.toString('latin1', at, at + 4), font.readUInt32BE(at + 8));
  const table = (name: string): number => {
    const at = tables.get(name);
    if (at === undefined) throw new Error(`The font has no table ${name}.`);
    return at;
  };
  const em = font.readUInt16BE(table('head') + 18);
  const isLong = font.readInt16BE(table('head') + 50) === 1;
  const ascender = font.readInt16BE(table('hhea') + 4);
  const offset = (glyph: number): number =>
    table('glyf') +
    (isLong ? font.readUInt32BE(table('loca') + glyph * 4) : font.readUInt16BE(table('loca') + glyph * 2) * 2);

  const glyphOf = (code: number): number => {
    const cmap = table('cmap');
    for (let index = 0; index < font.readUInt16BE(cmap + 2); index += 1) {
      const at = cmap + font.readUInt32BE(cmap + 4 + index * 8 + 4);
      if (font.readUInt16BE(at) === 4) {
        const twice = font.readUInt16BE(at + 6);
        for (let segment = 0; segment < twice; segment += 2) {
          const start = font.readUInt16BE(at + 16 + twice + segment);
          if (code < start || code > font.readUInt16BE(at + 14 + segment)) continue;
          const delta = font.readUInt16BE(at + 16 + twice * 2 + segment);
          const rangeAt = at + 16 + twice * 3 + segment;
          const range = font.readUInt16BE(rangeAt);
          if (range === 0) return (code + delta) & 0xffff;
          const glyph = font.readUInt16BE(rangeAt + range + (code - start) * 2);
          return glyph === 0 ? 0 : (glyph + delta) & 0xffff;
        }
      }
    }
    return 0;
  };

  interface Point {
    x: number;
    y: number;
    on: boolean;
  }
  const contours = (glyph: number): Point[][] => {
    let at = offset(glyph);
    if (offset(glyph + 1) === at) return [];
    const count = font.readInt16BE(at);
    at += 10;
    if (count < 0) throw new Error('An icon is made of others, which is not read here.');
    const ends = Array.from({ length: count }, (_, index) => font.readUInt16BE(at + index * 2));
    at += count * 2;
    at += 2 + font.readUInt16BE(at);
    const total = (ends.at(-1) ?? -1) + 1;
    const flags: number[] = [];
    while (flags.length < total) {
      const flag = font.readUInt8(at++);
      const times = flag & 8 ? font.readUInt8(at++) : 0;
      for (let time = 0; time <= times; time += 1) flags.push(flag);
    }
    const axis = (short: number, same: number): number[] => {
      let value = 0;
      return flags.map((flag) => {
        if (flag & short) value += flag & same ? font.readUInt8(at++) : -font.readUInt8(at++);
        else if (!(flag & same)) {
          value += font.readInt16BE(at);
          at += 2;
        }
        return value;
      });
    };
    const xs = axis(2, 16);
    const ys = axis(4, 32);
    const points = flags.map((flag, index) => ({ x: xs[index] ?? 0, y: ys[index] ?? 0, on: (flag & 1) === 1 }));
    return ends.map((end, index) => points.slice(index === 0 ? 0 : (ends[index - 1] ?? 0) + 1, end + 1));
  };

  return (code, size) => {
    const scale = size / em;
    const n = (value: number): string => String(Math.round(value * scale * 10) / 10);
    const at = ({ x, y }: Point): string => `${n(x)} ${n(ascender - y)}`;
    return contours(glyphOf(code))
      .map((points) => {
        const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, on: true });
        // Between two control points lies one of the curve; the contour begins on the curve.
        const whole = points.flatMap((point, index) => {
          const next = points[(index + 1) % points.length] ?? point;
          return point.on || next.on ? [point] : [point, middle(point, next)];
        });
        const first = whole.findIndex(({ on }) => on);
        const [start, ...rest] = [...whole.slice(first), ...whole.slice(0, first)];
        if (start === undefined) return '';
        let path = `M${at(start)}`;
        for (let index = 0; index < rest.length; index += 1) {
          const point = rest[index] as Point;
          if (point.on) path += `L${at(point)}`;
          else path += `Q${at(point)} ${at(rest[(index += 1)] ?? start)}`;
        }
        return `${path}Z`;
      })
      .join('');
  };
}
