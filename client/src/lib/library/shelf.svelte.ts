import type { Filter, Sort } from './filter';

const KEY = 'mist-shelf';

interface Kept {
  form: 'grid' | 'list';
  sort: Sort;
}

function kept(): Kept {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Kept>;
    return { form: read.form === 'list' ? 'list' : 'grid', sort: read.sort === 'played' || read.sort === 'size' ? read.sort : 'title' };
  } catch {
    return { form: 'grid', sort: 'title' };
  }
}

/** How the library is looked at. What was typed is kept while one looks at a game, the form and the order for good. */
class Shelf {
  typed = $state('');
  filter = $state<Filter>('all');
  #kept = $state(kept());

  get form() {
    return this.#kept.form;
  }
  set form(form: 'grid' | 'list') {
    this.#keep({ ...this.#kept, form });
  }
  get sort() {
    return this.#kept.sort;
  }
  set sort(sort: Sort) {
    this.#keep({ ...this.#kept, sort });
  }
  #keep(next: Kept): void {
    this.#kept = next;
    localStorage.setItem(KEY, JSON.stringify(next));
  }
}

export const shelf = new Shelf();
