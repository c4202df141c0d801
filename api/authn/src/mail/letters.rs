//! What the network writes to people, in French and English. Nothing that a stranger typed goes into a letter to
//! somebody who did not ask for it.

/// A letter, before it is put into words.
#[derive(Clone, Debug)]
pub enum Letter {
    /// Proves that an address belongs to who registered it.
    VerifyEmail { token: String },
    /// Somebody registered an address that has an account.
    AlreadyRegistered,
    /// Lets a new password be chosen.
    ResetPassword { token: String },
    /// The password was changed.
    PasswordChanged,
    /// Proves that a new address belongs to its account.
    ConfirmNewEmail { token: String },
    /// Tells the old address that a new one was asked for.
    EmailChanging,
    /// An organization invites.
    Invited { organization: String },
}

impl Letter {
    /// Subject and text.
    pub(super) fn write(&self, url: &str, is_english: bool) -> (String, String) {
        let (subject, text) = if is_english { self.english(url) } else { self.french(url) };
        let greeting = if is_english { "Hello,\n\n" } else { "Bonjour,\n\n" };
        let close = if is_english { "\n\nThe impact network\n" } else { "\n\nLe réseau Impact\n" };
        let lines = format!("{greeting}{text}{close}{url}\n");
        (subject, lines.replace('\n', "\r\n"))
    }

    fn french(&self, url: &str) -> (String, String) {
        let (subject, text) = match self {
            Self::VerifyEmail { token } => (
                "Confirmez votre adresse",
                format!(
                    "Un compte vient d’être demandé avec cette adresse. Pour le confirmer, ouvrez ce lien dans les \
                     24 heures :\n\n{url}/#verify={token}\n\nOu donnez ce jeton à la mutation emailVerify :\n\n{token}\n\n\
                     Si vous n’avez rien demandé, ne faites rien : sans confirmation, personne n’entre."
                ),
            ),
            Self::AlreadyRegistered => (
                "Vous avez déjà un compte",
                format!(
                    "Un compte vient d’être demandé avec cette adresse, qui en a déjà un. Connectez-vous, ou choisissez \
                     un nouveau mot de passe si vous l’avez oublié :\n\n{url}/\n\nSi ce n’était pas vous, ne faites rien."
                ),
            ),
            Self::ResetPassword { token } => (
                "Choisissez un nouveau mot de passe",
                format!(
                    "Un nouveau mot de passe a été demandé pour votre compte. Ouvrez ce lien dans l’heure :\n\n\
                     {url}/#reset={token}\n\nOu donnez ce jeton à la mutation passwordReset :\n\n{token}\n\n\
                     Si vous n’avez rien demandé, ne faites rien : votre mot de passe reste le même."
                ),
            ),
            Self::PasswordChanged => (
                "Votre mot de passe a changé",
                format!(
                    "Le mot de passe de votre compte vient de changer, et vos autres sessions sont closes. Si ce \
                     n’était pas vous, demandez tout de suite un nouveau mot de passe :\n\n{url}/"
                ),
            ),
            Self::ConfirmNewEmail { token } => (
                "Confirmez votre nouvelle adresse",
                format!(
                    "Cette adresse doit devenir celle d’un compte. Pour le confirmer, ouvrez ce lien dans les \
                     24 heures :\n\n{url}/#verify={token}\n\nOu donnez ce jeton à la mutation emailVerify :\n\n{token}\n\n\
                     Si vous n’avez rien demandé, ne faites rien."
                ),
            ),
            Self::EmailChanging => (
                "Une nouvelle adresse est demandée",
                format!(
                    "Une nouvelle adresse vient d’être demandée pour votre compte. Elle remplacera celle-ci dès \
                     qu’elle sera confirmée. Si ce n’était pas vous, changez tout de suite votre mot de passe :\n\n{url}/"
                ),
            ),
            Self::Invited { organization } => (
                "Vous êtes invité dans une organisation",
                format!(
                    "{organization} vous invite parmi ses membres. Connectez-vous avec cette adresse, ou créez un \
                     compte, pour répondre :\n\n{url}/\n\nSi vous ne connaissez pas cette organisation, ne faites rien."
                ),
            ),
        };
        (subject.to_owned(), text)
    }

    fn english(&self, url: &str) -> (String, String) {
        let (subject, text) = match self {
            Self::VerifyEmail { token } => (
                "Confirm your address",
                format!(
                    "An account was asked for with this address. To confirm it, open this link within 24 hours:\n\n\
                     {url}/#verify={token}\n\nOr give this token to the mutation emailVerify:\n\n{token}\n\n\
                     If you asked for nothing, do nothing: without confirmation nobody gets in."
                ),
            ),
            Self::AlreadyRegistered => (
                "You have an account already",
                format!(
                    "An account was asked for with this address, which has one already. Sign in, or choose a new \
                     password if you forgot yours:\n\n{url}/\n\nIf it was not you, do nothing."
                ),
            ),
            Self::ResetPassword { token } => (
                "Choose a new password",
                format!(
                    "A new password was asked for your account. Open this link within the hour:\n\n\
                     {url}/#reset={token}\n\nOr give this token to the mutation passwordReset:\n\n{token}\n\n\
                     If you asked for nothing, do nothing: your password stays as it is."
                ),
            ),
            Self::PasswordChanged => (
                "Your password was changed",
                format!(
                    "The password of your account was changed just now, and your other sessions have ended. If it was \
                     not you, ask for a new password at once:\n\n{url}/"
                ),
            ),
            Self::ConfirmNewEmail { token } => (
                "Confirm your new address",
                format!(
                    "This address is to become that of an account. To confirm it, open this link within 24 hours:\n\n\
                     {url}/#verify={token}\n\nOr give this token to the mutation emailVerify:\n\n{token}\n\n\
                     If you asked for nothing, do nothing."
                ),
            ),
            Self::EmailChanging => (
                "A new address was asked for",
                format!(
                    "A new address was asked for your account. It will replace this one once it is confirmed. If it \
                     was not you, change your password at once:\n\n{url}/"
                ),
            ),
            Self::Invited { organization } => (
                "You are invited to an organization",
                format!(
                    "{organization} invites you among its members. Sign in with this address, or register, to \
                     answer:\n\n{url}/\n\nIf you do not know this organization, do nothing."
                ),
            ),
        };
        (subject.to_owned(), text)
    }
}
