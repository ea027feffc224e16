//! What is declared at the top level of each file, and what a name means there.
//!
//! Must not know: what stands inside the declarations.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

use super::Lowering;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{
    Actor, ActorId, Asset, AssetId, Enum, EnumId, FlowId, ModelFile, ModelUse, Name, Threshold, ThresholdId,
};
use crate::source::{FileId, Span};
use crate::syntax::RESERVED;
use crate::syntax::tree::{Item, StateHead, Tree};

/// A top-level declaration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Decl {
    Enum(EnumId),
    Asset(AssetId),
    Actor(ActorId),
    Threshold(ThresholdId),
    Flow(FlowId),
    /// Declared, but it could not be read.
    Unreadable,
}

impl Decl {
    /// `an actor`
    pub(super) fn describe(self) -> &'static str {
        match self {
            Decl::Enum(_) => "an enum",
            Decl::Asset(_) => "an asset type",
            Decl::Actor(_) => "an actor",
            Decl::Threshold(_) => "a threshold",
            Decl::Flow(_) => "a flow",
            Decl::Unreadable => "a declaration that could not be read",
        }
    }
}

/// What a name means.
pub(super) enum Found {
    /// That.
    Decl(Decl),
    /// Nothing.
    Nothing,
    /// It may be declared where the text could not be read.
    Unknown,
}

/// The top level of one file.
#[derive(Default)]
pub(super) struct Scope {
    /// In the order of the text.
    declared: Vec<(Name, Decl)>,
    /// Positions in `declared`.
    index: FxHashMap<SmolStr, u32>,
    /// The positions of the files it uses, each once, with the position of the `use`.
    uses: Vec<(usize, usize)>,
    /// A declaration without a readable name stands here.
    nameless: bool,
    /// Something that it uses, or itself, could not be read whole.
    unknown: bool,
}

impl Scope {
    fn own(&self, name: &str) -> Option<&(Name, Decl)> {
        self.index.get(name).and_then(|&at| self.declared.get(at as usize))
    }
}

impl<'t> Lowering<'t> {
    /// Enters every declaration into its file's scope and its arena, and connects the files.
    pub(super) fn declare(
        &mut self,
        trees: &'t [Tree<StateHead>],
        uses: &[Vec<Option<FileId>>],
        checked: &[bool],
    ) {
        for (at, tree) in trees.iter().enumerate() {
            self.scopes.push(Scope::default());
            self.model.files.push(ModelFile {
                file: tree.file,
                comments: tree.comments.clone(),
                checked: checked.get(at).copied().unwrap_or(true),
                faulty: false,
                uses: Vec::new(),
            });
            for item in &tree.items {
                self.declare_item(at, item);
            }
        }
        for (at, tree) in trees.iter().enumerate() {
            self.connect(at, tree, uses.get(at).map_or(&[], Vec::as_slice));
        }
        self.report_clashes();
    }

    fn declare_item(&mut self, file: usize, item: &'t Item<StateHead>) {
        match item {
            Item::Use(_) => {}
            Item::Enum(item) => {
                let id = EnumId::new(self.items.enums.len());
                let used = !self.enter(file, &item.name, Decl::Enum(id));
                self.items.enums.push(item);
                let doc = item.doc.clone();
                let members = Vec::new();
                self.model.enums.push(Enum { name: item.name.clone(), doc, members, unknown: false, used });
            }
            Item::Asset(item) => {
                let id = AssetId::new(self.items.assets.len());
                let used = !self.enter(file, &item.name, Decl::Asset(id));
                self.items.assets.push(item);
                let doc = item.doc.clone();
                let fields = Vec::new();
                self.model.assets.push(Asset { name: item.name.clone(), doc, fields, unknown: false, used });
            }
            Item::Actor(item) => {
                let id = ActorId::new(self.items.actors.len());
                let used = !self.enter(file, &item.name, Decl::Actor(id));
                self.items.actors.push(item);
                self.model.actors.push(Actor { used, ..Actor::new(item.name.clone(), item.doc.clone()) });
            }
            Item::Threshold(item) => {
                self.refuse_reserved(&item.name, "a threshold");
                let id = ThresholdId::new(self.items.thresholds.len());
                let used = !self.enter(file, &item.name, Decl::Threshold(id));
                self.items.thresholds.push(item);
                self.model.thresholds.push(Threshold {
                    name: item.name.clone(),
                    doc: item.doc.clone(),
                    used,
                });
            }
            Item::Flow(item) => {
                let id = FlowId::new(self.items.flows.len());
                self.enter(file, &item.name, Decl::Flow(id));
                self.items.flows.push(item);
            }
            Item::Junk(junk) => {
                self.unreadable(junk.span);
                match &junk.name {
                    Some(name) => {
                        self.enter(file, name, Decl::Unreadable);
                    }
                    None => self.scope_mut(file, |scope| scope.nameless = true),
                }
            }
        }
    }

    /// False if the name was there before, which is reported.
    fn enter(&mut self, file: usize, name: &Name, decl: Decl) -> bool {
        let Some(scope) = self.scopes.get_mut(file) else { return false };
        if let Some((first, _)) = scope.own(&name.text) {
            let first = first.span;
            self.reports.duplicate(name, first, "the name");
            return false;
        }
        scope.index.insert(name.text.clone(), u32::try_from(scope.declared.len()).unwrap_or(u32::MAX));
        scope.declared.push((name.clone(), decl));
        true
    }

    fn scope_mut(&mut self, file: usize, change: impl FnOnce(&mut Scope)) {
        if let Some(scope) = self.scopes.get_mut(file) {
            change(scope);
        }
    }

    /// Notes that something in this file could not be read.
    pub(super) fn unreadable(&mut self, place: Span) {
        if let Some(file) = self.model.files.get_mut(place.file.0 as usize) {
            file.faulty = true;
        }
    }

    fn connect(&mut self, file: usize, tree: &Tree<StateHead>, targets: &[Option<FileId>]) {
        let mut unknown = self.scopes.get(file).is_some_and(|scope| scope.nameless);
        let declarations = tree.items.iter().filter_map(|item| match item {
            Item::Use(item) => Some(item.span),
            _ => None,
        });
        let (mut uses, mut model_uses, mut seen) = (Vec::new(), Vec::new(), FxHashSet::default());
        for (at, span) in declarations.enumerate() {
            let target = targets.get(at).copied().flatten();
            model_uses.push(ModelUse { span, file: target, used: false });
            let other = target.map(|id| id.0 as usize).filter(|&other| other != file);
            if let Some(other) = other.filter(|&other| seen.insert(other)) {
                uses.push((other, at));
            }
            let nameless = other.and_then(|other| self.scopes.get(other)).is_some_and(|scope| scope.nameless);
            unknown |= target.is_none() || nameless;
        }
        self.scope_mut(file, |scope| (scope.uses, scope.unknown) = (uses, unknown));
        if let Some(model_file) = self.model.files.get_mut(file) {
            model_file.uses = model_uses;
        }
    }

    /// B011 for names that come into one file from two, once for each pair of declarations.
    fn report_clashes(&mut self) {
        let mut reported = FxHashSet::default();
        let mut clashes = Vec::new();
        for (file, scope) in self.scopes.iter().enumerate() {
            let mut brought: FxHashMap<&SmolStr, Span> = FxHashMap::default();
            for &(other, at) in &scope.uses {
                for (name, _) in self.scopes.get(other).map_or(&[][..], |scope| &scope.declared) {
                    let own = scope.own(&name.text).map(|(own, _)| own.span);
                    let first = own.or_else(|| brought.get(&name.text).copied());
                    brought.entry(&name.text).or_insert(name.span);
                    if let Some(first) = first
                        && reported.insert((first.min(name.span), first.max(name.span)))
                    {
                        clashes.push((file, at, name.clone(), own, first));
                    }
                }
            }
        }
        for (file, at, name, own, first) in clashes {
            self.report_clash(file, at, &name, own, first);
            self.mark_use(file, at);
        }
    }

    fn report_clash(&mut self, file: usize, at: usize, name: &Name, own: Option<Span>, first: Span) {
        let text = &name.text;
        let declaration = self.model.files.get(file).and_then(|file| file.uses.get(at)).map(|at| at.span);
        let Some(declaration) = declaration else { return };
        let message = format!("`{text}` is also declared in a file that is used here");
        let diagnostic = match own {
            Some(own) => Diagnostic::new(Code::DuplicateName, own, message).also(name.span, "the other one"),
            None => Diagnostic::new(
                Code::DuplicateName,
                declaration,
                format!("`{text}` comes from two of the files that are used here"),
            )
            .also(first, "the one")
            .also(name.span, "the other"),
        };
        self.reports.add(diagnostic.help(format!("rename one of the two `{text}`")));
    }

    /// What a name means at its place, marked as used.
    pub(super) fn find(&mut self, name: &Name) -> Found {
        match self.look_up(name) {
            Some((decl, by)) => {
                self.mark(name.span.file, decl, by);
                Found::Decl(decl)
            }
            None if self.scope(name.span.file).is_some_and(|scope| scope.unknown) => Found::Unknown,
            None => Found::Nothing,
        }
    }

    /// What a name that was meant to be something else is at the top level: `an actor`.
    pub(super) fn top_level(&mut self, name: &Name) -> Option<&'static str> {
        match self.find(name) {
            Found::Decl(decl) => Some(decl.describe()),
            Found::Nothing | Found::Unknown => None,
        }
    }

    /// With the position of the `use` that brings it in.
    fn look_up(&self, name: &Name) -> Option<(Decl, Option<usize>)> {
        let scope = self.scope(name.span.file)?;
        let own = scope.own(&name.text).map(|&(_, decl)| (decl, None));
        own.or_else(|| {
            scope.uses.iter().find_map(|&(other, at)| {
                self.scopes.get(other)?.own(&name.text).map(|&(_, decl)| (decl, Some(at)))
            })
        })
    }

    fn scope(&self, file: FileId) -> Option<&Scope> {
        self.scopes.get(file.0 as usize)
    }

    fn mark(&mut self, file: FileId, decl: Decl, by: Option<usize>) {
        if let Some(at) = by {
            self.mark_use(file.0 as usize, at);
        }
        match decl {
            Decl::Enum(id) => self.model[id].used = true,
            Decl::Asset(id) => self.model[id].used = true,
            Decl::Actor(id) => self.model[id].used = true,
            Decl::Threshold(id) => self.model[id].used = true,
            Decl::Flow(_) | Decl::Unreadable => {}
        }
    }

    fn mark_use(&mut self, file: usize, at: usize) {
        let file = self.model.files.get_mut(file);
        if let Some(item) = file.and_then(|file| file.uses.get_mut(at)) {
            item.used = true;
        }
    }

    /// Reports a name that does not mean a `due`, and says which names would; `elsewhere` is what the name means in
    /// the flow around it, if anything.
    pub(super) fn misnamed(
        &mut self,
        name: &Name,
        due: &'static str,
        found: Found,
        elsewhere: Option<&str>,
        fits: impl Fn(Decl) -> bool + Copy,
    ) {
        let is = match found {
            Found::Unknown | Found::Decl(Decl::Unreadable) => return,
            Found::Decl(decl) => Some(decl.describe()),
            Found::Nothing => elsewhere,
        };
        let Some(scope) = self.scopes.get(name.span.file.0 as usize) else { return };
        let used = scope.uses.iter().filter_map(|&(other, _)| self.scopes.get(other));
        let scopes = std::iter::once(scope).chain(used);
        let names = scopes
            .flat_map(|scope| &scope.declared)
            .filter(move |entry| fits(entry.1))
            .map(|entry| &entry.0.text);
        match self.reports.misnamed(name, is, due, names) {
            Some(text) => {
                self.find(&Name { text, span: name.span }); // so that it is not called unused as well
            }
            None => self.spare(name.span.file, due, fits),
        }
    }

    /// Any of those that fit may have been meant: none of them is called unused as well.
    fn spare(&mut self, file: FileId, due: &'static str, fits: impl Fn(Decl) -> bool) {
        if !self.spared.insert((file, due)) {
            return;
        }
        let Some(scope) = self.scope(file) else { return };
        let own = scope.declared.iter().map(|entry| (entry.1, None));
        let used = scope.uses.iter().filter_map(|&(other, at)| Some((self.scopes.get(other)?, at)));
        let used = used.flat_map(|(scope, at)| scope.declared.iter().map(move |entry| (entry.1, Some(at))));
        for (decl, by) in own.chain(used).filter(|entry| fits(entry.0)).collect::<Vec<_>>() {
            self.mark(file, decl, by);
        }
    }

    /// The actor of that name.
    pub(super) fn actor(&mut self, name: &Name, elsewhere: Option<&str>) -> Option<ActorId> {
        match self.find(name) {
            Found::Decl(Decl::Actor(id)) => Some(id),
            found => {
                self.misnamed(name, "actor", found, elsewhere, |decl| matches!(decl, Decl::Actor(_)));
                None
            }
        }
    }

    /// The flow of that name, which `caller` wants to run.
    pub(super) fn callee(&mut self, name: &Name, caller: FlowId, elsewhere: Option<&str>) -> Option<FlowId> {
        match self.find(name) {
            Found::Decl(Decl::Flow(id)) => Some(id),
            found => {
                self.misnamed(
                    name,
                    "flow",
                    found,
                    elsewhere,
                    |decl| matches!(decl, Decl::Flow(id) if id != caller),
                );
                None
            }
        }
    }

    /// B018 for a word that the language keeps to itself.
    pub(super) fn refuse_reserved(&mut self, name: &Name, what: &str) {
        let text = &name.text;
        if RESERVED.contains(&text.as_str()) {
            self.reports.add(
                Diagnostic::new(Code::ReservedName, name.span, format!("`{text}` can't name {what}"))
                    .label("a word of the language of guards")
                    .help(format!("give it another name, such as `{text}_`")),
            );
        }
    }
}
