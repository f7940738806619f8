"""What goes in and what comes out: the bodies of the requests and of the answers, with units and examples."""
