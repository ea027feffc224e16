//! Records that are let into a flow: which file, which flow, which intake, under which ids.
//!
//! Must not know: what becomes of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::Value;
use uuid::Uuid;

use super::Failure;
use super::checked::Checked;
use super::input::{InputArguments, text};
use super::output::Output;
use super::stored::Opened;
use crate::diagnostics::render::counted;
use crate::plan::{Flow, Plan};

/// So many records go in at a time.
const BATCH: usize = 1000;

#[derive(Args, Debug)]
pub(super) struct IntakeArguments {
    /// The `.flow` file
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
    /// Records to let in: one JSON object, several one after the other (JSON lines), or a list; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) input: Option<PathBuf>,
    /// The flow, where the file has several
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// The source by whose intake they come, where the flow has several
    #[arg(long, value_name = "SOURCE")]
    intake: Option<String>,
    /// The item's id, for a single record; letting it in again changes nothing [default: a new one]
    #[arg(long, value_name = "ID", requires = "input")]
    item: Option<String>,
    /// The member of each record that is its item's id
    #[arg(long, value_name = "NAME", requires = "input", conflicts_with = "item")]
    id_from: Option<String>,
}

/// What became of the records.
#[derive(Default)]
pub(super) struct LetIn {
    pub(super) taken: usize,
    pub(super) refused: usize,
}

impl IntakeArguments {
    /// The plan of the file; `None` if there is something wrong with it, which has been said then.
    pub(super) fn plan(&self, out: &mut Output) -> Result<Option<Arc<Plan>>, Failure> {
        let input =
            InputArguments { paths: vec![self.file.clone()], stdin_filename: PathBuf::from("stdin.flow") };
        let checked = Checked::read(&input)?;
        if checked.outcome(false) != super::Outcome::Clean {
            checked.report_aside(out)?;
            return Ok(None);
        }
        checked.plan().map(|plan| Some(Arc::new(plan)))
    }

    /// Lets all records in that fit; says of each other one why it does not.
    pub(super) fn let_in(
        &self,
        plan: &Arc<Plan>,
        opened: &mut Opened,
        out: &mut Output,
    ) -> Result<LetIn, Failure> {
        let Some(input) = &self.input else { return Ok(LetIn::default()) };
        let door = self.door(plan)?;
        let records = self.named(records(input)?)?;
        let mut sum = LetIn::default();
        for batch in records.chunks(BATCH) {
            let verdicts = opened.store.change(|work| {
                work.keep(plan)?;
                batch.iter().map(|(id, raw)| work.submit(plan, door, id, raw)).collect::<Result<Vec<_>, _>>()
            });
            for (verdict, (id, _)) in verdicts.map_err(|fault| opened.failure(&fault))?.into_iter().zip(batch)
            {
                match verdict {
                    Ok(()) => sum.taken += 1,
                    Err(refusal) => {
                        sum.refused += 1;
                        out.complain(&format!("`{id}` is refused as {refusal}"))?;
                    }
                }
            }
        }
        Ok(sum)
    }

    /// The flow and the intake that are meant.
    fn door<'p>(&self, plan: &'p Plan) -> Result<(&'p str, &'p str), Failure> {
        let sources = |flow: &'p Flow| flow.intakes.values().filter_map(|intake| intake.from.as_deref());
        let flows = plan.flows.iter().filter(|(_, flow)| sources(flow).next().is_some());
        let flows: Vec<(&str, &Flow)> = flows.map(|(name, flow)| (name.as_str(), flow)).collect();
        let names: Vec<&str> = flows.iter().map(|(name, _)| *name).collect();
        let flow = one("flow", "--flow", &names, self.flow.as_deref())?;
        let (_, found) =
            flows.iter().find(|(name, _)| *name == flow).ok_or_else(|| Failure::new("no such flow"))?;
        let sources: Vec<&str> = sources(found).collect();
        Ok((flow, one("intake", "--intake", &sources, self.intake.as_deref())?))
    }

    /// Each record with the id of its item.
    fn named(&self, records: Vec<Value>) -> Result<Vec<(String, Value)>, Failure> {
        if self.item.is_some() && records.len() != 1 {
            return Err(Failure::new(format!("`--item` is for one record, and there are {}", records.len()))
                .help("name a member of the records that holds their ids with `--id-from`"));
        }
        let id = |(number, record): (usize, &Value)| match (&self.item, &self.id_from) {
            (Some(id), _) => Ok(id.clone()),
            (None, None) => Ok(Uuid::now_v7().to_string()),
            (None, Some(member)) => match record.get(member) {
                Some(Value::String(id)) => Ok(id.clone()),
                Some(Value::Number(id)) => Ok(id.to_string()),
                _ => Err(Failure::new(format!("record {} has no text or number in `{member}`", number + 1))),
            },
        };
        let ids: Result<Vec<_>, _> = records.iter().enumerate().map(id).collect();
        Ok(ids?.into_iter().zip(records).collect())
    }
}

/// What `said` names, or the only one there is.
fn one<'n>(what: &str, option: &str, names: &[&'n str], said: Option<&str>) -> Result<&'n str, Failure> {
    let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (said, names) {
        (Some(said), _) => names.iter().find(|name| **name == said).copied().ok_or_else(|| {
            Failure::new(format!("no work comes in by the {what} `{said}`"))
                .help(format!("there are {listed}"))
        }),
        (None, [name]) => Ok(name),
        (None, []) => Err(Failure::new("no work comes into this file from outside: no intake has a source")
            .help("give an intake one: `intake page from \"cms\" -> …`")),
        (None, _) => Err(Failure::new(format!("there are {}", counted(names.len(), what)))
            .help(format!("name one with `{option}`: {listed}"))),
    }
}

fn records(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = text(path)?;
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&text).into_iter().collect();
    let values = values.map_err(|error| Failure::new(format!("`{}` is no JSON: {error}", path.display())))?;
    let records = values.into_iter().flat_map(|value| match value {
        Value::Array(records) => records,
        record => vec![record],
    });
    Ok(records.collect())
}
