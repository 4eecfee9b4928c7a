# The peer in awk that, like the tool, does not rely on the columns chosen: finds the duration before
# the bar and the name after it by regular expression. No stack, no self time, no quantiles.
match($0, /[0-9.]+ us +\|/) {
	time = substr($0, RSTART) + 0
	if (!match($0, /[A-Za-z_][A-Za-z0-9_.]*( \[[a-z0-9_]+\])?\(\);/))
		next
	name = substr($0, RSTART, RLENGTH - 3)
	total[name] += time
	calls[name]++
}
END {
	for (name in total)
		printf "%14.3f us %9d  %s\n", total[name], calls[name], name
}
