// Lays every page out in frames of several widths and leaves what it found as JSON in `<pre id="found">`.
// `pages` is [{name, html}], `widths` a list, `looks[name]` does what a reader does on that page and tells what is seen then.
const found = [];

// Red, green and blue from 0 to 1, and how much they hide.
function colour(text) {
  const numbers = text.match(/-?[\d.]+(e-?\d+)?/g).map(Number);
  const [r, g, b] = numbers.map(n => text.startsWith('color(') ? n : n / 255);
  return [r, g, b, numbers.length > 3 ? numbers[3] : 1];
}
function luminance(rgb) {
  const [r, g, b] = rgb.map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function over([r, g, b, a], ground) { return [r, g, b].map((v, i) => v * a + ground[i] * (1 - a)); }
function ground(view, element) {
  if (!element) return [1, 1, 1];
  return over(colour(view.getComputedStyle(element).backgroundColor), ground(view, element.parentElement));
}
function contrast(view, element) {
  const below = ground(view, element);
  const [x, y] = [over(colour(view.getComputedStyle(element).color), below), below].map(luminance).sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
}

function measure(name, frame, width) {
  const page = frame.contentDocument, view = frame.contentWindow, root = page.documentElement;
  const seen = looks[name](page, view);
  const scrolls = e => e.closest('.wide, .tall, pre, svg') !== null;
  const all = [...page.body.querySelectorAll('*')];
  const wide = all.filter(e => !scrolls(e) && e.getBoundingClientRect().right > width + 1);
  const sections = [...page.querySelectorAll('section')];
  // Elements that hold text themselves and are shown.
  const holds = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()) && e.getClientRects().length > 0;
  const texts = all.filter(e => holds(e) && !e.closest('svg, script') && !e.className.match(/zero/));
  const weakest = texts.map(e => [contrast(view, e), e]).sort((a, b) => a[0] - b[0])[0];
  found.push({
    name, width, seen,
    overflow: root.scrollWidth - root.clientWidth,
    wide: wide.slice(0, 5).map(e => e.tagName + '.' + e.className),
    sections: sections.filter(e => e.getBoundingClientRect().height > 40 && e.getBoundingClientRect().width > 300).map(e => e.id),
    ground: view.getComputedStyle(page.body).backgroundColor,
    contrast: weakest[0],
    weakest: weakest[1].tagName + '.' + weakest[1].className + ': ' + weakest[1].textContent.slice(0, 40),
    requests: view.performance.getEntriesByType('resource').map(e => e.name),
    scripts: page.scripts.length,
    handlers: all.filter(e => [...e.attributes].some(a => a.name.startsWith('on'))).length,
    hacked: 'hacked' in window || 'hacked' in view,
    hidden: /[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u200f]/.test(page.body.innerText),
    shown: page.body.innerText.includes('[U+202E]') && page.body.innerText.includes('<script>'),
    pictures: page.querySelectorAll('svg').length,
  });
}
pages.forEach(({ name, html }) => widths.forEach(width => {
  const frame = document.createElement('iframe');
  frame.width = width; frame.height = 900; frame.style.border = '0';
  frame.onload = () => {
    try { measure(name, frame, width); } catch (error) { found.push({ name, width, error: String(error.stack) }); }
    if (found.length === pages.length * widths.length) document.getElementById('found').textContent = JSON.stringify(found);
  };
  frame.srcdoc = html;
  document.body.append(frame);
}));
