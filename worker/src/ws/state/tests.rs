use std::time::Duration;

use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::*;
use crate::ws::EndKind;

const SECOND: Duration = Duration::from_secs(1);

fn waiter(ticket: u64) -> Waiter {
    Waiter {
        ticket,
        slot: 0,
        record: true,
        submitted: Instant::now(),
        timeout: Some(SECOND),
    }
}

fn text(content: &str) -> Payload {
    Payload::Text(content.into())
}

/// Ticket and outcome of what is over: the message, "done", or the failure's text.
fn outcomes(state: &mut State) -> Vec<(u64, String)> {
    let describe = |done: Done| {
        let what = match done.result {
            Ok(Got::Message(Payload::Text(text))) => text.to_string(),
            Ok(_) => "done".to_owned(),
            Err(failed) => format!("{}{}", if failed.counts { "" } else { "uncounted " }, failed.text),
        };
        (done.waiter.ticket, what)
    };
    state.take_done().into_iter().map(describe).collect()
}

fn by_target(code: u16) -> End {
    End::by_target(Some(&CloseFrame {
        code: code.into(),
        reason: "why".into(),
    }))
}

#[test]
fn messages_are_read_in_order_whether_they_came_before_or_after_they_were_asked_for() {
    let (mut state, now) = (State::default(), Instant::now());
    state.message(text("a"), now);
    state.message(text("b"), now);
    for ticket in 1..=3 {
        state.ask(Ask::Receive(waiter(ticket)), now + SECOND);
    }
    state.message(text("c"), now + SECOND);
    let expected = [(1, "a"), (2, "b"), (3, "c")].map(|(ticket, text)| (ticket, text.to_owned()));
    assert_eq!(outcomes(&mut state), expected);
}

#[test]
fn a_full_store_of_unread_messages_holds_the_target_back_until_one_is_read() {
    let (mut state, now) = (State::default(), Instant::now());
    for _ in 0..UNREAD_MESSAGES_MAX {
        assert!(state.wants_messages());
        state.message(text(""), now);
    }
    assert!(!state.wants_messages());
    state.ask(Ask::Receive(waiter(1)), now);
    assert!(state.wants_messages());

    let mut state = State::default();
    state.message(Payload::Binary(vec![0; UNREAD_BYTES_MAX].into()), now);
    assert!(!state.wants_messages());
    state.ask(Ask::Receive(waiter(1)), now);
    assert!(state.wants_messages(), "an empty store has no bytes");
}

#[test]
fn the_answer_to_a_request_is_a_message_that_came_after_it() {
    let (mut state, now) = (State::default(), Instant::now());
    state.message(text("push"), now);
    state.ask(Ask::Request(waiter(1), text("question")), now);
    assert!(matches!(state.next_frame(), Some(Message::Text(_))));
    state.flushed(now);
    assert!(outcomes(&mut state).is_empty());
    state.message(text("answer"), now);
    let done = state.take_done().pop().expect("the request is over");
    assert!(matches!(done.result, Ok(Got::Message(answer)) if answer == text("answer")));
    assert_eq!(done.skipped, [(text("push"), now)]);
    assert_eq!(done.length, 6);
}

#[test]
fn a_message_is_sent_when_its_last_byte_has_left() {
    let (mut state, now) = (State::default(), Instant::now());
    state.ask(Ask::Send(waiter(1), text("hello")), now);
    assert!(state.next_frame().is_some());
    assert!(outcomes(&mut state).is_empty());
    state.flushed(now);
    let done = state.take_done().pop().expect("the message is sent");
    assert_eq!((done.waiter.ticket, done.length), (1, 5));
}

#[test]
fn a_pong_ends_the_ping_with_its_number_only() {
    let (mut state, now) = (State::default(), Instant::now());
    state.ask(Ask::Ping(waiter(1)), now);
    state.ask(Ask::Ping(waiter(2)), now);
    let (_, Some(Message::Ping(second))) = (state.next_frame(), state.next_frame()) else {
        panic!("two pings go out");
    };
    state.pong(b"unasked", now);
    state.pong(&second, now);
    assert_eq!(outcomes(&mut state), [(2, "done".to_owned())]);
}

#[test]
fn what_takes_too_long_fails_with_what_did_not_come() {
    let (mut state, now) = (State::default(), Instant::now());
    state.ask(Ask::Ping(waiter(1)), now);
    state.next_frame();
    state.ask(Ask::Receive(waiter(2)), now);
    state.ask(Ask::Send(waiter(3), text("stuck")), now);
    assert_eq!(state.deadline(true), Some(now + SECOND));
    state.expire(now + SECOND / 2);
    assert!(outcomes(&mut state).is_empty());
    state.expire(now + SECOND);
    let mut failures = outcomes(&mut state);
    failures.sort();
    assert_eq!(
        failures[0],
        (1, "WebSocketTimeout('no pong within the time-out')".to_owned())
    );
    assert_eq!(
        failures[1],
        (2, "WebSocketTimeout('no message within the time-out')".to_owned())
    );
    assert!(failures[2].1.contains("could not be sent"), "{failures:?}");
    assert_eq!(state.deadline(true), None);
    assert!(
        !state.has_frames(),
        "a message that nobody waits for does not leave"
    );
}

#[test]
fn a_message_that_nobody_waits_for_any_more_is_kept_for_the_next_who_asks() {
    let (mut state, now) = (State::default(), Instant::now());
    state.ask(Ask::Receive(waiter(1)), now);
    state.ask(Ask::Cancel(1), now);
    state.message(text("late"), now);
    assert!(outcomes(&mut state).is_empty());
    state.ask(Ask::Receive(waiter(2)), now);
    assert_eq!(outcomes(&mut state), [(2, "late".to_owned())]);
}

#[test]
fn an_orderly_close_is_no_failure_for_who_only_reads() {
    let (mut state, now) = (State::default(), Instant::now());
    state.message(text("last"), now);
    assert!(state.ended(by_target(1000), now), "nobody was waiting");
    state.ask(Ask::Receive(waiter(1)), now);
    state.ask(Ask::Receive(waiter(2)), now);
    state.ask(Ask::Send(waiter(3), text("x")), now);
    let closed = "WebSocketClosed('the server closed the connection with code 1000: why')";
    let expected = [
        (1, "last".to_owned()),
        (2, format!("uncounted {closed}")),
        (3, closed.to_owned()),
    ];
    assert_eq!(outcomes(&mut state), expected);
}

#[test]
fn any_other_close_is_a_loss_that_fails_whoever_waits() {
    let (mut state, now) = (State::default(), Instant::now());
    state.ask(Ask::Receive(waiter(1)), now);
    assert!(!state.ended(by_target(1011), now), "somebody was waiting");
    assert_eq!(
        state.end().map(|end| (end.kind, end.code)),
        Some((EndKind::Lost, 1011))
    );
    let lost = "WebSocketClosed('the server closed the connection with code 1011: why')";
    assert_eq!(outcomes(&mut state), [(1, lost.to_owned())]);
    assert!(!state.ended(by_target(1000), now), "only the first end counts");
    assert_eq!(state.end().map(|end| end.code), Some(1011));
}

#[test]
fn closing_sends_a_close_frame_ends_with_the_answer_and_drops_the_connection_in_any_case() {
    let (mut state, now) = (State::default(), Instant::now());
    state.ask(Ask::Close(waiter(1), 4000, "bye".to_owned()), now);
    let Some(Message::Close(Some(frame))) = state.next_frame() else {
        panic!("a close frame goes out");
    };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4000, "bye"));
    state.ask(Ask::Send(waiter(2), text("too late")), now);
    assert!(!state.must_drop(now));
    assert!(state.must_drop(now + LINGER));
    state.ended(End::ours(Some(&frame)), now);
    let tickets: Vec<u64> = outcomes(&mut state)
        .into_iter()
        .map(|(ticket, _)| ticket)
        .collect();
    assert_eq!(tickets, [2, 1]);
    state.ask(Ask::Close(waiter(3), 1000, String::new()), now);
    assert_eq!(
        outcomes(&mut state),
        [(3, "done".to_owned())],
        "closing twice is fine"
    );
}

#[test]
fn two_may_not_receive_at_once_and_the_queue_of_messages_to_send_is_bounded() {
    let (mut state, now) = (State::default(), Instant::now());
    state.ask(Ask::Receive(waiter(1)), now);
    state.ask(Ask::Receive(waiter(2)), now);
    state.ask(Ask::Request(waiter(3), text("?")), now);
    let busy = "uncounted another greenlet is receiving from this WebSocket".to_owned();
    assert_eq!(outcomes(&mut state), [(2, busy.clone()), (3, busy)]);
    for _ in 0..OUTGOING_MAX {
        state.ask(Ask::Send(waiter(4), text("")), now);
    }
    assert!(outcomes(&mut state).is_empty());
    state.ask(Ask::Send(waiter(5), text("")), now);
    assert_eq!(outcomes(&mut state)[0].0, 5);
}
