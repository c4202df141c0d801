// The page's own words; GraphiQL itself speaks English only.
const words = {
  en: {
    email: 'E-mail',
    password: 'Password',
    signIn: 'Sign in',
    signOut: 'Sign out',
    language: 'Language',
    unreachable: 'The server could not be reached.',
    examples: 'Examples',
    examplesHint: 'Choose one: it opens in a tab, ready to run.',
  },
  fr: {
    email: 'Courriel',
    password: 'Mot de passe',
    signIn: 'Se connecter',
    signOut: 'Se déconnecter',
    language: 'Langue',
    unreachable: 'Le serveur ne répond pas.',
    examples: 'Exemples',
    examplesHint: 'Choisissez-en un : il s’ouvre dans un onglet, prêt à être exécuté.',
  },
};

export const text = (language) => words[language] ?? words.en;
