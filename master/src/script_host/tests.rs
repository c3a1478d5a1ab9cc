//! The host against small programs that stand in for it.
