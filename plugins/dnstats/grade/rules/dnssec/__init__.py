"""Rules about DNSSEC, by theme. They read the dnssec family only and ask nobody."""
