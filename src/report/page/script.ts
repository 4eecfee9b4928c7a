/**
 * The page's script: sorts tables, shows and hides series, opens what a link points into. Constant:
 * nothing of the input is ever part of it, and its hash stands in the page. The page says the same
 * without it.
 */
export const SCRIPT = `
(() => {
'use strict';
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
document.documentElement.classList.add('js');

const headsOf = (table) => [...table.tHead.rows[0].cells];
const number = (text) => parseFloat(text.replace(/^[^\\d.-]+|,/g, ''));
const sort = (group, column, down, text) => {
  const tables = all('table').filter((table) => table.dataset.sort === group);
  const rows = tables.flatMap((table) => [...table.tBodies[0].rows]);
  const keys = new Map(rows.map((row) => [row, row.cells[column].textContent]));
  const absent = (key) => !text && isNaN(number(key));
  rows.sort((a, b) => {
    const x = keys.get(a), y = keys.get(b);
    if (absent(x) || absent(y)) return absent(x) - absent(y);
    const order = text ? (x < y ? -1 : x > y ? 1 : 0) : number(x) - number(y);
    return down ? -order : order;
  });
  const sizes = tables.map((table) => table.tBodies[0].rows.length);
  tables.forEach((table, n) => {
    table.tBodies[0].append(...rows.splice(0, sizes[n]));
    headsOf(table).forEach((head, i) => {
      if (i === column) head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
  });
};
for (const table of all('table[data-sort]')) {
  headsOf(table).forEach((head, column) => {
    if (head.tagName !== 'TH') return;
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const text = head.classList.contains('t');
      const now = head.getAttribute('aria-sort');
      sort(table.dataset.sort, column, now ? now === 'ascending' : !text, text);
    });
  });
}

for (const box of all('.legend input')) {
  const show = () => box.closest('figure').classList.toggle('off' + box.value, !box.checked);
  box.addEventListener('change', show);
  show();
}

const reveal = () => {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch {}
  const target = id && document.getElementById(id);
  if (!target) return;
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  target.scrollIntoView();
};
addEventListener('hashchange', reveal);
reveal();

let opened = [];
addEventListener('beforeprint', () => {
  opened = all('details.item:not([open])');
  for (const item of opened) item.open = true;
});
addEventListener('afterprint', () => {
  for (const item of opened) item.open = false;
});
})();
`;
