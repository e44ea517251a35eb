// Makes an animated GIF of screenshots. GIF and not APNG or WebP: GitHub shows it everywhere, and lets a reader pause it.
// Formats: PNG specification (third edition) 7 to 9; GIF89a specification, with the looping extension of Netscape.
import { inflateSync } from 'node:zlib';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of each pixel, row by row. */
  readonly rgb: Uint8Array;
}

/** A picture, and how long it is shown, in hundredths of a second. */
export interface Frame extends Picture {
  readonly delay: number;
}

/** The pixels of a PNG as browsers write it: 8 bits a channel, with or without alpha, not interlaced. Throws for any other. */
export function readPng(png: Buffer): Picture {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const channels = { 2: 3, 6: 4 }[png.readUInt8(25)];
  if (png.readUInt8(24) !== 8 || channels === undefined || png.readUInt8(28) !== 0)
    throw new Error('This is not a PNG as a browser writes it.');
  const parts: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const data = inflateSync(Buffer.concat(parts));
  const line = width * channels;
  const rgb = new Uint8Array(width * height * 3);
  let above = new Uint8Array(line);
  for (let y = 0; y < height; y += 1) {
    const filter = data[y * (line + 1)] ?? 0;
    const row = new Uint8Array(data.subarray(y * (line + 1) + 1, (y + 1) * (line + 1)));
    for (let x = 0; x < line; x += 1) {
      const left = x < channels ? 0 : (row[x - channels] ?? 0);
      const up = above[x] ?? 0;
      const corner = x < channels ? 0 : (above[x - channels] ?? 0);
      row[x] = (row[x] ?? 0) + predicted(filter, left, up, corner);
    }
    for (let x = 0; x < width; x += 1) rgb.set(row.subarray(x * channels, x * channels + 3), (y * width + x) * 3);
    above = row;
  }
  return { width, height, rgb };
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  if (filter !== 4) return 0;
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** The index that leaves a pixel as it was. */
const KEPT = 255;

const colorAt = (rgb: Uint8Array, pixel: number): number =>
  ((rgb[pixel * 3] ?? 0) << 16) | ((rgb[pixel * 3 + 1] ?? 0) << 8) | (rgb[pixel * 3 + 2] ?? 0);

const apart = (a: number, b: number): number =>
  Math.max(
    Math.abs((a >> 16) - (b >> 16)),
    Math.abs(((a >> 8) & 255) - ((b >> 8) & 255)),
    Math.abs((a & 255) - (b & 255)),
  );

/** At most 255 colours that stand for all: the most frequent ones that are not all but the same. */
function paletteOf(pictures: readonly Picture[]): readonly number[] {
  const counts = new Map<number, number>();
  for (const { rgb } of pictures)
    for (let pixel = 0; pixel < rgb.length / 3; pixel += 1) {
      const color = colorAt(rgb, pixel);
      counts.set(color, (counts.get(color) ?? 0) + 1);
    }
  const frequent = [...counts].sort(([, a], [, b]) => b - a).map(([color]) => color);
  for (let least = 0; ; least += 2) {
    const chosen: number[] = [];
    for (const color of frequent) {
      if (chosen.every((other) => apart(color, other) > least)) chosen.push(color);
      if (chosen.length > KEPT) break;
    }
    if (chosen.length <= KEPT) return chosen;
  }
}

/** The animation, for ever from its begin: all frames must be of one size. Colours are those of the most frequent ones of all frames. */
export function gif(frames: readonly Frame[]): Buffer {
  const [first] = frames;
  if (first === undefined) throw new Error('There is no frame.');
  const { width, height } = first;
  const palette = paletteOf(frames);
  const nearest = new Map<number, number>();
  const indexOf = (color: number): number => {
    const known = nearest.get(color);
    if (known !== undefined) return known;
    let best = 0;
    palette.forEach((other, index) => {
      if (apart(color, other) < apart(color, palette[best] ?? 0)) best = index;
    });
    nearest.set(color, best);
    return best;
  };
  const out: Buffer[] = [];
  const word = (value: number): Buffer => Buffer.from([value & 255, value >> 8]);
  const table = Buffer.alloc(256 * 3);
  palette.forEach((color, index) => table.writeUIntBE(color, index * 3, 3));
  out.push(Buffer.from('GIF89a', 'latin1'), word(width), word(height), Buffer.from([0xf7, 0, 0]), table);
  out.push(Buffer.from('!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0', 'latin1'));
  let shown: Uint8Array | undefined;
  for (const { rgb, delay } of frames) {
    if (rgb.length !== width * height * 3) throw new Error('The frames differ in size.');
    const pixels = Uint8Array.from({ length: width * height }, (_, pixel) => indexOf(colorAt(rgb, pixel)));
    const { x, y, w, h } = changedPart(shown, pixels, width, height);
    const part = new Uint8Array(w * h);
    for (let row = 0; row < h; row += 1)
      for (let column = 0; column < w; column += 1) {
        const at = (y + row) * width + x + column;
        part[row * w + column] = shown !== undefined && shown[at] === pixels[at] ? KEPT : (pixels[at] ?? 0);
      }
    // Graphic control: leave what is there, KEPT is transparent.
    out.push(Buffer.from([0x21, 0xf9, 4, 0x05]), word(delay), Buffer.from([KEPT, 0]));
    out.push(Buffer.from([0x2c]), word(x), word(y), word(w), word(h), Buffer.from([0]), blocks(compress(part)));
    shown = pixels;
  }
  out.push(Buffer.from([0x3b]));
  return Buffer.concat(out);
}

/** The smallest rectangle that holds all pixels that differ; of nothing the first pixel. */
function changedPart(
  before: Uint8Array | undefined,
  now: Uint8Array,
  width: number,
  height: number,
): { x: number; y: number; w: number; h: number } {
  if (before === undefined) return { x: 0, y: 0, w: width, h: height };
  let [left, right, top, bottom] = [width, -1, height, -1];
  now.forEach((value, at) => {
    if (before[at] === value) return;
    const [x, y] = [at % width, Math.floor(at / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
  });
  return right < 0 ? { x: 0, y: 0, w: 1, h: 1 } : { x: left, y: top, w: right - left + 1, h: bottom - top + 1 };
}

const CLEAR = 256;
const END = 257;
const FULL = 4096;

/** LZW of bytes, codes of 9 to 12 bits, lowest bit first. */
function compress(bytes: Uint8Array): Buffer {
  const out: number[] = [];
  let [held, bits, size] = [0, 0, 9];
  const write = (code: number): void => {
    held |= code << bits;
    for (bits += size; bits >= 8; bits -= 8) {
      out.push(held & 255);
      held >>>= 8;
    }
  };
  /** By a known string's code and the byte after it. */
  let known = new Map<number, number>();
  let next = END + 1;
  write(CLEAR);
  let prefix = bytes[0] ?? 0;
  for (const byte of bytes.subarray(1)) {
    const key = prefix * 256 + byte;
    const longer = known.get(key);
    if (longer !== undefined) {
      prefix = longer;
      continue;
    }
    write(prefix);
    if (next < FULL) {
      known.set(key, next);
      // The reader is one string behind.
      if (next === 1 << size && size < 12) size += 1;
      next += 1;
    } else {
      write(CLEAR);
      known = new Map();
      [next, size] = [END + 1, 9];
    }
    prefix = byte;
  }
  write(prefix);
  if (next === 1 << size && size < 12) size += 1;
  write(END);
  if (bits > 0) out.push(held & 255);
  return Buffer.from(out);
}

/** The least size of codes, and the data in blocks of at most 255 bytes, with an empty one at the end. */
function blocks(data: Buffer): Buffer {
  const out: Buffer[] = [Buffer.from([8])];
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    out.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat([...out, Buffer.from([0])]);
}
