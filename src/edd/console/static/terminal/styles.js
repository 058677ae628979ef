/**
 * Styles of xterm.js by way of scripts.
 *
 * It makes `<style>` elements and `style` attributes, which the page's rules refuse. The same
 * styles set by a script they allow. Its option `documentOverride` would not do: one of the
 * elements and the attributes come without it (6.0.0).
 */

/** Open `terminal` in `place`. */
export function openIn(terminal, place) {
  document.createElement = (kind) => (kind === "style" ? sheet() : make(kind));
  try {
    terminal.open(place);
  } finally {
    delete document.createElement;
  }
  const rows = terminal._core._renderService._renderer.value._rowFactory;
  rows._addStyle = (element, words) => (element.style.cssText += words);
}

function make(kind) {
  return Document.prototype.createElement.call(document, kind);
}

/** Return an element whose text is a style sheet of the page until it is removed. */
function sheet() {
  const element = make("span");
  const rules = new CSSStyleSheet();
  element.hidden = true;
  document.adoptedStyleSheets.push(rules);
  Object.defineProperty(element, "textContent", { set: (text) => rules.replaceSync(text) });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((one) => one !== rules);
    Element.prototype.remove.call(element);
  };
  return element;
}
