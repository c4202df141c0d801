//! What each command does, once its settings are read.

mod admin;
mod check;
mod import;
mod ledger;
mod migrate;
mod search;
mod serve;

use crate::{
    cli::{self, Admin, Cli, Command, Export, Import, Ledger},
    config::{self, Home, Stop},
    demo,
};
use door::authz::{Clock, Pending, Pools};
use network::{reference, schema};
use std::{io::Write, process::ExitCode};

/// Bytes: the deepest query that the limits let through has to fit, unoptimized builds included.
const STACK: usize = 16 << 20;

/// Reads the command line, runs one command, tells in one line why it ended early.
pub fn main(arguments: std::env::ArgsOs) -> ExitCode {
    let cli = match cli::read(arguments) {
        Ok(Some(cli)) => cli,
        Ok(None) => return ExitCode::SUCCESS,
        Err(fault) => return end(&fault, 2),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(cause) => return end(&cause.to_string(), 1),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => end(&stop.to_string(), stop.exit_code()),
    }
}

#[expect(clippy::print_stderr, reason = "the last word of the program goes to its terminal, not to a log")]
fn end(fault: &str, code: u8) -> ExitCode {
    eprintln!("impact: {fault}");
    ExitCode::from(code)
}

/// Runs one command to its end.
async fn run(cli: Cli) -> Result<(), Stop> {
    config::check_variables(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))?;
    if matches!(cli.command, Command::Schema) {
        return print(&schema::published()?);
    }
    config::start_log(&cli.logs)?;
    let home = Home::of(&cli.place)?;
    match cli.command {
        Command::Serve(arguments) => serve::serve(&home, &arguments).await,
        Command::Migrate { what } => migrate::migrate(&home, what).await,
        Command::Admin { what: Admin::Create { email, name } } => admin::create(&home, &email, &name).await,
        Command::Ledger { what: Ledger::Verify } => ledger::check(&home).await,
        Command::Import { what: Import::Indigo { dir } } => import::indigo(&home, &dir).await,
        Command::Export { what: Export::Indigo { dir } } => import::export_indigo(&home, &dir).await,
        Command::Import { what: Import::Barometre { file } } => import::barometre(&home, &file).await,
        Command::Demo => load_demo(&home).await,
        Command::Seed(arguments) => search::seed(&home, arguments).await,
        Command::Search { what } => search::search(&home, &what).await,
        Command::Check(arguments) => check::check(&home, &arguments).await,
        Command::Schema => Ok(()),
    }
}

/// To standard output; a reader that leaves early is not our fault.
fn print(text: &str) -> Result<(), Stop> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(cause) if cause.kind() != std::io::ErrorKind::BrokenPipe => Err(Stop::failed(cause)),
        _ => Ok(()),
    }
}

/// The database, ready: migrated, with its reference data.
async fn open(home: &Home, pending: Pending) -> Result<Pools, Stop> {
    home.settle()?;
    let pools = Pools::open(&home.place, home.connections, pending)
        .await
        .map_err(|fault| home.fault(format!("{fault:#}")))?;
    reference::load::load(&pools).await?;
    pools.ensure_read_model().await?;
    Ok(pools)
}

async fn load_demo(home: &Home) -> Result<(), Stop> {
    let pools = open(home, Pending::Apply).await?;
    fill_demo(&pools).await?;
    let told = sign_ins()?;
    pools.close().await;
    print(&format!("The demo network is loaded; start it with: impact serve --demo\n{told}"))
}

async fn fill_demo(pools: &Pools) -> Result<(), Stop> {
    let passwords = authn::password::Passwords::start()?;
    match demo::load(pools, &Clock::default(), async |password| passwords.hash(password).await).await? {
        demo::Loaded::Now | demo::Loaded::Before => Ok(()),
        demo::Loaded::Refused => Err(Stop::Setting(
            "--demo: the database holds a network already; choose an empty --data-dir or --database-url, \
             or start without --demo"
                .to_owned(),
        )),
    }
}

fn sign_ins() -> Result<String, Stop> {
    let personas = demo::personas()?;
    let lines = personas.iter().map(|persona| format!("    {:34} {}\n", persona.email, persona.display_name));
    Ok(format!("  Demo sign-ins, password {}:\n{}", demo::PASSWORD, lines.collect::<String>()))
}
