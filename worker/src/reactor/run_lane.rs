//! The task of a lane: takes work, carries it out, records and delivers what came of it.

use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::http::{BodyStream, Outcome, execute, failure_text};
use crate::reactor::Core;
use crate::reactor::lane::{Interrupt, SharedLane};
use crate::reactor::sessions::SessionLanes;
use crate::reactor::submission::{Delivered, Finished, Submitted, Work};
use crate::recorder::{Failure, Record, Slot};

/// Works until the lane is retired.
pub async fn run_lane(core: Rc<Core>, session: Rc<SessionLanes>, lane: SharedLane) {
    while let Some(work) = lane.next().await {
        if let Work::Request(submitted) = work {
            let ticket = submitted.ticket;
            if let Some(stream) = request(&core, &session, &lane, submitted).await {
                lane.set_stream(Some(ticket));
                read_stream(&core, &lane, *stream).await;
                lane.set_stream(None);
            }
        }
        session.rest(&lane);
    }
}

/// Counts a request among those under way for as long as it lives.
struct UnderWay<'a>(&'a Core);

impl<'a> UnderWay<'a> {
    fn begin(core: &'a Core) -> Self {
        core.in_flight.set(core.in_flight.get() + 1);
        Self(core)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.in_flight.set(self.0.in_flight.get() - 1);
    }
}

/// Carries out one request; returns the rest of its response if it is a stream.
async fn request(
    core: &Core,
    session: &SessionLanes,
    lane: &SharedLane,
    submitted: Submitted,
) -> Option<Box<BodyStream>> {
    let Submitted {
        ticket,
        prepared,
        slot,
        record,
        submitted,
        ..
    } = submitted;
    let started = Instant::now();
    let asked = prepared.asked();
    let under_way = UnderWay::begin(core);
    lane.set_timeouts(prepared.connect_timeout(), prepared.read_timeout());
    core.deadlines.watch(lane, started);
    let mut outcome = {
        let work = std::pin::pin!(execute(&session.http, prepared, &lane.phase));
        match lane.run(work).await {
            Ok(outcome) => outcome,
            Err(Interrupt::Cancelled) => {
                lane.finish();
                return None;
            }
            Err(Interrupt::TimedOut(kind)) => Outcome {
                result: Err(lane.phase.timed_out(kind)),
                stream: None,
                first_byte_sent: None,
                connecting: Duration::ZERO,
                done: Instant::now(),
            },
        }
    };
    lane.finish();
    drop(under_way);
    let stream = outcome.stream.take();
    let done = outcome.done;
    let finished = Finished::new(outcome, asked, submitted, started, core.clock.unix_s(started));
    if record {
        count(core, session, slot, &finished, done);
    }
    core.deliver(ticket, Delivered::Finished(finished));
    stream
}

/// Records a request whose success only its status decides.
fn count(core: &Core, session: &SessionLanes, slot: Slot, finished: &Finished, done: Instant) {
    let mut recorder = core.recorder.borrow_mut();
    let (length, text) = match &finished.result {
        Ok(response) => {
            let style = session.http.profile().style();
            let text = failure_text(style, response.status, || response.reason(), recorder.name(slot));
            (response.content_length(), text)
        }
        Err(error) => (0, Some(error.text.to_string())),
    };
    let failure = text.map(|text| Failure::new(text, Some(finished.fault())));
    let record = Record::of_request(
        slot,
        finished.response_time,
        length,
        finished.status(),
        failure,
        finished.lag,
    );
    recorder.record_sampled(record, core.clock.unix_s(done), || finished.sample());
}

/// Reads a stream part by part as the script asks for it, until it ends, breaks or is given up.
async fn read_stream(core: &Core, lane: &SharedLane, mut stream: BodyStream) {
    while let Some(Work::NextChunk(ticket)) = lane.next().await {
        core.deadlines.watch(lane, Instant::now());
        let next = {
            let work = std::pin::pin!(stream.next_chunk(&lane.phase));
            lane.run(work).await
        };
        lane.finish();
        let (delivered, over) = match next {
            Ok(Ok(Some(chunk))) => (Delivered::Chunk(chunk), false),
            Ok(Ok(None)) => (Delivered::Chunk(Bytes::new()), true),
            Ok(Err(error)) => (Delivered::ChunkFailed(error), true),
            Err(Interrupt::TimedOut(kind)) => (Delivered::ChunkFailed(lane.phase.timed_out(kind)), true),
            Err(Interrupt::Cancelled) => return,
        };
        core.deliver(ticket, delivered);
        if over {
            return;
        }
    }
}
