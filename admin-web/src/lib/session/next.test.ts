import { expect, test } from 'vitest';
import { nextPage } from './next';

test('after signing in one is led to a page of the portal and to no other', () => {
  const to = (next: string) => nextPage(new URLSearchParams({ next }), '/admin/');
  for (const page of ['/admin', '/admin/games/a', '/admin/jobs?show=failed', '/admin?x=1']) expect(to(page)).toBe(page);
  for (const page of ['https://evil.example', '//evil.example', '/admin//evil.example', '/admin\\evil', '/adminx', '/', '/admin/../api', 'javascript:alert(1)'])
    expect(to(page), page).toBe('/admin/');
  expect(nextPage(new URLSearchParams(), '/admin/')).toBe('/admin/');
});
