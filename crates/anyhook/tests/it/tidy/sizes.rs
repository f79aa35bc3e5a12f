//! Files of at most 500 lines, functions of at most 70.

use super::{assert_kept, files};
use proc_macro2::Span;
use syn::{
    Attribute, ImplItemFn, ItemFn, Signature, TraitItemFn,
    spanned::Spanned,
    visit::{self, Visit},
};

const LONGEST_FILE: usize = 500;
const LONGEST_FUNCTION: usize = 70;

fn long_file(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let generated = text.lines().next().is_some_and(|line| line.contains("@generated"));
    (lines > LONGEST_FILE && !generated).then(|| format!("{path}: {lines} lines"))
}

fn long_functions(path: &str, text: &str) -> Vec<String> {
    let file = match syn::parse_file(text) {
        Ok(file) => file,
        Err(error) => return vec![format!("{path} is not Rust: {error}")],
    };
    let mut functions = Functions { path, lines: text.lines().collect(), long: Vec::new() };
    functions.visit_file(&file);
    functions.long
}

struct Functions<'a> {
    path: &'a str,
    lines: Vec<&'a str>,
    long: Vec<String>,
}

impl Functions<'_> {
    fn measure(&mut self, attributes: &[Attribute], signature: &Signature, whole: Span) {
        let first = signature.span().start().line;
        let n_lines = whole.end().line + 1 - first;
        let top = attributes.iter().map(|attribute| attribute.span().start().line).min().unwrap_or(first).min(first);
        if n_lines > LONGEST_FUNCTION && !self.has_reason(top, first) {
            self.long.push(format!("{}:{first}: {} has {n_lines} lines", self.path, signature.ident));
        }
    }

    /// Whether `LONG:` with a reason stands in the comments that touch the function's head. Lines count from 1.
    fn has_reason(&self, top: usize, first: usize) -> bool {
        let above = self.lines[..top - 1].iter().rev().take_while(|line| line.trim_start().starts_with("//"));
        let mut head = above.chain(&self.lines[top - 1..first]);
        head.any(|line| line.split_once("LONG:").is_some_and(|(_, reason)| !reason.trim().is_empty()))
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.measure(&function.attrs, &function.sig, function.span());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.measure(&function.attrs, &function.sig, function.span());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        self.measure(&function.attrs, &function.sig, function.span());
        visit::visit_trait_item_fn(self, function);
    }
}

#[test]
fn files_are_short() {
    let code = files(|path| [".rs", ".ts", ".tsx"].iter().any(|end| path.ends_with(end)));
    let long: Vec<_> = code.iter().filter_map(|file| long_file(&file.path, &file.text)).collect();
    assert_kept("a file has at most 500 lines; split it along its words:", &long);
}

#[test]
fn functions_are_short() {
    let long: Vec<_> =
        files(|path| path.ends_with(".rs")).iter().flat_map(|file| long_functions(&file.path, &file.text)).collect();
    assert_kept("a function has at most 70 lines, or above it `// LONG:` and the reason:", &long);
}

#[test]
fn a_long_file_is_found() {
    assert_eq!(long_file("a.rs", &"x\n".repeat(501)), Some("a.rs: 501 lines".into()));
    assert_eq!(long_file("a.rs", &"x\n".repeat(500)), None);
    assert_eq!(long_file("a.ts", &format!("// @generated\n{}", "x\n".repeat(900))), None);
}

#[test]
fn a_long_function_is_found() {
    let long = |head: &str, n: usize| format!("{head}fn f() {{\n{}}}\n", "    g();\n".repeat(n - 2));
    let found = |text: &str| long_functions("a.rs", text);
    assert_eq!(found(&long("", 71)), ["a.rs:1: f has 71 lines"]);
    assert!(found(&long("", 70)).is_empty());
    assert!(found(&long("/// Does.\n///\n#[inline]\n", 70)).is_empty(), "the head is not counted");
    assert_eq!(found(&format!("struct S;\nimpl S {{\n{}}}", long("", 71))), ["a.rs:3: f has 71 lines"]);
    assert_eq!(found(&format!("trait T {{\n{}}}", long("async ", 71))).len(), 1);
    assert_eq!(found(&format!("fn g() {{\n{}}}", long("", 71))).len(), 2, "the inner one and the outer one");
    assert!(found(&long("// LONG: one table.\n", 71)).is_empty());
    assert!(found(&long("// LONG: one table.\n/// Does.\n#[inline]\n", 71)).is_empty());
    assert!(found(&long("#[inline]\n// LONG: one table.\npub ", 71)).is_empty());
    assert_eq!(found(&long("// LONG:\n", 71)).len(), 1, "a reason is given");
    assert_eq!(found(&long("// LONG: one table.\n\n", 71)).len(), 1, "the comment touches the function");
    assert_eq!(found("fn").len(), 1, "what cannot be read is not passed over");
}
