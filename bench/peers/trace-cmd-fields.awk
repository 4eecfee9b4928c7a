# What people write over `trace-cmd report`: split each line into fields, take CPU, time and event,
# count events and sum the durations of calls by function.
/^cpus=/ { next }
{
  cpu[$2]++
  sub(/:$/, "", $3)
  if (first == "") first = $3
  last = $3
  events[$4]++
  if ($4 == "funcgraph_entry:") {
    at = ($5 ~ /^[+!#$]$/) ? 6 : 5
    if ($(at + 1) == "us") { calls[$(at + 3)]++; total[$(at + 3)] += $at }
  }
}
END {
  for (name in calls) printf "%d %.3f %s\n", calls[name], total[name], name
  for (name in events) printf "%d %s\n", events[name], name
  print last - first
}
