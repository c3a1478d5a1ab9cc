// Diagnosis and report, in English.

export default {
  "report.diagnosis": "Diagnosis",
  "report.diagnosis_whole": "These findings are about the whole run, not only about the window.",
  "report.severity_bad": "Serious",
  "report.severity_warn": "Warning",
  "report.severity_info": "Note",
  "report.finding_show": "Show",
  "report.finding_show_of": "Show in the charts: {text}",
  "report.fault_target": "the target",
  "report.fault_network": "the network",
  "report.fault_generator": "the load generator",
  "report.fault_script": "the script",
  "report.fault_unknown": "unknown",
  "report.finding_generator_cpu":
    "The load generator's processor was full for {seconds} s between {at} and {to}: a worker used {percent} % of a core. Response times of that time are unreliable; use more workers.",
  "report.finding_generator_loop_lag":
    "The script's event loop ran up to {lag_ms} late for {seconds} s between {at} and {to}: users started and waited that much longer than they should. Look for blocking calls in the script, or use more workers.",
  "report.finding_generator_lag":
    "Requests waited up to {lag_ms} in the load generator before they left (p99), for {seconds} s between {at} and {to}, beside a mean response time of {avg_ms}. Response times of that time are unreliable; use more workers.",
  "report.finding_knee":
    "The rate stopped rising at about {users} users: it stayed near {rate} requests/s up to {max_users} users, while the mean response time went from {before_ms} to {after_ms}.",
  "report.finding_errors_began":
    "Errors began at {at}, with {users} users and {rate} requests/s: {failures} of {requests} requests failed ({ratio}).",
  "report.finding_errors_throughout":
    "Requests failed from the beginning, whatever the load: {failures} of {requests} ({ratio}).",
  "report.finding_error": "Most often: {method} {name}: {error} (fault: {fault}).",
  "report.finding_ports_exhausted":
    "The load generator ran out of local ports: {count} requests could not connect. Spread the load over more worker machines or target addresses, keep connections open, or widen net.ipv4.ip_local_port_range.",
  "report.finding_files_exhausted":
    "The load generator may not open more files: {count} requests could not connect. Raise the limit with ulimit -n, or use more worker processes.",
  "report.finding_uneven_workers":
    "The {workers} workers were not loaded evenly for {seconds} s: the busiest used {max_percent} % of a core, the mean was {mean_percent} %. Machines of different speed, or a few heavy users, may be the cause.",
  "report.finding_worker_lost_gone":
    "Worker {worker} was lost at {at} and did not come back; what it measured since its last report is missing.",
  "report.finding_worker_lost_back":
    "Worker {worker} was lost at {at} and came back {back_after_s} s later; what it measured since its last report is missing.",
  "report.finding_workers_lost": "{count} more workers were lost.",
  "report.finding_few_samples":
    "{requests} requests are few for {percentile} and above: below {needed} a single slow request decides them.",
  "report.finding_short_run":
    "The run was short ({seconds} s): connections and the target's caches were still warming up. Give it {needed_s} s or more.",
  "report.finding_mostly_ramp":
    "Users were still being started for {ramp_s} s of {seconds} s: figures of the whole run mix different loads. Choose a window of the charts, or run longer.",
  "report.finding_failures_distort_faster":
    "Failed requests end faster (median {failed_ms}) than successful ones ({ok_ms}), and there are enough of them to move the median of all to {all_ms}. Look at the times of successful requests.",
  "report.finding_failures_distort_slower":
    "Failed requests end slower (median {failed_ms}) than successful ones ({ok_ms}), and there are enough of them to move the median of all to {all_ms}. Look at the times of successful requests.",
  "report.finding_no_trouble": "The load generator shows no sign of trouble.",
  "report.title": "Load test report",
  "report.sections": "Parts of the report",
  "report.statistics": "Statistics",
  "report.charts": "Charts",
  "report.failures": "Failures",
  "report.exceptions": "Exceptions",
  "report.ratio": "Ratio",
  "report.workers": "Workers",
  "report.run": "Run",
  "report.theme": "Colours",
  "report.theme_auto": "System",
  "report.theme_light": "Light",
  "report.theme_dark": "Dark",
  "report.language": "Language",
  "report.print": "Print",
  "report.requests": "Requests",
  "report.failed": "Failed",
  "report.rate": "Requests/s",
  "report.users": "Users",
  "report.duration": "Duration",
  "report.started": "Started",
  "report.host": "Host",
  "report.state": "State",
  "report.state_stopped": "Ended",
  "report.state_incomplete": "Cut off: the master ended in the middle of the run",
  "report.state_going_on": "Going on when this was made",
  "report.end_cause": "Ended by",
  "report.cause_run_time": "run time",
  "report.cause_requested": "request",
  "report.cause_script": "the script",
  "report.cause_shape": "the load shape's end",
  "report.cause_shape_failed": "a failure of the load shape",
  "report.cause_script_lost": "loss of the script host",
  "report.cause_workers_lost": "loss of all workers",
  "report.cause_signal": "a signal",
  "report.spawn_rate": "Spawn rate",
  "report.run_time": "Run time",
  "report.profile": "Profile",
  "report.user_classes": "User classes",
  "report.shape_class": "Load shape",
  "report.locustfile": "Script",
  "report.script_hash": "Script's hash",
  "report.notes": "Notes",
  "report.tags": "Tags",
  "report.options": "Options",
  "report.environment": "Environment",
  "report.failed_ratio": "{failures} of {requests} failed ({ratio})",
  "report.passed": "None failed",
  "report.left_out":
    "To keep this file small, the {n} request {n|name|names} with the fewest requests have no figures over time: they are missing in windows and charts. The figures of the whole run are complete.",
  "report.coarse": "One interval is {width} s in this report; the run's own record may be finer.",
  "report.bad_format": "This report was made by another version of Acrida and cannot be shown (format {format}).",
};
