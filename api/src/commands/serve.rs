//! `impact serve`.

use super::{fill_demo, open, print, sign_ins};
use crate::{
    cli::ServeArgs,
    config::{Home, Serving, Stop},
    demo,
    http::{self, App},
    server,
};
use authn::{
    Authenticator, keys,
    mail::{MailSettings, Mailer},
};
use door::authz::{CONTRACTS, Clock, Pending, Place, RequestFacts, Store, Traffic, Viewer};
use network::{contracts, evidence};
use std::{io, net::TcpListener, sync::Arc, time::Duration};
use tokio::signal;

/// Letters may take so long to leave at the end.
const POST: Duration = Duration::from_secs(5);

/// Between two rounds of housekeeping.
const ROUND: Duration = Duration::from_mins(5);

/// Rounds from one look through all documents to the next: a day.
const ROUNDS_A_DAY: u64 = 288;

pub async fn serve(home: &Home, arguments: &ServeArgs) -> Result<(), Stop> {
    let mut serving = Serving::of(arguments)?;
    home.settle()?;
    // Before the database: a second server on one port must not touch anything.
    let listener = bind(&serving)?;
    // Told by the system when the port was 0.
    serving.listen = listener.local_addr().map_err(Stop::failed)?;
    if arguments.public_url.is_none() {
        serving.public_url = format!("http://{}", serving.listen);
    }
    let mailer = mailer(home, arguments, &serving.public_url)?;
    look_at_keys(home)?;
    let documents = home.documents(&arguments.documents).await?;
    let pending = if arguments.no_migrate { Pending::Refuse } else { Pending::Apply };
    let pools = open(home, pending).await?.showing_from(arguments.fewest_shown);
    if serving.is_demo {
        fill_demo(&pools).await?;
    }
    evidence::measurements::disclosure::judge_all(&pools).await?;
    documents::start(&pools, documents);
    let search = search::start(&pools, &home.data_dir)?;
    let clock = Clock::default();
    let traffic = Traffic::new(pools.clone(), clock.clone());
    let authn =
        Authenticator::open(&home.data_dir, pools.clone(), traffic.clone(), clock.clone(), mailer.clone())
            .await
            .map_err(|fault| Stop::setting("data-dir", format!("{fault:#}")))?;
    let hash = async |password: &str| authn.passwords.hash(password).await;
    demo::admit_personas(&pools, &clock, serving.is_demo, hash).await?;
    let app = App::new(pools, traffic, clock, authn.clone(), serving)?;
    let housekeeping = tokio::spawn(keep_house(app.clone()));
    let listener = tokio::net::TcpListener::from_std(listener).map_err(Stop::failed)?;
    let stop = stopped()?;
    print(&welcome(&app.serving, &home.place)?)?;
    tracing::info!(address = %app.serving.listen, database = %home.place, "serving");
    server::serve(listener, http::router(app.clone()), app.clone(), Box::pin(stop)).await;
    housekeeping.abort();
    search.abort();
    if tokio::time::timeout(POST, mailer.finish()).await.is_err() {
        tracing::warn!("some letters were not sent in time");
    }
    app.pools.clone().close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Opens the mail's way out, or says which setting is wrong.
pub fn mailer(home: &Home, arguments: &ServeArgs, public_url: &str) -> Result<Mailer, Stop> {
    let settings = MailSettings {
        smtp_url: arguments.smtp_url.as_deref(),
        from: &arguments.mail_from,
        public_url,
        data_dir: &home.data_dir,
    };
    Mailer::start(&settings).map_err(|fault| Stop::Setting(format!("{fault:#}")))
}

/// Says what is wrong with the signing keys, if there are any.
pub fn look_at_keys(home: &Home) -> Result<(), Stop> {
    keys::look(&home.data_dir).map_err(|fault| Stop::setting("data-dir", format!("{fault:#}")))
}

/// Takes the port, or says who to ask.
pub fn bind(serving: &Serving) -> Result<TcpListener, Stop> {
    let address = serving.listen;
    let listener = TcpListener::bind(address).map_err(|cause| {
        let fix = match cause.kind() {
            io::ErrorKind::AddrInUse => "the port is taken; stop the other server or choose another port",
            io::ErrorKind::PermissionDenied => "not allowed; choose a port of 1024 or more",
            io::ErrorKind::AddrNotAvailable => "no such address on this machine; try 127.0.0.1 or 0.0.0.0",
            _ => "choose another address",
        };
        Stop::setting("listen", format_args!("cannot listen on {address}: {fix}"))
    })?;
    listener.set_nonblocking(true).map_err(Stop::failed)?;
    Ok(listener)
}

/// Over when the system or the terminal asks to stop.
fn stopped() -> Result<impl Future<Output = ()>, Stop> {
    let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate()).map_err(Stop::failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = signal::ctrl_c() => {}
        }
    })
}

/// Removes what has expired and renews keys, now and then. A failed round is made up for by the next.
async fn keep_house(app: Arc<App>) {
    let mut rounds = tokio::time::interval(ROUND);
    for round in 0_u64.. {
        rounds.tick().await;
        if let Err(error) = app.authn.keys.rotate_when_old(app.clock.now()).await {
            tracing::warn!(error = ?error.to_string(), "signing keys were not looked after");
        }
        let facts = RequestFacts {
            id: format!("clock-{}", uuid::Uuid::now_v7().simple()),
            ..RequestFacts::default()
        };
        let system = Store::new(app.pools.clone(), Viewer::job(CONTRACTS), app.clock.clone(), facts);
        match contracts::clock::go_on(&system).await {
            Ok(0) => {}
            Ok(contracts) => tracing::info!(contracts, "contracts went on"),
            Err(error) => tracing::warn!(?error, "contracts were not looked after"),
        }
        if round % ROUNDS_A_DAY == 0 {
            match contracts::document::sweep_lost(&system).await {
                Ok(0) => {}
                Ok(documents) => tracing::info!(documents, "bytes of no document removed"),
                Err(error) => tracing::warn!(?error, "documents were not looked after"),
            }
        }
        match evidence::evaluations::clock::go_on(&system).await {
            Ok(0) => {}
            Ok(evaluations) => tracing::info!(evaluations, "evaluations went on"),
            Err(error) => tracing::warn!(?error, "evaluations were not looked after"),
        }
        match app.traffic.expire().await {
            Ok(0) => {}
            Ok(rows) => tracing::debug!(rows, "expired rows removed"),
            Err(error) => tracing::warn!(error = ?error.to_string(), "expired rows were not removed"),
        }
    }
}

fn welcome(serving: &Serving, place: &Place) -> Result<String, Stop> {
    let url = &serving.public_url;
    let mut text = format!(
        "Impact network {}\n  GraphiQL  {url}/\n  API       {url}/graphql\n  Schema    {url}/schema.graphql\n  Database  {place}\n",
        env!("CARGO_PKG_VERSION"),
    );
    if serving.is_demo {
        text.push_str(&sign_ins()?);
    }
    Ok(text)
}
