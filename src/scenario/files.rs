//! The files that a scenario names.

use super::{
    AgentsTable, ArrivalsTable, ChannelTermsTable, DistributionTable, Document, Proficiencies, ProfileTable, QueueTable, SourceTable,
    Staffing,
};

/// Files with the keys that name them.
type Files<'d> = Vec<(String, &'d str)>;

/// All files of a scenario.
pub(super) fn of(document: &Document) -> Files<'_> {
    let mut files = Files::new();
    for (index, queue) in document.queue.iter().enumerate() {
        of_queue(&mut files, &format!("queue[{index}]"), queue);
    }
    for (index, flow) in document.flow.iter().enumerate() {
        for (place, step) in flow.step.iter().enumerate() {
            if let Some((key, distribution)) = step.distribution() {
                distribution_files(&mut files, &format!("flow[{index}].step[{place}].{key}"), Some(distribution));
            }
        }
    }
    for (index, event) in document.event.iter().enumerate() {
        files.extend(event.file.as_ref().map(|file| (format!("event[{index}].file"), file.as_str())));
        if let Some(random) = &event.random {
            distribution_files(&mut files, &format!("event[{index}].random.every"), Some(&random.every));
            distribution_files(&mut files, &format!("event[{index}].random.lasts"), Some(&random.lasts));
        }
    }
    for (index, service) in document.service.iter().enumerate() {
        distribution_files(&mut files, &format!("service[{index}].latency"), Some(&service.latency));
    }
    for (index, profile) in document.routing_profile.iter().enumerate() {
        of_profile(&mut files, &format!("routing_profile[{index}]"), profile);
    }
    for (index, agents) in document.agents.iter().enumerate() {
        of_agents(&mut files, &format!("agents[{index}]"), agents);
    }
    for (index, source) in document.source.iter().enumerate() {
        of_source(&mut files, &format!("source[{index}]"), source);
    }
    files
}

fn of_queue<'d>(files: &mut Files<'d>, path: &str, queue: &'d QueueTable) {
    distribution_files(files, &format!("{path}.handle_time"), Some(&queue.handle_time));
    distribution_files(files, &format!("{path}.after_contact_work"), queue.after_contact_work.as_ref());
    distribution_files(files, &format!("{path}.patience"), queue.patience.as_ref());
    let by_channel = [("voice", &queue.voice), ("chat", &queue.chat), ("task", &queue.task), ("email", &queue.email)];
    for (channel, terms) in by_channel {
        let Some(ChannelTermsTable { handle_time, after_contact_work, patience, replies }) = terms else { continue };
        let path = format!("{path}.{channel}");
        distribution_files(files, &format!("{path}.handle_time"), handle_time.as_ref());
        distribution_files(files, &format!("{path}.after_contact_work"), after_contact_work.as_ref());
        distribution_files(files, &format!("{path}.patience"), patience.as_ref());
        distribution_files(files, &format!("{path}.replies.after"), replies.as_ref().map(|replies| &replies.after));
    }
}

fn of_profile<'d>(files: &mut Files<'d>, path: &str, profile: &'d ProfileTable) {
    for (place, entry) in profile.queues.iter().enumerate() {
        let path = format!("{path}.queues[{place}]");
        distribution_files(files, &format!("{path}.handle_time"), entry.handle_time.as_ref());
        distribution_files(files, &format!("{path}.after_contact_work"), entry.after_contact_work.as_ref());
    }
    if let Some(offers) = &profile.offers {
        for (key, distribution) in [("accept", &offers.accept), ("recovery", &offers.recovery), ("connect", &offers.connect)] {
            distribution_files(files, &format!("{path}.offers.{key}"), distribution.as_ref());
        }
    }
}

fn of_agents<'d>(files: &mut Files<'d>, path: &str, agents: &'d AgentsTable) {
    let staffing = match &agents.staffing {
        Some(Staffing::File(file)) => Some(file),
        _ => None,
    };
    let proficiencies = match &agents.proficiencies {
        Some(Proficiencies::File(file)) => Some(file),
        _ => None,
    };
    let named = [
        ("staffing", staffing),
        ("roster", agents.roster.as_ref()),
        ("skills", agents.skills.as_ref()),
        ("handle_time_factors", agents.handle_time_factors.as_ref()),
        ("proficiencies", proficiencies),
    ];
    files.extend(named.into_iter().filter_map(|(key, file)| Some((format!("{path}.{key}"), file?.as_str()))));
    let late = [("late", &agents.late), ("breaks_start_late", &agents.breaks_start_late), ("breaks_end_late", &agents.breaks_end_late)];
    for (key, distribution) in late {
        distribution_files(files, &format!("{path}.{key}"), distribution.as_ref());
    }
}

fn of_source<'d>(files: &mut Files<'d>, path: &str, source: &'d SourceTable) {
    for (place, again) in source.calls_again.iter().enumerate() {
        distribution_files(files, &format!("{path}.calls_again[{place}].delay"), Some(&again.delay));
    }
    files.extend(source.contacts.as_ref().map(|file| (format!("{path}.contacts"), file.as_str())));
    let path = format!("{path}.arrivals");
    match &source.arrivals {
        Some(ArrivalsTable::Poisson { rates: Some(file), .. }) => files.push((format!("{path}.rates"), file)),
        Some(ArrivalsTable::Renewal { interarrival }) => distribution_files(files, &format!("{path}.interarrival"), Some(interarrival)),
        Some(ArrivalsTable::Batches { interarrival, .. }) => {
            distribution_files(files, &format!("{path}.interarrival"), interarrival.as_ref());
        }
        _ => {}
    }
}

fn distribution_files<'s>(files: &mut Vec<(String, &'s str)>, path: &str, distribution: Option<&'s DistributionTable>) {
    match distribution {
        Some(DistributionTable::Empirical { file }) => files.push((format!("{path}.file"), file)),
        Some(DistributionTable::Mixture { of, .. }) => {
            for (index, part) in of.iter().enumerate() {
                distribution_files(files, &format!("{path}.of[{index}]"), Some(part));
            }
        }
        _ => {}
    }
}
