/**
 * Puts a text on the clipboard. Pages that came without TLS have no clipboard of their own; there a text area inside `place`, which
 * has to be where focus may go, is copied from. Tells whether it is on the clipboard.
 */
export async function copyText(text: string, place: HTMLElement): Promise<boolean> {
  // Not there without TLS, whatever the types say.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  try {
    if (clipboard) {
      await clipboard.writeText(text);
      return true;
    }
  } catch {
    // Refused; the older way may still do.
  }
  const held = document.activeElement;
  const area = document.createElement('textarea');
  area.value = text;
  area.readOnly = true;
  area.ariaHidden = 'true';
  Object.assign(area.style, { position: 'fixed', top: '0', left: '0', opacity: '0' });
  place.append(area);
  area.select();
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  } finally {
    area.remove();
    if (held instanceof HTMLElement) held.focus();
  }
}
