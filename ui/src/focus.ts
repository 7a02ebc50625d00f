/*
 * Who goes by keyboard is always somewhere. When what has the focus goes, or can't have it any more, browsers drop it: then it moves to
 * the nearest part of the page around the place where it was.
 */

/** A part of the page that says what it is, when the focus comes to it. */
const PART = 'li, section, form, nav, main, [role]';

/** An element and those around it, the nearest first. */
export function placeOf(element: Element | null): HTMLElement[] {
  const place: HTMLElement[] = [];
  for (let at = element; at !== null && at !== document.body; at = at.parentElement) if (at instanceof HTMLElement) place.push(at);
  return place;
}

const canHave = (element: HTMLElement) => element.isConnected && !element.matches(':disabled') && element.getClientRects().length > 0;

/** Gives the focus to the first of a place that can have it. */
export function focusAt([first, ...around]: readonly HTMLElement[]): void {
  if (first !== undefined && canHave(first)) {
    first.focus({ preventScroll: true });
    if (document.activeElement === first) return;
  }
  const part = around.find((element) => element.matches(PART) && canHave(element)) ?? document.querySelector('main');
  if (!part) return;
  if (!part.hasAttribute('tabindex')) {
    part.tabIndex = -1;
    part.addEventListener('blur', () => part.removeAttribute('tabindex'), { once: true });
  }
  part.focus({ preventScroll: true });
}

/** Keeps the focus in `root` from being dropped. Ends with what it returns. */
export function keepFocus(root: HTMLElement): () => void {
  let place: HTMLElement[] = [];
  let due = false;

  const dropped = () => {
    const [had] = place;
    const active = document.activeElement;
    return had !== undefined && !canHave(had) && (active === null || active === document.body || active === had);
  };
  // Browsers take the focus from what is disabled when they paint next.
  const look = () => {
    if (due || place.length === 0) return;
    due = true;
    requestAnimationFrame(() =>
      setTimeout(() => {
        due = false;
        if (dropped()) focusAt(place);
      })
    );
  };
  const came = (event: FocusEvent) => (place = placeOf(event.target as Element));
  // An element that goes says so while it is still there: whether somebody let go of it by will is known a moment later.
  const left = (event: FocusEvent) => {
    if (event.relatedTarget !== null) return;
    const from = place;
    setTimeout(() => {
      if (place === from && canHave(event.target as HTMLElement) && document.activeElement === document.body) place = [];
    });
  };

  const changes = new MutationObserver(look);
  changes.observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ['disabled', 'hidden', 'inert'] });
  root.addEventListener('focusin', came);
  root.addEventListener('focusout', left);
  return () => {
    changes.disconnect();
    root.removeEventListener('focusin', came);
    root.removeEventListener('focusout', left);
  };
}
