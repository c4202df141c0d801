//! Mail: written to a queue and sent in the background, so that no answer takes longer because a letter goes out.
//!
//! With a mail server letters leave by SMTP; without one each becomes an `.eml` file in the data directory, for
//! developers and demonstrations. What the queue holds when the process is killed is lost: every letter can be asked
//! for again.

mod letters;

pub use letters::Letter;

use anyhow::{Context, Result};
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{
        Body, Mailbox,
        header::{ContentTransferEncoding, ContentType},
    },
};
use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

/// Letters that may wait; a mail server that is down for long loses what comes after.
const QUEUE: usize = 1_000;
const PAUSES: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(20), Duration::from_mins(2)];

/// How mail leaves.
pub struct MailSettings<'s> {
    /// `smtp://…` or `smtps://…`; without it letters become files.
    pub smtp_url: Option<&'s str>,
    /// Sender, such as `Impact network <no-reply@example.org>`.
    pub from: &'s str,
    /// Origin that links in letters lead to.
    pub public_url: &'s str,
    pub data_dir: &'s Path,
}

/// Takes letters and sees that they leave.
#[derive(Clone)]
pub struct Mailer {
    queue: mpsc::Sender<Work>,
}

enum Work {
    Send(Draft),
    /// Answers when all before it is done.
    Finish(oneshot::Sender<()>),
}

struct Draft {
    to: String,
    is_english: bool,
    letter: Letter,
}

struct Sender {
    from: Mailbox,
    public_url: String,
    way: Way,
}

enum Way {
    Server(Box<AsyncSmtpTransport<Tokio1Executor>>),
    Files(PathBuf),
}

impl Mailer {
    /// Starts the background task. Errors name the setting.
    pub fn start(settings: &MailSettings<'_>) -> Result<Self> {
        let from = settings.from.parse().with_context(|| {
            format!(
                "--mail-from: \"{}\" is no sender; write Impact network <no-reply@example.org>",
                settings.from
            )
        })?;
        let way = match settings.smtp_url {
            Some(url) => {
                let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                    .context("--smtp-url: write smtp://user:password@host:587?tls=required")?;
                Way::Server(Box::new(server.timeout(Some(Duration::from_secs(30))).build()))
            }
            None => Way::Files(settings.data_dir.join("mail")),
        };
        let sender = Sender { from, public_url: settings.public_url.trim_end_matches('/').to_owned(), way };
        let (queue, mut waiting) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            while let Some(work) = waiting.recv().await {
                match work {
                    Work::Send(draft) => sender.send(&draft).await,
                    Work::Finish(done) => {
                        let _ = done.send(());
                    }
                }
            }
        });
        Ok(Self { queue })
    }

    /// Sends a letter, some time soon. Call it after the commit that it speaks of.
    pub fn post(&self, to: &str, locale: &str, letter: Letter) {
        let draft = Draft { to: to.to_owned(), is_english: locale == "en", letter };
        if self.queue.try_send(Work::Send(draft)).is_err() {
            tracing::error!("a letter was lost: the mail queue is full");
        }
    }

    /// Waits until all letters posted so far have left, or failed to.
    pub async fn finish(&self) {
        let (done, finished) = oneshot::channel();
        if self.queue.send(Work::Finish(done)).await.is_ok() {
            let _ = finished.await;
        }
    }
}

impl Sender {
    async fn send(&self, draft: &Draft) {
        for pause in PAUSES.map(Some).into_iter().chain([None]) {
            match (self.try_send(draft).await, pause) {
                (Ok(()), _) => return,
                (Err(cause), Some(pause)) => {
                    tracing::warn!(error = format!("{cause:#}"), "a letter could not be sent; trying again");
                    tokio::time::sleep(pause).await;
                }
                (Err(cause), None) => tracing::error!(error = format!("{cause:#}"), "a letter was lost"),
            }
        }
    }

    async fn try_send(&self, draft: &Draft) -> Result<()> {
        let (subject, text) = draft.letter.write(&self.public_url, draft.is_english);
        // As it is, so that links can be copied from the files; no line comes near SMTP's 998 characters.
        let body = Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::EightBit);
        let message = Message::builder()
            .from(self.from.clone())
            .to(draft.to.parse()?)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(body)?;
        match &self.way {
            Way::Server(server) => {
                server.send(message).await?;
                Ok(())
            }
            Way::Files(directory) => {
                let directory = directory.clone();
                let bytes = message.formatted();
                tokio::task::spawn_blocking(move || file(&directory, &bytes)).await?
            }
        }
    }
}

/// Only the server's own user may read letters: links in them sign people in.
fn file(directory: &Path, bytes: &[u8]) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let path = directory.join(format!("{}.eml", uuid::Uuid::now_v7()));
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?.write_all(bytes)?;
    tracing::info!(path = %path.display(), "a letter was written");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_letter_becomes_a_private_file_with_a_link_that_can_be_copied() {
        use std::os::unix::fs::PermissionsExt;
        let dir = std::env::temp_dir().join(format!("impact-{}", uuid::Uuid::now_v7()));
        let settings = MailSettings {
            smtp_url: None,
            from: "Réseau Impact <no-reply@example.org>",
            public_url: "https://impact.example/",
            data_dir: &dir,
        };
        let mailer = Mailer::start(&settings).unwrap();
        mailer.post("sam@example.org", "fr", Letter::VerifyEmail { token: "t0k3n-_=".to_owned() });
        mailer.finish().await;
        let path = fs::read_dir(dir.join("mail")).unwrap().next().unwrap().unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("\r\nhttps://impact.example/#verify=t0k3n-_=\r\n"), "{text}");
        assert!(text.contains("To: sam@example.org"), "{text}");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&dir.join("mail"))), (0o600, 0o700));
        fs::remove_dir_all(dir).unwrap();
    }

    #[tokio::test]
    async fn wrong_settings_are_named() {
        let with = |smtp_url, from| {
            let data_dir = Path::new("nowhere");
            let settings = MailSettings { smtp_url, from, public_url: "http://localhost", data_dir };
            Mailer::start(&settings).err().map(|fault| format!("{fault:#}")).unwrap_or_default()
        };
        assert!(with(None, "nobody").contains("--mail-from"));
        assert!(with(Some("http://x"), "a <a@b.fr>").contains("--smtp-url"));
    }
}
