# The peer in awk that splits at the bars: duration and name are the last two fields, whatever stands
# before them. No stack, no self time, no quantiles.
BEGIN { FS = "|" }
/\(\);/ {
	time = $(NF - 1)
	if (!match(time, /[0-9.]+ us/))
		next
	time = substr(time, RSTART, RLENGTH - 3)
	name = $NF
	sub(/^ +/, "", name)
	sub(/\(\);.*/, "", name)
	total[name] += time
	calls[name]++
}
END {
	for (name in total)
		printf "%14.3f us %9d  %s\n", total[name], calls[name], name
}
