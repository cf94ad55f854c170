//! The `cnn` command as a user meets it, from the outside: what is typed, what is printed, what lies on the disk.

mod command;
mod data;
mod explain;
mod folders;
mod judge;
mod learning;
mod many_labels;
mod many_labels_told;
mod neighbours;
mod own_files;
mod pictures;
mod predict;
mod reading;
mod report;
mod samples;
mod streams;
mod tokenizers;
mod tuning;
mod usage;
