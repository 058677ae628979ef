/** Command lines as words, as a shell would read them. */

const WORD = /\s*((?:[^\s'"\\]+|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")+)/y;
const PART = /\\([^])|'([^']*)'|"((?:[^"\\]|\\[^])*)"/g;

/** Return the words of `line`, quotes and backslashes obeyed; nothing if a quote is not closed. */
export function wordsOf(line) {
  const found = [];
  const text = line.trimEnd();
  for (WORD.lastIndex = 0; WORD.lastIndex < text.length; ) {
    const next = WORD.exec(text);
    if (!next) return null;
    found.push(next[1].replace(PART, unquoted));
  }
  return found;
}

function unquoted(_, escaped, single, double) {
  return escaped ?? single ?? double.replace(/\\(["\\$`])/g, "$1");
}
