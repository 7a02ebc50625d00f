// The friends' pages: buttons that copy, and joining by a link. Nothing is kept in the browser.
'use strict';

const $ = (id) => document.getElementById(id);

/** The server's address as this browser reaches it, which may be a folder behind a border. */
const base = location.origin + location.pathname.replace(/\/join\/[^/]*$/, '').replace(/\/$/, '');

for (const line of document.querySelectorAll('[data-address]')) {
  line.textContent = line.textContent.replaceAll(line.dataset.address, base);
}

/** A button beside each command that copies it. */
for (const box of document.querySelectorAll('.copy')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Copy';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(box.querySelector('pre').textContent);
      button.textContent = 'Copied';
    } catch {
      // Without TLS browsers let no page write there: the text is marked instead.
      const marked = document.createRange();
      marked.selectNodeContents(box.querySelector('pre'));
      getSelection().removeAllRanges();
      getSelection().addRange(marked);
      button.textContent = 'Press Ctrl C';
    }
    setTimeout(() => (button.textContent = 'Copy'), 2500);
  });
  box.append(button);
}

async function call(path, body) {
  const answer = await fetch(`${base}/api/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'mist-portal': '1' },
    body: JSON.stringify(body)
  });
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(said.detail ?? `The server answered with status ${answer.status}.`), { code: said.code });
  return said;
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');

if ($('invite') !== null) {
  const code = location.pathname.split('/').pop();
  const link = `${base}/join/${code}${location.hash}`;
  let invitation;

  const system = /Windows/.test(navigator.userAgent) ? 'windows' : /Mac|iPhone|iPad/.test(navigator.userAgent) ? 'mac' : 'linux';
  for (const choice of document.querySelectorAll('[name=system]')) {
    choice.checked = choice.value === system;
    choice.addEventListener('change', () => show(choice.value));
  }
  // The link has nothing in it that a shell would read, in quotes.
  const show = (on) => ($('command').textContent = on === 'windows' ? `.\\mist.exe join "${link}"` : `mist join '${link}'`);
  show(system);
  $('open').href = `mist://join?link=${encodeURIComponent(link)}`;

  const look = async () => {
    $('over').hidden = true;
    try {
      invitation = await call('/auth/invitation', { code });
    } catch (cause) {
      const gone = cause.code === 'unknown_invite' || cause.code === 'bad_request';
      $('title').textContent = gone ? 'This link is over' : 'The server did not answer';
      $('lead').textContent = '';
      $('over').hidden = false;
      $('over-title').textContent = gone ? 'What to do' : 'Nothing is lost';
      $('why').textContent = gone
        ? 'It is not known here, or was used, or is over. Ask whoever sent it to you for a new one. If you have joined already, sign in with the client.'
        : sentence(cause.message);
      $('again').hidden = gone;
      return;
    } finally {
      $('invite').removeAttribute('aria-busy');
    }
    const { name, reset, games, made_by, expires } = invitation;
    const until = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' }).format(expires);
    $('title').textContent = reset ? 'A new password' : name ? `${name}, you are invited` : 'You are invited';
    document.title = `${$('title').textContent} · Mist`;
    const of = games.length === 0 ? '' : ` You will also see ${games.join(', ')}.`;
    $('lead').textContent = reset
      ? `Set a new password for ${name}. It signs you out everywhere else. This link is good once, until ${until}.`
      : `${made_by} keeps games here for friends and lets you in.${of} This link is good until ${until}.`;
    $('name-field').hidden = name !== null;
    $('name').required = name === null;
    if (name !== null) $('name').value = name;
    $('send').textContent = reset ? 'Set the password' : 'Make my account';
    $('good').hidden = false;
  };
  $('again').addEventListener('click', look);
  void look();

  const problem = (text, field) => {
    $('problem').textContent = text;
    $('problem').hidden = text === '';
    field?.focus();
  };
  $('form').addEventListener('submit', async (event) => {
    event.preventDefault();
    problem('');
    if ($('password').value !== $('repeat').value) {
      problem('The two passwords differ.', $('repeat'));
      return;
    }
    $('send').disabled = true;
    try {
      const { name } = await call('/auth/join', { code, name: invitation.name ?? $('name').value, password: $('password').value, device: 'a browser' });
      $('form').reset();
      $('good').hidden = true;
      $('done').hidden = false;
      $('title').textContent = invitation.reset ? 'Your password is set' : `Welcome, ${name}`;
      $('lead').textContent = '';
      $('done-title').textContent = 'Next';
      $('login').textContent = `mist login ${base} --user ${name}`;
      $('done-title').focus();
    } catch (cause) {
      problem(sentence(cause.message), cause.code === 'user_exists' ? $('name') : $('password'));
      if (cause.code === 'unknown_invite') void look();
    } finally {
      $('send').disabled = false;
    }
  });
}
