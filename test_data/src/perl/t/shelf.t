use strict;
use warnings;

use Test::More tests => 3;

use Shelf::Isbn;
use Shelf::Order;

ok( Shelf::Isbn::is_valid('978-0-306-40615-7'),  'a good book number' );
ok( !Shelf::Isbn::is_valid('978-0-306-40615-8'), 'a wrong check digit' );
is( Shelf::Order::key('The Hobbit'), 'hobbit', 'an article does not count' );
