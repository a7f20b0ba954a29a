//! Requests to a cluster that run in the background: the caller does not block, and asks again until there is an answer.

use {
    crate::ledger::LedgerError,
    std::{
        collections::HashMap,
        hash::Hash,
        sync::{Arc, Mutex, MutexGuard, PoisonError},
        time::{Duration, Instant},
    },
    tokio::{runtime::Handle, sync::Semaphore},
};

/// Questions that are under way to the nodes at once.
const AT_ONCE: usize = 4;
/// How long an answer is kept for its caller; after that it is outdated, and the request is made again.
const FRESH: Duration = Duration::from_secs(2);

type Answer<A> = Result<A, LedgerError>;
/// The questions, each with its answer and when that came.
type Open<Q, A> = HashMap<Q, Option<(Instant, Answer<A>)>>;

/// Questions `Q` that have been asked, with the answers `A` that nobody has taken yet.
pub(super) struct Inquiries<Q, A> {
    open: Mutex<Open<Q, A>>,
    asking: Semaphore,
}

impl<Q, A> Default for Inquiries<Q, A> {
    fn default() -> Self {
        Self { open: Mutex::default(), asking: Semaphore::new(AT_ONCE) }
    }
}

impl<Q, A> Inquiries<Q, A> {
    fn open(&self) -> MutexGuard<'_, Open<Q, A>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Q: Clone + Eq + Hash + Send + 'static, A: Send + 'static> Inquiries<Q, A> {
    /// Takes a question's answer, if it has come. Otherwise none, and the question is asked unless it is under way; `ask` must give up by
    /// itself when no node answers.
    pub(super) fn take<F>(
        self: &Arc<Self>,
        runtime: &Handle,
        question: &Q,
        ask: impl FnOnce() -> F,
    ) -> Option<Answer<A>>
    where
        F: Future<Output = Answer<A>> + Send + 'static,
    {
        let mut open = self.open();
        match open.get(question) {
            Some(None) => return None,
            Some(Some((came, _))) if came.elapsed() < FRESH => {
                return open.remove(question).flatten().map(|(_, answer)| answer);
            }
            _ => {}
        }
        open.insert(question.clone(), None);
        let (own, question, asked) = (self.clone(), question.clone(), ask());
        runtime.spawn(async move {
            // Never closed: then nobody asks any more.
            let Ok(_permit) = own.asking.acquire().await else { return };
            let answer = asked.await;
            own.open().insert(question, Some((Instant::now(), answer)));
        });
        None
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        std::{
            sync::atomic::{AtomicUsize, Ordering},
            time::Duration,
        },
    };

    #[test]
    fn a_question_is_asked_once_until_its_answer_is_taken() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (inquiries, asked) = (Arc::new(Inquiries::<u8, usize>::default()), Arc::new(AtomicUsize::new(0)));
        let take = |question: u8| {
            inquiries.take(runtime.handle(), &question, || {
                let asked = asked.clone();
                async move {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Ok(asked.fetch_add(1, Ordering::Relaxed))
                }
            })
        };
        let until_answered = |question| loop {
            match take(question) {
                None => std::thread::sleep(Duration::from_millis(1)),
                Some(answer) => return answer,
            }
        };
        assert_eq!((take(1), take(1)), (None, None));
        assert_eq!(until_answered(1), Ok(0));
        assert_eq!(asked.load(Ordering::Relaxed), 1, "though it was asked for many times");
        assert_eq!((take(1), until_answered(1)), (None, Ok(1)), "an answer that was taken is asked for anew");
        // What came long ago says nothing of now.
        let long_ago = Instant::now().checked_sub(FRESH).expect("a clock that has run for a while");
        inquiries.open().insert(1, Some((long_ago, Ok(9))));
        assert_eq!((take(1), until_answered(1)), (None, Ok(2)));
    }
}
