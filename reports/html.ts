/** report.html: the Markdown report as one page with contents, its style within it, its charts beside it. */
import { Marked } from 'marked';

const style = `
  body { font: 15px/1.5 system-ui, 'DejaVu Sans', sans-serif; color: #1f2430; background: #fff; margin: 0; }
  main { max-width: 1180px; margin: 0 auto; padding: 24px 28px 80px; }
  nav { margin: 6px 0 16px; display: flex; gap: 6px 18px; flex-wrap: wrap; }
  nav a, p a { color: #1d6fb8; text-decoration: none; }
  h1 { font-size: 28px; margin: 8px 0 4px; }
  h2 { font-size: 22px; margin: 44px 0 8px; border-bottom: 2px solid #d6dae2; padding-bottom: 4px; }
  h3 { font-size: 17px; margin: 30px 0 6px; }
  h4 { font-size: 15px; margin: 22px 0 6px; color: #4a5263; }
  .table { overflow-x: auto; margin: 8px 0 14px; }
  table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
  th { background: #f1f3f7; font-weight: 600; }
  th:not([align]) { text-align: left; }
  td:first-child { white-space: nowrap; }
  th, td { padding: 4px 9px; border-bottom: 1px solid #e3e6ec; vertical-align: top; }
  tbody tr:hover { background: #f8f9fb; }
  img { max-width: 860px; width: 100%; display: block; margin: 14px 0 0; }
  code { background: #f1f3f7; padding: 1px 4px; border-radius: 3px; font-size: 13px; }
`;

export function reportHtml(markdown: string): string {
  const contents: string[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const id = text.toLowerCase().replace(/[^a-z0-9]+/g, '-');
        if (depth === 2) contents.push(`<a href="#${id}">${text}</a>`);
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
    },
  });
  const page = marked.parse(markdown, { async: false });
  const body = page
    .replaceAll('<table>', '<div class="table"><table>')
    .replaceAll('</table>', '</table></div>')
    .replace('</h1>', `</h1>\n<nav>${contents.join(' ')}</nav>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>crossings: report</title>
<style>${style}</style>
</head>
<body><main>
${body}</main></body>
</html>
`;
}
