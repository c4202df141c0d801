import { useEffect, useState } from 'react';
import { loadViewer, setLanguage, signIn, signOut, useSession } from './session.js';
import { text } from './text.js';

export function Bar() {
  const { language, tokens, user } = useSession();
  const t = text(language);
  const [message, setMessage] = useState('');
  const attempt = (action) =>
    action.then(
      (errors) => setMessage(errors?.join(' ') ?? ''),
      () => setMessage(t.unreachable),
    );

  useEffect(() => {
    if (tokens) attempt(loadViewer());
  }, []);

  return (
    <header className="bar">
      <strong>Impact network API</strong>
      <span className="bar-message" role="alert">
        {message}
      </span>
      {user ? (
        <>
          <span className="bar-user">{user.displayName}</span>
          <button onClick={() => attempt(signOut())}>{t.signOut}</button>
        </>
      ) : (
        <SignIn t={t} onSubmit={(email, password) => attempt(signIn(email, password))} />
      )}
      <select
        aria-label={t.language}
        value={language}
        onChange={(event) => attempt(setLanguage(event.target.value))}
      >
        <option value="en">English</option>
        <option value="fr">Français</option>
      </select>
    </header>
  );
}

function SignIn({ t, onSubmit }) {
  const submit = (event) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    onSubmit(fields.get('email'), fields.get('password'));
  };
  return (
    <form onSubmit={submit}>
      <input
        name="email"
        type="email"
        required
        autoComplete="username"
        aria-label={t.email}
        placeholder={t.email}
      />
      <input
        name="password"
        type="password"
        required
        autoComplete="current-password"
        aria-label={t.password}
        placeholder={t.password}
      />
      <button>{t.signIn}</button>
    </form>
  );
}
