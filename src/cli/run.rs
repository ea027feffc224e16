//! `baton run` and `baton submit`: lets work in, and gives it to its owners until all of it has ended.
//!
//! Must not know: how owners are reached, nor how items are kept.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;

use super::input::text;
use super::intake::{IntakeArguments, LetIn};
use super::output::Output;
use super::settings::{folder_of, settings};
use super::stored::{Opened, StoreArguments};
use super::told::{is_news, line};
use super::{Failure, Outcome};
use crate::diagnostics::render::counted;
use crate::plan::Plan;
use crate::run::serve::{Desk, Hands, Replay, Runner};
use crate::run::store::{Fault, Place, Store};

/// How often the live view is drawn.
const DRAWN: Duration = Duration::from_millis(200);

#[derive(Args, Debug)]
pub(super) struct RunArguments {
    #[command(flatten)]
    intake: IntakeArguments,
    #[command(flatten)]
    store: StoreArguments,
    /// Take all replies, those of people too, from a file that `baton log --replies` has written, and say what a handoff
    /// costs
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Stop when all that is left waits for people, queues and time
    #[arg(long)]
    no_wait: bool,
    /// Say nothing of single handoffs
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Args, Debug)]
pub(super) struct SubmitArguments {
    #[command(flatten)]
    intake: IntakeArguments,
    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn submit(arguments: &SubmitArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let SubmitArguments { intake, store } = arguments;
    if intake.input.is_none() {
        return Err(
            Failure::new("there is nothing to let in").help("name a file with records: `--input FILE`")
        );
    }
    let Some(plan) = intake.plan(out)? else { return Ok(Outcome::Problems) };
    let let_in = intake.let_in(&plan, &mut store.beside(&intake.file)?, out)?;
    writeln!(out, "{} in", counted(let_in.taken, "item"))?;
    Ok(outcome(&let_in))
}

pub(super) fn run(arguments: &RunArguments, out: &mut Output) -> Result<Outcome, Failure> {
    let RunArguments { intake, store, replay, .. } = arguments;
    let Some(plan) = intake.plan(out)? else { return Ok(Outcome::Problems) };
    let hands = match replay {
        Some(path) => Hands::Replay(recorded(path)?),
        None => Hands::Owners(desk(&intake.file, &plan)?),
    };
    let mut opened = store.beside(&intake.file)?;
    let _only_one = opened.lock()?;
    let news = opened.store.log_end().map_err(|fault| opened.failure(&fault))?;
    let let_in = intake.let_in(&plan, &mut opened, out)?;
    let began = Instant::now();
    let before = opened.store.handovers().map_err(|fault| opened.failure(&fault))?;
    serve(arguments, &mut opened, hands, news, out)?;
    let handed = opened.store.handovers().map_err(|fault| opened.failure(&fault))?.saturating_sub(before);
    let places = opened.store.places().map_err(|fault| opened.failure(&fault))?;
    writeln!(out, "{}", summary(&places))?;
    if replay.is_some() {
        writeln!(out, "{}", costs(began.elapsed(), handed))?;
    }
    if places.iter().any(|place| !place.ended) {
        writeln!(out, "`baton inbox` lists what waits for people")?;
    }
    Ok(outcome(&let_in))
}

fn outcome(let_in: &LetIn) -> Outcome {
    if let_in.refused > 0 { Outcome::Problems } else { Outcome::Clean }
}

fn recorded(path: &Path) -> Result<Replay, Failure> {
    Replay::read(&text(path)?).map_err(|(line, why)| {
        Failure::new(format!("{}:{line}: that is no recorded reply: {why}", path.display()))
            .help("a line is a reply, such as {\"visit\": \"drafting\", \"made\": {}}")
    })
}

/// The owners of the plan, all of which can be reached.
fn desk(file: &Path, plan: &Plan) -> Result<Desk, Failure> {
    let (config, home) = settings(file)?;
    let mut desk = Desk::new(config, home, folder_of(file)?, |name| std::env::var(name).ok());
    desk.check(plan).map_err(|why| {
        Failure::new(why).help("`baton.toml` says how owners are reached; docs/running.md shows it")
    })?;
    Ok(desk)
}

fn serve(
    arguments: &RunArguments,
    opened: &mut Opened,
    hands: Hands,
    news: i64,
    out: &mut Output,
) -> Result<(), Failure> {
    let live = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
    let mut screen =
        Screen { live: live && !arguments.quiet, plain: !live && !arguments.quiet, news, drawn: None };
    let mut unwritable = None;
    let ran = Runner::new(&mut opened.store, hands).run(arguments.no_wait, &mut |store| {
        if let Err(error) = screen.show(store, out)? {
            unwritable.get_or_insert(error); // the work goes on
        }
        Ok(())
    });
    screen.clear(out)?;
    ran.map_err(|fault| opened.failure(&fault))?;
    unwritable.map_or(Ok(()), |error| Err(error.into()))
}

/// What is shown while the runner runs: on a terminal how far it is, elsewhere a line for each thing that happens.
struct Screen {
    live: bool,
    plain: bool,
    /// The last line of the log that was shown.
    news: i64,
    drawn: Option<Instant>,
}

impl Screen {
    fn show(&mut self, store: &mut Store, out: &mut Output) -> Result<std::io::Result<()>, Fault> {
        if self.plain {
            let (last, lines) = store.log_since(self.news)?;
            self.news = last;
            let mut told = lines.iter().filter(|line| is_news(line)).map(line);
            let written = told.try_for_each(|line| writeln!(out, "{line}"));
            return Ok(written.and_then(|()| out.finish()));
        }
        if self.live && self.drawn.is_none_or(|drawn| drawn.elapsed() >= DRAWN) {
            self.drawn = Some(Instant::now());
            let far = summary(&store.places()?);
            let width = out.width().saturating_sub(1);
            let far: String = far.chars().take(width).collect();
            return Ok(write!(out.aside(), "\r\x1b[K{far}"));
        }
        Ok(Ok(()))
    }

    fn clear(&self, out: &mut Output) -> std::io::Result<()> {
        if self.live { write!(out.aside(), "\r\x1b[K") } else { Ok(()) }
    }
}

/// `3 items: 1 in reviewing, 2 done`, runs of calls included.
fn summary(places: &[Place]) -> String {
    let items: u64 = places.iter().map(|place| place.items).sum();
    let place = |place: &Place| match (place.ended, place.place.as_str()) {
        (true, "") => format!("{} cancelled", place.items),
        (true, end) => format!("{} {end}", place.items),
        (false, state) => format!("{} in {state}", place.items),
    };
    let places: Vec<String> = places.iter().map(place).collect();
    let items = counted(usize::try_from(items).unwrap_or(usize::MAX), "item");
    if places.is_empty() { items } else { format!("{items}: {}", places.join(", ")) }
}

/// `100000 handoffs in 12.3 s, 123 µs each`
fn costs(took: Duration, handed: u64) -> String {
    let each = took.as_secs_f64() * 1e6 / handed.max(1) as f64;
    format!("{handed} handoffs in {:.2} s, {each:.0} µs each", took.as_secs_f64())
}
