# Folds `perf script` text with perl, in one pass: a stack a sample, outermost frame first, and how often;
# events without a callchain count by task and event.
use strict;
use warnings;
my (%count, @stack, $task, $event);
sub done {
    if (defined $task) { $count{join ';', $task, @stack ? reverse @stack : $event}++ }
    undef $task;
    @stack = ();
}
while (my $line = <>) {
    if ($line =~ /^\t\s*[0-9a-f]+ (.+?)(?:\+0x[0-9a-f]+)?(?: \([^()]*\))?$/) { push @stack, $1 }
    elsif ($line eq "\n") { done() }
    elsif ($line =~ m{^\s*(\S.*?)\s+(\d+)(?:/\d+)?\s+(?:\[\d+\]\s+)?\d+\.\d+:\s+(?:\d+\s+)?(\S+):}) {
        done();
        ($task, $event) = ("$1-$2", $3);
    }
}
done();
my $sum = 0;
$sum += $_ for values %count;
printf "%d stacks, %d samples\n", scalar(keys %count), $sum;
