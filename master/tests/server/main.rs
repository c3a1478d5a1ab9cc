//! The master's control loop against scripted workers on an in-memory network, in virtual time.

mod rest;
mod runs;
mod support;
