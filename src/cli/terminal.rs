//! All input and output of the command line.

pub(crate) mod changes;
pub(crate) mod color;
pub(crate) mod columns;
pub(crate) mod data_key_file;
pub(crate) mod document;
pub(crate) mod dry_run;
pub(crate) mod failure;
pub(crate) mod fault;
pub(crate) mod file;
pub(crate) mod handover;
pub(crate) mod ids;
pub(crate) mod input;
pub(crate) mod list;
pub(crate) mod named;
pub(crate) mod output;
pub(crate) mod pager;
pub(crate) mod progress;
pub(crate) mod readers;
pub(crate) mod replaced;
pub(crate) mod report;
pub(crate) mod shell;
pub(crate) mod signals;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod usage;
