# The peer in awk: sums the durations of leaf calls by function. No stack, no self time, no quantiles,
# one layout (any with a duration column), no check of what it reads.
/;$/ {
	for (i = 1; i < NF; i++)
		if ($i == "us") {
			total[$(i + 2)] += $(i - 1)
			calls[$(i + 2)]++
			break
		}
}
END {
	for (f in total)
		printf "%14.3f us %9d  %s\n", total[f], calls[f], f
}
