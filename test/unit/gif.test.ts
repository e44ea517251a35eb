// The film's encoder, read back by a reader of its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { gif, readPng, type Frame } from '../../scripts/pictures/gif.ts';

interface Read {
  readonly delays: number[];
  /** Of each frame as it is seen: colour by pixel. */
  readonly seen: number[][];
}

/** GIF89a with one table of 256 colours, as far as `gif` writes it. */
function read(file: Buffer): Read {
  assert.equal(file.toString('latin1', 0, 6), 'GIF89a');
  const [width, height] = [file.readUInt16LE(6), file.readUInt16LE(8)];
  const color = (index: number): number => file.readUIntBE(13 + index * 3, 3);
  let at = 13 + 768;
  const delays: number[] = [];
  const seen: number[][] = [];
  let transparent = -1;
  for (;;) {
    const kind = file[at];
    if (kind === 0x3b) return { delays, seen };
    if (kind === 0x21) {
      if (file[at + 1] === 0xf9) {
        delays.push(file.readUInt16LE(at + 4));
        transparent = file[at + 6] ?? -1;
      }
      for (at += 2; file[at] !== 0; at += 1 + (file[at] ?? 0));
      at += 1;
      continue;
    }
    assert.equal(kind, 0x2c);
    const [x, y, w, h] = [1, 3, 5, 7].map((offset) => file.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
      number,
    ];
    assert.ok(x + w <= width && y + h <= height);
    const parts: Buffer[] = [];
    for (at += 11; file[at] !== 0; at += 1 + (file[at] ?? 0))
      parts.push(file.subarray(at + 1, at + 1 + (file[at] ?? 0)));
    at += 1;
    const pixels = unpack(Buffer.concat(parts));
    assert.equal(pixels.length, w * h);
    const frame = [...(seen.at(-1) ?? Array<number>(width * height).fill(-1))];
    pixels.forEach((index, pixel) => {
      if (index !== transparent) frame[(y + Math.floor(pixel / w)) * width + x + (pixel % w)] = color(index);
    });
    seen.push(frame);
  }
}

function unpack(data: Buffer): number[] {
  const out: number[] = [];
  let strings: number[][] = [];
  let [size, position] = [9, 0];
  let last: number[] | undefined;
  for (;;) {
    assert.ok(position < data.length * 8, 'there is no end');
    let code = 0;
    for (let bit = 0; bit < size; bit += 1, position += 1)
      code |= (((data[position >> 3] ?? 0) >> (position & 7)) & 1) << bit;
    if (code === 257) return out;
    if (code === 256) {
      strings = Array.from({ length: 258 }, (_, index) => [index]);
      size = 9;
      last = undefined;
      continue;
    }
    const string: number[] = strings[code] ?? [...(last ?? []), last?.[0] ?? 0];
    out.push(...string);
    if (last !== undefined && strings.length < 4096) {
      strings.push([...last, string[0] ?? 0]);
      if (strings.length === 1 << size && size < 12) size += 1;
    }
    last = string;
  }
}

const seenIn = (frames: readonly Frame[]): number[][] =>
  frames.map(({ rgb }) =>
    Array.from({ length: rgb.length / 3 }, (_, pixel) => Buffer.from(rgb).readUIntBE(pixel * 3, 3)),
  );

test('frames of few colours come back as they were, with their times', () => {
  const color = fc.constantFrom([0, 0, 0], [255, 255, 255], [31, 31, 31], [204, 204, 204], [0, 120, 212]);
  const size = fc.record({ width: fc.integer({ min: 1, max: 40 }), height: fc.integer({ min: 1, max: 30 }) });
  const frames = size.chain(({ width, height }) => {
    const rgb = fc
      .array(color, { minLength: width * height, maxLength: width * height })
      .map((colors) => Uint8Array.from(colors.flat()));
    return fc.array(fc.record({ width: fc.constant(width), height: fc.constant(height), rgb, delay: fc.nat(65_535) }), {
      minLength: 1,
      maxLength: 4,
    });
  });
  fc.assert(
    fc.property(frames, (some) => {
      const { delays, seen } = read(gif(some));
      assert.deepEqual(
        delays,
        some.map(({ delay }) => delay),
      );
      assert.deepEqual(seen, seenIn(some));
    }),
    { numRuns: 60 },
  );
});

test('a long frame fills the table of strings more than once', () => {
  let state = 1;
  const rgb = Uint8Array.from({ length: 200 * 150 * 3 }, (_, at) => {
    if (at % 3 === 0) state = (state * 1103515245 + 12345) & 0x7fffffff;
    return (state >> 16) % 7;
  });
  const frames = [{ width: 200, height: 150, rgb, delay: 100 }];
  assert.deepEqual(read(gif(frames)).seen, seenIn(frames));
});

test('more colours than a table holds become their nearest', () => {
  const rgb = Uint8Array.from(
    { length: 64 * 64 * 3 },
    (_, at) => [(Math.floor(at / 3) % 64) * 4, Math.floor(at / 192) * 4, 0][at % 3] ?? 0,
  );
  const [frame = []] = read(gif([{ width: 64, height: 64, rgb, delay: 1 }])).seen;
  const worst = frame.map((seen, pixel) => {
    const at = pixel * 3;
    return Math.max(Math.abs((seen >> 16) - (rgb[at] ?? 0)), Math.abs(((seen >> 8) & 255) - (rgb[at + 1] ?? 0)));
  });
  assert.ok(Math.max(...worst) <= 16);
});

test('a PNG with each of its filters is read', () => {
  const [width, height] = [5, 5];
  const chunk = (name: string, data: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length);
    head.write(name, 4, 'latin1');
    return Buffer.concat([head, data, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = Array.from({ length: height }, (_, y) =>
    Array.from({ length: width * 3 }, (_, x) => (x * 37 + y * 91) & 255),
  );
  const filtered = rows.flatMap((row, y) => {
    const above = rows[y - 1] ?? Array<number>(width * 3).fill(0);
    const filter = y;
    const bytes = row.map((value, x) => {
      const [left, up, corner] = [row[x - 3] ?? 0, above[x] ?? 0, x < 3 ? 0 : (above[x - 3] ?? 0)];
      const p = left + up - corner;
      const paeth = [left, up, corner].reduce(
        (best, one) => (Math.abs(p - one) < Math.abs(p - best) ? one : best),
        left,
      );
      return (value - ([0, left, up, (left + up) >> 1, paeth][filter] ?? 0)) & 255;
    });
    return [filter, ...bytes];
  });
  const png = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from(filtered))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  assert.deepEqual(readPng(png), { width, height, rgb: Uint8Array.from(rows.flat()) });
});
