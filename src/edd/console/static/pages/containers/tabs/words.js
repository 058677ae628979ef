/** Command lines as text. */

/** Return words as a shell would have to read them: what was one word is seen as one. */
export function shellLine(words) {
  return [words ?? []].flat().map(quoted).join(" ");
}

function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
