# Folds `perf script` text with awk, in one pass: a stack a sample, outermost frame first, and how often;
# events without a callchain count by task and event.
function done() {
  if (task != "") count[task ";" (stack == "" ? event : stack)]++
  task = ""; stack = ""
}
/^\t/ {
  symbol = $2
  sub(/\+0x[0-9a-f]+$/, "", symbol)
  stack = stack == "" ? symbol : symbol ";" stack
  next
}
/^$/ { done(); next }
{
  done()
  task = $1
  for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+\.[0-9]+:$/) break
  event = $(i + 1) ~ /^[0-9]+$/ ? $(i + 2) : $(i + 1)
}
END { done(); for (key in count) { n++; sum += count[key] } print n " stacks, " sum " samples" }
