package Shelf::Isbn;

use strict;
use warnings;

# The 13 digits of a book number as a person writes it, or undef.
sub digits {
    my ($text) = @_;
    (my $digits = $text) =~ tr/ -//d;
    return $digits =~ /\A[0-9]{13}\z/ ? $digits : undef;
}

# Whether the last digit fits the twelve before it.
sub is_valid {
    my ($text) = @_;
    my $digits = digits($text);
    return 0 if !defined $digits;
    my ( $sum, $weight ) = ( 0, 1 );
    for my $digit ( split //, $digits ) {
        $sum += $weight * $digit;
        $weight = 4 - $weight;
    }
    return $sum % 10 == 0 ? 1 : 0;
}

1;
