import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter } from './line-splitter.ts';

function split(chunks: readonly Uint8Array[], maxBytes = 1_000): { lines: string[]; dropped: number } {
  const lines: string[] = [];
  const splitter = new LineSplitter({ maxBytes, onLine: (line) => lines.push(line.toString()) });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return { lines, dropped: splitter.dropped };
}

describe('lines', () => {
  it('are the same wherever the pipe splits them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1 })),
        fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
        (texts, sizes) => {
          const lines = texts.map((text) => text.replaceAll('\n', ' '));
          const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
          const chunks: Buffer[] = [];
          for (let at = 0; at < bytes.length;) {
            const size = sizes.next().value ?? 1;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          expect(split(chunks)).toEqual({ lines, dropped: 0 });
        },
      ),
    );
  });

  it('include a last one without a newline', () => {
    expect(split([Buffer.from('a\nb')]).lines).toEqual(['a', 'b']);
  });

  it('over the limit are dropped whole, and do not affect the next one', () => {
    const chunks = [
      Buffer.from('first\n'),
      Buffer.alloc(5_000, 'x'),
      Buffer.alloc(5_000, 'y'),
      Buffer.from('\nlast\n'),
    ];
    expect(split(chunks)).toEqual({ lines: ['first', 'last'], dropped: 1 });
  });

  it('over the limit without a newline are dropped too', () => {
    expect(split([Buffer.alloc(5_000, 'x')])).toEqual({ lines: [], dropped: 1 });
  });
});
