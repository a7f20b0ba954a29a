//! The gateway's events as server-sent events.

use {
    super::{Authorized, Problem, Service, view::ReadingState},
    crate::{
        Event as Happening,
        ingest::{Purpose, patiently},
        journal::Entry,
    },
    axum::{
        extract::State as Shared,
        http::{HeaderMap, HeaderName, HeaderValue, header},
        response::sse::{Event, KeepAlive, Sse},
    },
    serde_json::json,
    std::{convert::Infallible, time::Duration},
    tokio_stream::{
        Stream, StreamExt,
        wrappers::{BroadcastStream, WatchStream, errors::BroadcastStreamRecvError::Lagged},
    },
};

/// Readings that a listener who comes back gets at once, at most.
const MISSED: usize = 1_000;

/// How often a comment is sent while nothing happens: below the 30 to 60 s after which proxies close a silent connection.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(10);

/// What keeps proxies from holding events back: nginx by the first header, others by the second.
const UNBUFFERED: [(HeaderName, HeaderValue); 2] = [
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
];

/// What happens, as server-sent events. A comment comes at once, and another one every 10 s.
///
/// `reading`: one is settled; its id counts settlements, and `Last-Event-ID` resumes after it. `changed`: totals or the market are not
/// what they were. `alert`: something that people should know, or its end. `resync`: events are missing, for the listener was too slow,
/// has missed more than 1,000 readings, or its `Last-Event-ID` is none of this journal: what it shows is to be read anew. The stream
/// ends when the gateway stops.
#[utoipa::path(
    get, path = "/events", tag = "state", security(("key" = [])),
    params(("Last-Event-ID" = Option<String>, Header, description = "Begin after this event")),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn events(
    Shared(service): Shared<Service>,
    authorized: Authorized,
    headers: HeaderMap,
) -> Result<([(HeaderName, HeaderValue); 2], Sse<impl Stream<Item = Result<Event, Infallible>>>), Problem> {
    authorized.whole()?;
    let engine = &service.intake.engine;
    // Subscribed before the journal is read: nothing falls between.
    let live = BroadcastStream::new(engine.events());
    let (mut first, mut seen) = (vec![Event::default().comment("connected")], 0);
    if let Some(last) = headers.get(HeaderName::from_static("last-event-id")) {
        let last = last.to_str().ok().and_then(|value| value.parse::<i64>().ok());
        let look = move |newest, missed: Vec<Entry>| if missed.len() > MISSED { Err(newest) } else { Ok(missed) };
        let missed = engine.look(move |journal, _| {
            let newest = journal.last_settlement()?;
            match last.filter(|last| (0..=newest).contains(last)) {
                Some(last) => Ok(look(newest, journal.settled_after(last, MISSED + 1)?)),
                None => Ok(Err(newest)),
            }
        });
        match patiently(Purpose::State, missed).await? {
            Ok(missed) => {
                seen = missed.iter().filter_map(|entry| entry.settled).max().unwrap_or(0);
                first.extend(missed.iter().map(reading));
            }
            Err(newest) => {
                seen = newest;
                first.push(resync("events after this Last-Event-ID are no longer available").id(newest.to_string()));
            }
        }
    }
    let live = live.filter_map(move |happening| match happening {
        // It has come already.
        Ok(Happening::Reading(entry)) if entry.settled.is_some_and(|number| number <= seen) => None,
        Ok(Happening::Reading(entry)) => Some(reading(&entry)),
        Ok(Happening::Changed) => Some(Event::default().event("changed").data("{}")),
        Ok(Happening::Alert(alert)) => Event::default().event("alert").json_data(&*alert).ok(),
        Err(Lagged(number)) => {
            Some(resync(&format!("{number} events were dropped because this client reads too slowly")))
        }
    });
    let stop = WatchStream::new(service.stopping.subscribe()).filter(|stopping| *stopping).map(|_| None);
    let events = tokio_stream::iter(first).chain(live).map(Some).merge(stop).map_while(|event| event);
    Ok((UNBUFFERED, Sse::new(events.map(Ok)).keep_alive(KeepAlive::new().interval(HEARTBEAT))))
}

fn reading(entry: &Entry) -> Event {
    let event = Event::default().event("reading").json_data(ReadingState::from(entry)).unwrap_or_default();
    match entry.settled {
        Some(number) => event.id(number.to_string()),
        None => event,
    }
}

fn resync(why: &str) -> Event {
    Event::default().event("resync").data(json!({ "reason": why }).to_string())
}
