# The peer in awk: sums the durations of leaf calls by function, names with their module as we print
# them. Default columns only; no stack, no self time, no quantiles, no check of what it reads.
/;$/ {
	bar = index($0, "|")
	name = substr($0, bar + 1)
	sub(/^ +/, "", name)
	sub(/\(.*/, "", name)
	time = substr($0, 1, bar - 1)
	if (!match(time, /[0-9.]+ us/))
		next
	total[name] += substr(time, RSTART, RLENGTH - 3)
	calls[name]++
}
END {
	for (name in total)
		printf "%14.3f us %9d  %s\n", total[name], calls[name], name
}
