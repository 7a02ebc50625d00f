// Before the first paint, so that nothing flashes: the theme that was chosen in this browser.
{
  const chosen = localStorage.getItem('mist-theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
}
