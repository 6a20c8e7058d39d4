#!/bin/sh
# What each safeguard of the week is worth: one is taken away at a time, and all designs meet the same contacts. In this order:
# the storm flag; the question whether anybody is there; the overflow tier (never reached); callbacks (never offered); failover between carriers; hours of operation.
exec waitline compare "$(dirname "$0")/week.toml" --each \
  --set "event.storm.windows=[]" \
  --set "flow.main.step.is anybody there.no=language" \
  --set "flow.main.step.second announcement.duration.value=99h" \
  --set "flow.main.step.how long is it.estimated_wait_above=99h" \
  --set "telephony.failover=false" \
  --set "flow.main.step.are we open.closed=is there a storm" \
  --metric total.served --metric total.abandonment_rate --metric total.to_agent_s --metric total.blocked --metric total.calls "$@"
