//! The number of users from which the rate no longer rises: the capacity of whatever is narrowest.
//!
//! The moments up to the last one with the most users are put into groups of similar numbers of users. Through the
//! groups' mean rates two lines are laid by least squares: one straight, one with a bend, both through the origin (no
//! users, no requests). A bend counts if it fits much better, the line is nearly flat behind it, and the rate at most
//! users is well below what the first slope promises.

use crate::diagnosis::facts::{Facts, Moment};
use crate::diagnosis::finding::{Finding, FindingKind, Severity};
use crate::diagnosis::thresholds::{
    KNEE_GROUPS, KNEE_MAX_ERROR_RATIO, KNEE_MAX_RATE_RATIO, KNEE_MAX_SLOPE_RATIO, KNEE_MIN_GROUPS,
    KNEE_MIN_GROWTH, KNEE_MIN_RAMP_S, RAMPED_RATIO,
};
use crate::diagnosis::words;

pub fn look(facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let rising = rising(&facts.moments);
    let groups = groups(rising);
    let Some(bend) = bend(&groups) else { return };
    let users = bend.users.round();
    let at_s = rising
        .iter()
        .find(|moment| moment.users >= users)
        .map(|moment| moment.at_s);
    let max_users = rising.iter().map(|moment| moment.users).fold(0.0, f64::max);
    let behind = |group: &&Group| group.users > bend.users;
    let rate = mean(groups.iter().filter(behind).map(|group| group.rate));
    let before_ms = mean(
        groups
            .iter()
            .filter(|group| group.users <= bend.users)
            .filter_map(|group| group.avg_ms),
    );
    let after_ms = groups.iter().rev().find_map(|group| group.avg_ms).unwrap_or(0.0);
    let text = format!(
        "The rate stopped rising at about {users} users: it stayed near {} requests/s up to {max_users:.0} users, while the \
         mean response time went from {} to {}.",
        words::significant(rate),
        words::time(before_ms),
        words::time(after_ms)
    );
    findings.push(
        Finding::new(FindingKind::Knee, Severity::Warn, at_s, text)
            .with("users", users as u64)
            .figure("rate", rate)
            .with("max_users", max_users.round() as u64)
            .figure("before_ms", before_ms)
            .figure("after_ms", after_ms),
    );
}

/// Moments of similar numbers of users, as one.
#[derive(Debug, Clone, Copy)]
struct Group {
    users: f64,
    rate: f64,
    avg_ms: Option<f64>,
}

struct Bend {
    users: f64,
}

/// What happened while the load was brought to its height, and there. What comes after users have gone again says nothing
/// about more of them.
fn rising<'f, 'a>(moments: &'f [Moment<'a>]) -> &'f [Moment<'a>] {
    let most = moments.iter().map(|moment| moment.users).fold(0.0, f64::max);
    let last = moments.iter().rposition(|moment| moment.users >= most);
    let first = moments.iter().position(|moment| moment.users > 0.0);
    match (first, last) {
        (Some(first), Some(last)) if first <= last => moments.get(first..=last).unwrap_or_default(),
        _ => &[],
    }
}

fn groups(moments: &[Moment<'_>]) -> Vec<Group> {
    let users = moments.iter().map(|moment| moment.users);
    let (least, most) = users.fold((f64::INFINITY, 0.0f64), |(least, most), users| {
        (least.min(users), most.max(users))
    });
    let ramp_s: u32 = moments
        .iter()
        .filter(|moment| moment.users < most * RAMPED_RATIO)
        .map(|moment| moment.width_s)
        .sum();
    if most < least * KNEE_MIN_GROWTH || ramp_s < KNEE_MIN_RAMP_S {
        return Vec::new();
    }
    let mut members: Vec<Vec<&Moment<'_>>> = vec![Vec::new(); KNEE_GROUPS];
    for moment in moments {
        let place = (moment.users - least) / (most - least) * KNEE_GROUPS as f64;
        if let Some(group) = members.get_mut((place as usize).min(KNEE_GROUPS - 1)) {
            group.push(moment);
        }
    }
    members
        .iter()
        .filter(|group| !group.is_empty())
        .map(|group| Group {
            users: mean(group.iter().map(|moment| moment.users)),
            rate: mean(group.iter().map(|moment| moment.rate)),
            avg_ms: Some(mean(group.iter().filter_map(|moment| moment.avg_ms))).filter(|ms| *ms > 0.0),
        })
        .collect()
}

fn bend(groups: &[Group]) -> Option<Bend> {
    if groups.len() < KNEE_MIN_GROUPS {
        return None;
    }
    let straight = squared_error(groups, &line(groups, f64::INFINITY)?, f64::INFINITY);
    // At least two groups on either side: one alone may be a burst.
    let inner = groups.get(1..groups.len() - 2)?;
    let (best, at, slopes) = inner
        .iter()
        .filter_map(|group| {
            let slopes = line(groups, group.users)?;
            Some((squared_error(groups, &slopes, group.users), group.users, slopes))
        })
        .min_by(|(a, ..), (b, ..)| a.total_cmp(b))?;
    let [before, after] = slopes;
    let last = groups.last()?;
    let is_bend = before > 0.0
        && best <= straight * KNEE_MAX_ERROR_RATIO
        && after <= before * KNEE_MAX_SLOPE_RATIO
        && last.rate <= before * last.users * KNEE_MAX_RATE_RATIO;
    is_bend.then_some(Bend { users: at })
}

/// Slopes before and behind a bend at `at` users: least squares of `rate = before * min(users, at) + after * max(users - at, 0)`.
fn line(groups: &[Group], at: f64) -> Option<[f64; 2]> {
    let [mut xx, mut xy, mut yy, mut xr, mut yr] = [0.0; 5];
    for group in groups {
        let (x, y) = parts(group.users, at);
        xx += x * x;
        xy += x * y;
        yy += y * y;
        xr += x * group.rate;
        yr += y * group.rate;
    }
    if yy == 0.0 {
        return (xx > 0.0).then(|| [xr / xx, 0.0]);
    }
    let determinant = xx * yy - xy * xy;
    (determinant > 0.0).then(|| {
        [
            (xr * yy - yr * xy) / determinant,
            (yr * xx - xr * xy) / determinant,
        ]
    })
}

fn squared_error(groups: &[Group], [before, after]: &[f64; 2], at: f64) -> f64 {
    groups
        .iter()
        .map(|group| {
            let (x, y) = parts(group.users, at);
            (group.rate - before * x - after * y).powi(2)
        })
        .sum()
}

fn parts(users: f64, at: f64) -> (f64, f64) {
    (users.min(at), (users - at).max(0.0))
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}
