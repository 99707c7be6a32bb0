import { describe, expect, it } from '@jest/globals';
import type { Queryable } from '../postgres/database.ts';
import { isReadModel, NotRebuildableError, requestRebuild } from './rebuild.ts';
import { inShadow } from './shadow.ts';

describe('SQL for the shadow tables', () => {
  const tables = ['notes', 'note_texts'];

  it('names them and their indexes, and leaves columns, aliases and other tables alone', () => {
    const text = `CREATE TABLE notes (note_id uuid, keynotes int); CREATE INDEX notes_by_id ON notes (note_id);
      UPDATE checkpoints SET a = 1; INSERT INTO note_texts SELECT * FROM notesbook ON CONFLICT DO UPDATE SET n = note_texts.n`;
    expect(inShadow(text, tables))
      .toBe(`CREATE TABLE next_notes (note_id uuid, keynotes int); CREATE INDEX next_notes_by_id ON next_notes (note_id);
      UPDATE checkpoints SET a = 1; INSERT INTO next_note_texts SELECT * FROM notesbook ON CONFLICT DO UPDATE SET n = next_note_texts.n`);
  });

  it('is unchanged if it already names them', () => {
    const text = 'SELECT n FROM notes JOIN note_texts USING (n)';
    expect(inShadow(inShadow(text, tables), tables)).toBe(inShadow(text, tables));
  });
});

describe('a consumer that is not a read model', () => {
  it('cannot be rebuilt, and no request is stored', async () => {
    const database: Queryable = { query: () => Promise.reject(new Error('It asks the database nothing.')) };
    const forwarder = {
      name: 'forwarder',
      version: 1,
      prepare: () => Promise.resolve(),
      handle: () => Promise.resolve(null),
    };
    expect(isReadModel(forwarder)).toBe(false);
    const asked = requestRebuild(database, forwarder);
    await expect(asked).rejects.toThrow(NotRebuildableError);
    await expect(asked).rejects.toMatchObject({ code: 'not-rebuildable' });
  });
});
