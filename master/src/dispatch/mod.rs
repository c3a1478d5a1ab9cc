//! Who runs how many of which User class, and when the next ones start.
//!
//! Pure: no socket, no clock, no async. The result is Locust's (same class mix at every prefix, users dealt over hosts
//! first, ramp-down in reverse), with two deliberate differences: starts are spread evenly instead of one burst per
//! second, and a worker that comes or goes does not restart the users of the others.
//!
//! * [`order`]: the order in which workers are dealt to.
//! * [`mix`]: the endless sequence of User classes.
//! * [`pace`]: how many starts are due at a moment.
//! * [`Dispatcher`]: seats of that sequence, dealt to workers.

mod dispatcher;
pub mod mix;
pub mod order;
pub mod pace;

pub use dispatcher::Dispatcher;
pub use mix::{ClassMix, ClassSpec};
pub use pace::Pace;
