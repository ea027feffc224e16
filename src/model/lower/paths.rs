//! Paths: from a context field, or `decision`, down through assets.
//!
//! Must not know: what is compared with them.

use super::flow::FlowLowering;
use super::guards::Reader;
use super::positions::ListOf;
use super::values::describe;
use crate::diagnostics::{Code, Diagnostic};
use crate::model::{FieldId, FieldType, Name, Path, PathId, Root, StateId, Type};
use crate::syntax::tree::PathExpr;

impl FlowLowering<'_, '_> {
    /// A path outside of guards: `decision` means nothing there.
    pub(super) fn plain_path(&mut self, path: &PathExpr) -> Option<PathId> {
        self.path(path, &mut Reader::default())
    }

    /// What a path means where `reader` reads; reported if nothing.
    pub(super) fn path(&mut self, path: &PathExpr, reader: &mut Reader) -> Option<PathId> {
        let is_decision = path.root.text == "decision";
        // A field may not be called so (B018), so it hides no decision.
        if is_decision && reader.approval.is_some() {
            return self.decision(path, reader);
        }
        if let Some(&field) = self.names.fields.get(&path.root.text) {
            return self.below(field, path, reader);
        }
        if is_decision {
            return self.decision(path, reader);
        }
        if reader.in_threshold {
            if !self.flow.context_unknown {
                reader.missing.push(path.root.clone());
            }
        } else {
            self.field(&path.root);
        }
        None
    }

    fn decision(&mut self, path: &PathExpr, reader: &mut Reader) -> Option<PathId> {
        if let Some(first) = path.rest.first() {
            self.report_in(reader, no_fields(first, "decision", "one of the options"));
            return None;
        }
        if let Some(approval) = reader.approval {
            return Some(self.intern(Root::Decision(approval), &[], Type::Options(approval), false));
        }
        if reader.in_threshold {
            reader.missing.push(path.root.clone());
        } else if !reader.silent_decision {
            self.all.reports.add(
                Diagnostic::new(
                    Code::UnknownName,
                    path.span,
                    "`decision` is known in the guards of an approval only",
                )
                .help("compare a field, or make this state an `approval` with `options`"),
            );
        }
        None
    }

    fn below(&mut self, field: FieldId, path: &PathExpr, reader: &mut Reader) -> Option<PathId> {
        let FieldType { mut ty, mut optional } = self.flow[field].ty.clone();
        let mut steps = Vec::with_capacity(path.rest.len());
        let mut before = &path.root;
        for name in &path.rest {
            let Type::Asset(asset) = ty else {
                if ty != Type::Unknown {
                    let is = describe(&self.all.model, &ty);
                    self.report_in(reader, no_fields(name, &before.text, &is));
                }
                return None;
            };
            let fields = &self.all.model[asset].fields;
            let names = fields.iter().map(|field| &field.name.text);
            let Some(at) = self.all.positions.find(ListOf::Asset(asset), names, &name.text) else {
                self.unknown_step(asset, name, reader);
                return None;
            };
            let next = fields.get(at).map(|field| &field.ty)?;
            (ty, optional) = (next.ty.clone(), optional || next.optional);
            steps.push(u32::try_from(at).unwrap_or(u32::MAX));
            before = name;
        }
        Some(self.intern(Root::Field(field), &steps, ty, optional))
    }

    fn unknown_step(&mut self, asset: crate::model::AssetId, name: &Name, reader: &Reader) {
        let asset = &self.all.model[asset];
        if asset.unknown {
            return;
        }
        let message = format!("asset `{}` has no field `{}`", asset.name.text, name.text);
        let diagnostic =
            Diagnostic::new(Code::UnknownField, name.span, message).also(asset.name.span, "declared here");
        let fields = asset.fields.iter().map(|field| &field.name.text);
        let diagnostic = self.all.reports.with_nearest(diagnostic, name, "field", fields);
        self.report_in(reader, diagnostic);
    }

    fn intern(&mut self, root: Root, steps: &[u32], ty: Type, optional: bool) -> PathId {
        let key = (root, Box::from(steps));
        if let Some(&id) = self.paths.get(&key) {
            return id;
        }
        let id = PathId::new(self.flow.paths.len());
        let text = self.path_text(root, steps);
        self.flow.paths.push(Path { root, steps: steps.to_vec(), text, ty, optional });
        self.paths.insert(key, id);
        id
    }

    fn path_text(&self, root: Root, steps: &[u32]) -> smol_str::SmolStr {
        let Root::Field(field) = root else { return smol_str::SmolStr::new_static("decision") };
        let field = &self.flow[field];
        let mut text = field.name.text.to_string();
        let mut ty = &field.ty.ty;
        for &step in steps {
            let Type::Asset(asset) = *ty else { break };
            let Some(field) = self.all.model[asset].fields.get(step as usize) else { break };
            text.push('.');
            text.push_str(&field.name.text);
            ty = &field.ty.ty;
        }
        text.into()
    }

    /// The path below a field by the names in `rest`, as a path expression would have it.
    pub(super) fn path_below(&mut self, field: FieldId, path: &PathExpr) -> Option<PathId> {
        let root = Name { text: self.flow[field].name.text.clone(), span: path.root.span };
        let rest = std::iter::once(&path.root).chain(&path.rest).cloned().collect();
        self.below(field, &PathExpr { span: path.span, root, rest }, &mut Reader::default())
    }

    /// The approval whose decision a guard of that state may ask for.
    pub(super) fn decided_in(&self, state: StateId) -> Option<StateId> {
        matches!(self.flow[state].kind, crate::model::Kind::Approval(_)).then_some(state)
    }
}

fn no_fields(name: &Name, of: &str, is: &str) -> Diagnostic {
    let message = format!("`{of}` is {is} and has no field `{}`", name.text);
    Diagnostic::new(Code::UnknownField, name.span, message).help(format!("write `{of}` alone"))
}
