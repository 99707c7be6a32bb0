const STYLE = `:root{color-scheme:light dark;--line:light-dark(#ddd,#444);--code:light-dark(#f5f5f5,#1e1e1e);--mark:light-dark(#fff3c4,#4a3f10)}
body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}
h1{margin:0 0 .5rem}h2{margin:2rem 0 .25rem}h3{margin:1.25rem 0 .25rem;font-size:1rem}p{margin:.25rem 0}
code,pre{font:.875rem/1.5 ui-monospace,monospace;background:var(--code);border-radius:.25rem}code{padding:.1rem .3rem}
pre{border:1px solid var(--line);padding:.75rem;overflow-x:auto;margin:.25rem 0}
section:target{background:var(--mark)}footer{margin-top:2.5rem;padding-top:.75rem;border-top:1px solid var(--line);opacity:.7}`;

/** A complete HTML page. `body` must already be escaped. */
export function page(title: string, body: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${STYLE}</style>
${body}</html>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
