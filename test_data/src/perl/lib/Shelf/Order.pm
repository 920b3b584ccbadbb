package Shelf::Order;

use strict;
use warnings;

# The form of a title that a catalogue sorts by: "The Hobbit" is under H.
sub key {
    my ($title) = @_;
    my $key = lc $title;
    $key =~ s/\A(?:the|an|a)\s+//;
    if ( $key =~ /\A([0-9]+)(.*)\z/ ) {
        $key = sprintf '%08d%s', $1, $2;
    }
    return $key;
}

sub sorted {
    my @titles = @_;
    my %key    = map { $_ => key($_) } @titles;
    my @sorted = sort { $key{$a} cmp $key{$b} || $a cmp $b } @titles;
    return @sorted;
}

1;
