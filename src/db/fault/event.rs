//! Events, their deliveries, and consumers.

use super::super::{ConsumerRecord, EventRecord, FailedDelivery};
use super::{DETAIL, Fault, HINT, Listed, first, head, login, object, org, provider, shorts, time, times};
use crate::name::ConsumerName;

impl Listed for EventRecord {
    fn name(&self) -> String {
        format!("event {}", self.seq)
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("date", time(self.at)),
            ("organization", org(&self.org)),
            ("provider", self.provider.as_deref().is_none_or(provider)),
            ("hint", shorts([&self.hint], HINT)),
            ("detail", object(&self.detail, DETAIL)),
        ])
    }
}

impl Listed for FailedDelivery {
    fn name(&self) -> String {
        self.event.name()
    }

    fn fault(&self) -> Option<Fault> {
        self.event.fault().or_else(|| {
            first([
                ("state", self.state.is_known()),
                ("date", time(self.tried_at) && times([self.next_at])),
                ("failure", shorts([&self.failure], 40)),
            ])
        })
    }
}

impl Listed for ConsumerRecord {
    fn name(&self) -> String {
        format!("consumer {}", head(&self.consumer))
    }

    fn fault(&self) -> Option<Fault> {
        first([
            ("name", self.consumer.parse::<ConsumerName>().is_ok()),
            ("login", login(&self.login)),
            ("date", time(self.created_at) && times([self.held_until, self.oldest_at])),
        ])
    }
}
