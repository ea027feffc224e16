//! The commands, one file each: the only place that touches files, clock, environment and terminal.
