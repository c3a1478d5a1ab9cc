//! CPU and memory of this process.

use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Reads the process's own figures.
#[derive(Debug)]
pub struct Resources {
    /// None where the system tells nobody: the figures then stay 0.
    system: Option<System>,
    pid: Pid,
    /// Percent of one core since the reading before.
    pub cpu_percent: f64,
    /// Resident bytes.
    pub memory_bytes: u64,
}

impl Resources {
    /// Makes the first reading; CPU is 0 until the second.
    pub fn new() -> Self {
        let pid = Pid::from_u32(std::process::id());
        let mut resources = Self {
            system: System::new().ok(),
            pid,
            cpu_percent: 0.0,
            memory_bytes: 0,
        };
        resources.read();
        resources
    }

    /// Reads again.
    pub fn read(&mut self) {
        let what = ProcessRefreshKind::nothing()
            .with_cpu()
            .with_memory()
            .without_tasks();
        let Some(system) = &mut self.system else { return };
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[self.pid]), false, what);
        if let Some(process) = system.process(self.pid) {
            self.cpu_percent = f64::from(process.cpu_usage());
            self.memory_bytes = process.memory();
        }
    }
}

impl Default for Resources {
    fn default() -> Self {
        Self::new()
    }
}
